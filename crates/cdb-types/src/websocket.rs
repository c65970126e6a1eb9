//! The frames of the websocket (`GET websocket`): one JSON object in each text frame.
//!
//! A client sends [`Request`]s, each of which contains a [`Command`]; a server sends [`Message`]s.
//!
//! The original server does not answer commands and does not report failures. Answers are an
//! extension, which a client requests with [`ANSWERS_PARAMETER`] and which a server confirms with
//! [`ANSWERS_HEADER`] in its response to the handshake. The server then
//!
//! - sends an [`Answer`] to each command,
//! - sends [`Ended`] if it ends a subscription,
//! - sends [`ReplacedMessage`] if datapoints are corrected,
//! - sends the positions of the datapoints with each message.

mod command;
mod event;

pub use command::{Command, CommandError, Request};
pub use event::{
    Answer, Ended, Event, Message, ReplacedMessage, ReplacedRange, Subscribed, UnknownEvent,
};

/// The path of the websocket, below [`API`](crate::endpoint::API).
pub const ROUTE: &str = "websocket";

/// The URL parameter with which a client requests answers: `websocket?answers=true`.
pub const ANSWERS_PARAMETER: &str = "answers";

/// The header with which a server confirms, in its response to the handshake, that it sends
/// answers. Its value is `true`.
pub const ANSWERS_HEADER: &str = "connectordb-answers";
