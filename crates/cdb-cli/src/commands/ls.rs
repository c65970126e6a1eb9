//! `cdb ls`

use clap::Args;
use connectordb::{Object, Stream, User};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use crate::Result;
use crate::connect::{Server, object};
use crate::output::{Output, line, print_json, shortened, table};

/// The last value of a stream is cut to this many characters.
const MAX_VALUE_CHARS: usize = 40;

/// The number of streams whose state is requested at the same time.
const CONCURRENT: usize = 32;

/// List streams with their type, their number of datapoints and their last value.
///
/// By default, lists the streams of the user who is logged in.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb ls\n  cdb ls me/phone\n  cdb ls me/ --json")]
pub(crate) struct Ls {
    /// The user (with a slash at the end) or device whose streams are listed, or a single stream.
    path: Option<String>,

    /// List the names of all users that you can see, instead of streams.
    #[arg(long, conflicts_with = "path")]
    users: bool,

    /// List streams of devices that are not visible as well, such as the server's log of changes.
    #[arg(long, short)]
    all: bool,
}

impl Ls {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let cdb = server.connect().await?;
        if self.users {
            let users = cdb.users().await?;
            let names: Vec<_> = users.iter().map(User::name).collect();
            return match output.json {
                true => print_json(&names),
                false => names.into_iter().try_for_each(line),
            };
        }
        let streams = match self.path {
            None => streams_of(&cdb.user(), self.all).await?,
            Some(path) => match object(&cdb, &path)? {
                Object::User(user) => streams_of(&user, self.all).await?,
                Object::Device(device) => device.streams().await?,
                Object::Stream(stream) => vec![stream],
            },
        };
        let states = stream::iter(&streams).map(async |stream| {
            let length = async { stream.len().await };
            let last = async { stream.get(-1).await };
            let (info, length, last) = tokio::try_join!(stream.data(), length, last)?;
            Ok::<_, connectordb::Error>((stream, info, length, last))
        });
        let mut states = states.buffered(CONCURRENT);
        let mut rows = Vec::new();
        let mut list = Vec::new();
        while let Some((stream, info, length, last)) = states.try_next().await? {
            let kind = kind(&info.schema.to_value(), info.downlink, info.ephemeral);
            if output.json {
                list.push(json!({
                    "path": stream.path(), "type": kind, "length": length, "last": last,
                }));
                continue;
            }
            let last = last.map(|dp| shortened(&dp.d, MAX_VALUE_CHARS)).unwrap_or_default();
            rows.push(vec![stream.path().to_string(), kind, length.to_string(), last]);
        }
        if output.json { print_json(&list) } else { table(&rows) }
    }
}

async fn streams_of(user: &User, all: bool) -> Result<Vec<Stream>> {
    Ok(user.streams().visible(!all).await?)
}

/// The type of a stream's values, with `downlink` or `ephemeral` if it is that.
fn kind(schema: &Value, downlink: bool, ephemeral: bool) -> String {
    let mut kind = schema.get("type").and_then(Value::as_str).unwrap_or("any").to_owned();
    if downlink {
        kind.push_str(" downlink");
    }
    if ephemeral {
        kind.push_str(" ephemeral");
    }
    kind
}
