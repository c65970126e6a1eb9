//! What is said over the websocket (`GET websocket`): one JSON object a text frame.
//!
//! A client sends [`Request`]s, each of which is a [`Command`]; a server sends [`Message`]s.
//!
//! The original answers no command and says nothing of failures. A server that can do better does
//! so only for clients that ask for it: whoever connects with [`ANSWERS_PARAMETER`] and finds
//! [`ANSWERS_HEADER`] in the response to its handshake gets an [`Answer`] to each command, is told
//! when a subscription ends ([`Ended`]), and finds in each message where its datapoints lie.

mod command;
mod event;

pub use command::{Command, CommandError, Request};
pub use event::{Answer, Ended, Event, Message, Subscribed, UnknownEvent};

/// The path of the websocket, below [`API`](crate::endpoint::API).
pub const ROUTE: &str = "websocket";

/// The parameter with which a client asks for answers: `websocket?answers=true`.
pub const ANSWERS_PARAMETER: &str = "answers";

/// The header, of the response to a handshake, with which a server says that it answers: `true`.
pub const ANSWERS_HEADER: &str = "connectordb-answers";
