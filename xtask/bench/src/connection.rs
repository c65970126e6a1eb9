//! A minimal HTTP client, so that a benchmark measures the server and not the client.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Result;

/// The end of a response with the body `ok`.
const OK: &[u8] = b"\r\n\r\nok";

/// A connection that sends one request after the other.
pub(crate) struct Connection {
    socket: TcpStream,
    /// The part of the headers that is the same for all requests.
    head: String,
    answer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: &str, authorization: &str) -> Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let head = format!(
            "HTTP/1.1\r\nHost: {address}\r\nAuthorization: {authorization}\r\nContent-Length: "
        );
        Ok(Self { socket, head, answer: Vec::with_capacity(1024) })
    }

    /// Inserts datapoints into one of the administrator's streams with `PUT`, and waits for the
    /// response, which must be `ok`.
    pub(crate) async fn put(&mut self, stream: &str, body: &str) -> Result {
        let (head, length) = (&self.head, body.len());
        let request =
            format!("PUT /api/v1/crud/test/user/{stream}/data {head}{length}\r\n\r\n{body}");
        self.socket.write_all(request.as_bytes()).await?;
        self.answer.clear();
        while !self.answer.ends_with(OK) {
            if self.socket.read_buf(&mut self.answer).await? == 0 || self.answer.len() > 1000 {
                return Err(String::from_utf8_lossy(&self.answer).into_owned().into());
            }
        }
        Ok(())
    }

    /// Gets something whose response is short and ends with `end`, in one piece or in several.
    pub(crate) async fn get(&mut self, path: &str, end: &str) -> Result {
        let last_piece = format!("{end}\r\n0\r\n\r\n");
        let request = format!("GET /api/v1/{path} {}0\r\n\r\n", self.head);
        self.socket.write_all(request.as_bytes()).await?;
        self.answer.clear();
        while ![end, &last_piece].iter().any(|end| self.answer.ends_with(end.as_bytes())) {
            if self.socket.read_buf(&mut self.answer).await? == 0 || self.answer.len() > 1000 {
                return Err(String::from_utf8_lossy(&self.answer).into_owned().into());
            }
        }
        Ok(())
    }
}
