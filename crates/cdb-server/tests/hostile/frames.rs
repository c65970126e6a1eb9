//! Websockets whose clients send much and read nothing.

use tokio::io::AsyncWriteExt;

use crate::support::socket::Opening;
use crate::support::{Attack, Caller, ServerProcess, Socket, over_and_over};

/// A frame of a client with a mask of zeros, which changes nothing.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = fragment(opcode, payload);
    frame[0] |= 0x80;
    frame
}

/// A frame that is not the last one of its message.
fn fragment(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).ok().filter(|length| *length < 126);
    let mut frame = vec![opcode, 0x80 | length.expect("a short frame"), 0, 0, 0, 0];
    frame.extend(payload);
    frame
}

/// Sends a frame, and then another as fast as the server takes it, and reads nothing.
async fn flood(caller: &Caller, first: &[u8], frame: &[u8]) {
    // Answers fill the server's memory sooner if the client's kernel does not take them.
    let opening = Opening { buffer: Some(4096), answers: true, ..Opening::default() };
    let Ok(socket) = Socket::open_with(caller, opening).await else { return };
    let mut connection = socket.0.into_inner();
    let frames = frame.repeat(64 * 1024 / frame.len());
    if connection.write_all(first).await.is_err() {
        return;
    }
    while connection.write_all(&frames).await.is_ok() {}
}

/// Sends pings, as a caller without credentials and as one without a role.
pub(crate) async fn flood_with_pings(server: &ServerProcess) {
    let ping = frame(9, &[b'x'; 125]);
    let callers = [&server.nobody, &server.rogue, &server.nobody, &server.rogue];
    over_and_over(callers.len(), async |i| flood(callers[i], &[], &ping).await).await;
}

#[tokio::test]
async fn pings_whose_pongs_are_not_read() {
    let server = ServerProcess::start().await;
    Attack::on(&server).assert_bearable(|| flood_with_pings(&server)).await;
}

#[tokio::test]
async fn commands_whose_answers_are_not_read() {
    let server = ServerProcess::start().await;
    let command = frame(1, br#"{"cmd":"subscribe","arg":"test/meter/temperature","id":1}"#);
    let attack = || over_and_over(20, async |_| flood(&server.nobody, &[], &command).await);
    Attack::on(&server).assert_bearable(attack).await;
}

#[tokio::test]
async fn fragments_that_are_empty() {
    let server = ServerProcess::start().await;
    let (first, next) = (fragment(1, b"{"), fragment(0, b""));
    let attack = || over_and_over(4, async |_| flood(&server.nobody, &first, &next).await);
    Attack::on(&server).assert_bearable(attack).await;
}
