//! `cdb ls`

use clap::Args;
use connectordb::{Object, Stream, User};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use crate::Result;
use crate::connect::{Server, object};
use crate::output::{Output, line, print_json, shortened, table};

/// How much of a last value is shown.
const MAX_VALUE_CHARS: usize = 40;

/// How many streams are asked for at the same time.
const CONCURRENT: usize = 32;

/// Lists devices and streams, with how much they hold and what came last.
///
/// Without a path, what the user has that is logged in; with `--users`, all users.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb ls\n  cdb ls me/phone\n  cdb ls me/ --json")]
pub(crate) struct Ls {
    /// A user (with a slash at the end) or a device.
    path: Option<String>,

    /// Lists all users that may be seen.
    #[arg(long, conflicts_with = "path")]
    users: bool,

    /// Lists also what is not meant for people, such as the log of what was changed.
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

/// What a stream holds, in a word or two.
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
