//! `cdb ls`

use std::collections::HashMap;

use clap::{Args, ValueEnum};
use connectordb::{Latest, Object, Timestamp, User};
use serde_json::{Value, json};

use crate::connect::{Server, object};
use crate::output::{Output, line, print_json, shortened, table};
use crate::{Result, times};

/// The last value of a stream is cut to this many characters.
const MAX_VALUE_CHARS: usize = 40;

/// List streams with their type, their number of datapoints and their last value.
///
/// By default, lists the streams of the user who is logged in.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb ls\n  cdb ls me/phone\n  cdb ls --sort age\n  \
                        cdb ls --silent 1h || notify-send 'a sensor is silent'\n  \
                        cdb ls me/ --json")]
pub(crate) struct Ls {
    /// The user (with a slash at the end) or device whose streams are listed, or a single stream.
    path: Option<String>,

    /// List the names of all users that you can see, instead of streams.
    #[arg(long, conflicts_with = "path")]
    users: bool,

    /// List streams of devices that are not visible as well, such as the server's log of changes.
    #[arg(long, short)]
    all: bool,

    /// List only the streams whose last datapoint is older than this, such as `90m` or `2 days`, or that
    /// have none. Ephemeral streams, and those whose data may not be read, are left out. The exit code is 1 if there are any.
    #[arg(long, value_name = "TIME", value_parser = times::parse_span, conflicts_with = "users")]
    silent: Option<f64>,

    /// The order of the list.
    #[arg(long, value_enum, default_value_t = Order::Creation, conflicts_with = "users")]
    sort: Order,
}

/// The order of streams in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Order {
    /// The oldest stream first.
    Creation,
    /// The stream first whose last datapoint is the oldest.
    Age,
}

/// A stream with what is shown of it.
struct Row {
    path: String,
    kind: String,
    /// `None` if its data may not be read.
    latest: Option<Latest>,
    /// How old its last datapoint is, in seconds; infinite if there is none.
    age: f64,
    /// Whether its last datapoint is known, or that there is none.
    may_be_silent: bool,
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
        let of = match &self.path {
            None => Object::User(cdb.user()),
            Some(path) => object(&cdb, path)?,
        };
        let path = match &of {
            Object::User(user) => user.path().to_string(),
            Object::Device(device) => device.path().to_string(),
            Object::Stream(stream) => stream.path().to_string(),
        };
        let (streams, latest) = tokio::try_join!(
            async {
                Ok(match &of {
                    Object::User(user) => user.streams().visible(!self.all).await?,
                    Object::Device(device) => device.streams().await?,
                    Object::Stream(stream) => vec![stream.clone()],
                })
            },
            cdb.latest([path]),
        )?;
        let latest = latest.into_iter().map(|latest| (latest.stream.clone(), latest));
        let mut latest: HashMap<_, _> = latest.collect();
        let now = Timestamp::now();
        let mut rows = Vec::with_capacity(streams.len());
        for stream in streams {
            let info = stream.data().await?;
            let latest = latest.remove(stream.path());
            rows.push(Row {
                path: stream.path().to_string(),
                kind: kind(&info.schema.to_value(), info.downlink, info.ephemeral),
                age: latest.as_ref().and_then(|it| it.age(now)).unwrap_or(f64::INFINITY),
                may_be_silent: latest.is_some() && !info.ephemeral,
                latest,
            });
        }
        let all = rows.len();
        if let Some(silent) = self.silent {
            // Ephemeral streams have no last datapoint, and others may not be read.
            rows.retain(|row| row.may_be_silent && row.age > silent);
        }
        if self.sort == Order::Age {
            rows.sort_by(|a, b| b.age.total_cmp(&a.age));
        }
        if output.json {
            print_json(&rows.iter().map(Row::json).collect::<Vec<_>>())?;
        } else {
            let shows_age = self.silent.is_some() || self.sort == Order::Age;
            table(&rows.iter().map(|row| row.cells(shows_age)).collect::<Vec<_>>())?;
        }
        match self.silent {
            Some(_) if !rows.is_empty() => {
                Err(format!("{} of {all} streams are silent", rows.len()).into())
            }
            _ => Ok(()),
        }
    }
}

impl Row {
    fn json(&self) -> Value {
        let latest = self.latest.as_ref();
        json!({
            "path": self.path,
            "type": self.kind,
            "length": latest.map(|latest| latest.length),
            "last": latest.and_then(|latest| latest.last.as_ref()),
            "age": self.age.is_finite().then_some(self.age),
        })
    }

    fn cells(&self, shows_age: bool) -> Vec<String> {
        let length = self.latest.as_ref().map_or("-".to_owned(), |it| it.length.to_string());
        let last = match &self.latest {
            Some(Latest { last: Some(last), .. }) => shortened(&last.d, MAX_VALUE_CHARS),
            Some(Latest { error: Some(error), .. }) => error.clone(),
            _ => String::new(),
        };
        let mut cells = vec![self.path.clone(), self.kind.clone(), length];
        if shows_age {
            let none = if self.may_be_silent { "never" } else { "-" };
            let age = self.age.is_finite().then(|| times::span(self.age));
            cells.push(age.unwrap_or_else(|| none.to_owned()));
        }
        cells.push(last);
        cells
    }
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
