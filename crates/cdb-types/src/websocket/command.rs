//! Frames from the client to the server.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::{DataPath, PathError, StreamPath};

/// A command to the server.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Command {
    /// Subscribes to the inserts into a stream.
    Subscribe {
        /// The stream or downlink.
        arg: DataPath,
        /// The PipeScript to run over the datapoints; empty for none.
        transform: String,
    },
    /// Ends a subscription. Path and transform must be those of the subscription.
    Unsubscribe {
        /// The stream or downlink.
        arg: DataPath,
        /// The PipeScript of the subscription; empty for none.
        transform: String,
    },
    /// Ends all subscriptions of the connection.
    UnsubscribeAll,
    /// Inserts datapoints. A timestamp that is older than the last one of the stream is replaced by
    /// the last one.
    Insert {
        /// The stream.
        arg: StreamPath,
        /// A JSON array of datapoints.
        d: Box<RawValue>,
    },
}

/// A command is not valid. The connection stays open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The command does not exist.
    #[error("unknown command {0:?}")]
    Unknown(String),
    /// The argument is not the path of a stream.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A required key is missing.
    #[error("the command lacks the key {0:?}")]
    Missing(&'static str),
}

/// A command with a number. The answer to the command has the same number.
///
/// Serializing always writes every key. The original server decodes each command into the variable
/// that holds the previous one, so a missing key would keep its previous value.
///
/// ```
/// use cdb_types::websocket::{Command, Request};
/// let command = Command::Subscribe { arg: "u/d/s".parse()?, transform: "if $>8".to_owned() };
/// let text = serde_json::to_string(&Request { id: 7, command })?;
/// assert_eq!(text, r#"{"cmd":"subscribe","arg":"u/d/s","transform":"if $>8","d":null,"id":7}"#);
/// assert!(matches!(Request::parse(&text)?, Request { id: 7, command: Ok(Command::Subscribe { .. }) }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Request<C = Command> {
    /// The number; 0 if the client did not send one. The original server ignores it.
    pub id: u64,
    /// The command.
    pub command: C,
}

impl Serialize for Request {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (cmd, arg, transform, d) = match &self.command {
            Command::Subscribe { arg, transform } => {
                ("subscribe", arg.to_string(), transform.as_str(), None)
            }
            Command::Unsubscribe { arg, transform } => {
                ("unsubscribe", arg.to_string(), transform.as_str(), None)
            }
            Command::UnsubscribeAll => ("unsubscribe_all", String::new(), "", None),
            Command::Insert { arg, d } => ("insert", arg.to_string(), "", Some(d)),
        };
        let mut object = serializer.serialize_struct("Request", 5)?;
        object.serialize_field("cmd", cmd)?;
        object.serialize_field("arg", &arg)?;
        object.serialize_field("transform", transform)?;
        object.serialize_field("d", &d)?;
        object.serialize_field("id", &self.id)?;
        object.end()
    }
}

/// A request before its command is checked.
#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    cmd: String,
    #[serde(default)]
    arg: Option<String>,
    #[serde(default)]
    transform: Option<String>,
    #[serde(default)]
    d: Option<Box<RawValue>>,
    #[serde(default)]
    id: u64,
}

impl Request {
    /// Reads a frame of a client. The inner result is an error if the command is not valid.
    ///
    /// # Errors
    /// Returns an error if the text is not a JSON object, or if a key has a value of the wrong
    /// type. A server then closes the connection.
    pub fn parse(text: &str) -> Result<Request<Result<Command, CommandError>>, serde_json::Error> {
        // Serde would read a struct from an array as well.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(serde::de::Error::custom("a command is a JSON object"));
        }
        let fields: Fields = serde_json::from_str(text)?;
        Ok(Request { id: fields.id, command: fields.command() })
    }
}

impl Fields {
    fn command(self) -> Result<Command, CommandError> {
        let arg = self.arg.unwrap_or_default();
        let transform = self.transform.unwrap_or_default();
        Ok(match self.cmd.as_str() {
            "subscribe" => Command::Subscribe { arg: arg.parse()?, transform },
            "unsubscribe" => Command::Unsubscribe { arg: arg.parse()?, transform },
            "unsubscribe_all" => Command::UnsubscribeAll,
            "insert" => {
                Command::Insert { arg: arg.parse()?, d: self.d.ok_or(CommandError::Missing("d"))? }
            }
            _ => return Err(CommandError::Unknown(self.cmd)),
        })
    }
}
