//! From client to server.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::{DataPath, PathError, StreamPath};

/// What a client asks of the server.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Command {
    /// To be told of inserts.
    Subscribe {
        /// Of what.
        arg: DataPath,
        /// Through which PipeScript; empty for none.
        transform: String,
    },
    /// To be told no more; both must be as they were subscribed.
    Unsubscribe {
        /// Of what.
        arg: DataPath,
        /// Through which PipeScript; empty for none.
        transform: String,
    },
    /// To be told of nothing any more.
    UnsubscribeAll,
    /// To insert with restamp.
    Insert {
        /// Into which stream.
        arg: StreamPath,
        /// What: an array of datapoints.
        d: Box<RawValue>,
    },
}

/// Why a command cannot be followed. The connection goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no such command.
    #[error("there is no command {0:?}")]
    Unknown(String),
    /// What it is about is not the path of a stream.
    #[error(transparent)]
    Path(#[from] PathError),
    /// It lacks a key.
    #[error("the command has no {0:?}")]
    Missing(&'static str),
}

/// A command, and the number that the answer to it will bear.
///
/// Every key is always written: the original decodes each command over the one before it, so that
/// a missing key would keep its last value.
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
    /// The number; 0 if the client gave none. The original ignores it.
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

/// A request as it comes.
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
    /// Reads what a client sends; the inner result says whether it can be followed.
    ///
    /// # Errors
    /// When it is not JSON, or a key has a value of the wrong type: then the connection ends.
    pub fn parse(text: &str) -> Result<Request<Result<Command, CommandError>>, serde_json::Error> {
        // A struct would be read from an array as well.
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
