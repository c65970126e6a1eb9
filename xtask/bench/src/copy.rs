//! The least that sending bytes over HTTP costs: a handler that has them in memory.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream;
use tokio::net::TcpListener;

use crate::Result;
use crate::process::Process;

/// The size of a piece, as the server sends them.
const PIECE: usize = 256 * 1024;

/// Serves what a file holds, until the process is killed.
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

/// A process that serves these bytes.
pub(crate) fn start(bytes: &[u8]) -> Result<Process> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), bytes)?;
    // It has read the file when it says where it is.
    Process::of_this(&["serve".as_ref(), file.path().as_os_str()])
}
