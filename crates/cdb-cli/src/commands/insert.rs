//! `cdb insert`

use std::io::{self, BufRead};

use clap::Args;
use connectordb::{Datapoint, Stream};
use serde_json::{Value, json};

use crate::Result;
use crate::connect::Server;
use crate::output::Output;

/// How many values are sent at once.
const BATCH: usize = 1_000;

/// Puts a value into a stream, or what standard input holds, line by line.
///
/// A value is JSON; what is none is a text. A line that is an object with `t` (seconds since 1970)
/// and `d` is a datapoint with a time of its own.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cdb insert temperature 21.5\n  cdb insert diary 'A good day'\n  \
                        echo '{\"t\":1464250199.934,\"d\":8}' | cdb insert mood"
)]
pub(crate) struct Insert {
    /// The stream.
    path: String,

    /// The value; without one, standard input is read.
    #[arg(allow_hyphen_values = true)]
    value: Option<String>,
}

impl Insert {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let stream = server.stream(&self.path).await?;
        let inserted = match self.value {
            Some(value) => {
                stream.insert(read(&value)).await?;
                1
            }
            None => insert_lines(&stream).await?,
        };
        match output.json {
            true => output.say(&json!({"inserted": inserted}), ""),
            false => Ok(()),
        }
    }
}

async fn insert_lines(stream: &Stream) -> Result<usize> {
    let (mut inserted, mut batch) = (0, Batch::default());
    let mut lines = io::stdin().lock().lines();
    loop {
        let line = lines.next().transpose()?;
        let is_over = line.is_none();
        if let Some(line) = line.filter(|line| !line.trim().is_empty()) {
            batch.push(read(&line))?;
        }
        if batch.points.len() >= BATCH || is_over {
            // What has a time of its own is not moved.
            let restamp = !batch.is_timed;
            let sent = stream.insert_array(&batch.points).restamp(restamp).await;
            inserted += sent.map_err(|error| format!("after {inserted} values: {error}"))?;
            batch = Batch { is_timed: batch.is_timed, ..Batch::default() };
        }
        if is_over {
            return Ok(inserted);
        }
    }
}

/// Values, or datapoints, to be sent together.
#[derive(Default)]
struct Batch {
    points: Vec<Datapoint>,
    is_timed: bool,
}

impl Batch {
    fn push(&mut self, value: Value) -> Result {
        let is_datapoint = |object: &serde_json::Map<String, Value>| {
            object.contains_key("d") && object.get("t").is_some_and(Value::is_number)
        };
        if value.as_object().is_some_and(is_datapoint) {
            self.is_timed = true;
            self.points.push(serde_json::from_value(value)?);
        } else {
            self.points.push(Datapoint::now(value));
        }
        Ok(())
    }
}

/// A value: JSON, or else a text.
fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}
