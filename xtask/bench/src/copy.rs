//! The least that sending bytes over HTTP costs: a handler that has them in memory.

use std::process::{Child, Command, Stdio};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream;
use tokio::net::TcpListener;

use crate::Result;
use crate::server::first_line;

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

/// A process that serves a file.
pub(crate) struct Copier {
    pub(crate) url: String,
    process: Child,
}

impl Copier {
    pub(crate) fn start(bytes: &[u8]) -> Result<Self> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), bytes)?;
        let mut process = Command::new(std::env::current_exe()?)
            .arg("serve")
            .arg(file.path())
            .stdout(Stdio::piped())
            .spawn()?;
        let url = first_line(&mut process)?;
        Ok(Self { url, process })
    }
}

impl Drop for Copier {
    fn drop(&mut self) {
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait()) {
            eprintln!("the copier could not be stopped: {error}");
        }
    }
}
