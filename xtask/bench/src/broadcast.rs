//! A bare websocket broadcast, as the lower bound for delivering an insert to subscribers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::Result;

/// The connections that have subscribed to each topic.
type Topics = Arc<Mutex<HashMap<String, Vec<mpsc::UnboundedSender<Utf8Bytes>>>>>;

/// The size of the read buffer of a connection, as in the server. The default is 128 KiB.
const READ_BYTES: usize = 4 * 1024;

/// Serves until the process is killed. `+topic` subscribes a connection to a topic, and
/// `topic=text` sends a text to its subscribers. Both are answered with `ok`.
pub(crate) async fn serve() -> Result {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let topics = Topics::default();
    loop {
        let (socket, _) = listener.accept().await?;
        tokio::spawn(talk(socket, Arc::clone(&topics)));
    }
}

async fn talk(socket: TcpStream, topics: Topics) -> Result {
    socket.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(READ_BYTES);
    let socket = tokio_tungstenite::accept_async_with_config(socket, Some(config)).await?;
    let (mut sink, mut frames) = socket.split();
    let (queue, mut queued) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(text) = queued.recv().await {
            sink.send(Message::Text(text)).await?;
        }
        Result::Ok(())
    });
    while let Some(frame) = frames.next().await {
        let Message::Text(frame) = frame? else { continue };
        let mut topics = topics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(topic) = frame.strip_prefix('+') {
            topics.entry(topic.to_owned()).or_default().push(queue.clone());
        } else if let Some((topic, text)) = frame.split_once('=') {
            let text = Utf8Bytes::from(text);
            for queue in topics.get(topic).into_iter().flatten() {
                // A subscriber may have closed its connection.
                let _ = queue.send(text.clone());
            }
        }
        queue.send("ok".into())?;
    }
    Ok(())
}
