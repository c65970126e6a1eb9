//! An HTTP server with the bytes in memory, as the lower bound for reading a stream.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream;
use tokio::net::TcpListener;

use crate::Result;
use crate::process::Process;

/// The size of a chunk, as in the server.
const PIECE: usize = 256 * 1024;

/// Serves the content of a file until the process is killed.
pub(crate) async fn serve(file: &str) -> Result {
    let bytes = Bytes::from(std::fs::read(file)?);
    let handler = get(move || {
        let pieces = (0..bytes.len()).step_by(PIECE);
        let bytes = bytes.clone();
        let piece = move |start| {
            Ok::<_, std::io::Error>(bytes.slice(start..bytes.len().min(start + PIECE)))
        };
        let body = Body::from_stream(stream::iter(pieces.map(piece)));
        async { body }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, Router::new().route("/", handler)).await?)
}

/// Starts a process that serves these bytes.
pub(crate) fn start(bytes: &[u8]) -> Result<Process> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), bytes)?;
    // The process has read the file when it prints its URL, so the file can be deleted.
    Process::of_this(&["serve".as_ref(), file.path().as_os_str()])
}
