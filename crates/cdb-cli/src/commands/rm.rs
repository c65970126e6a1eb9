//! `cdb rm`

use std::io::{self, IsTerminal};
use std::ops::Bound;

use clap::Args;
use connectordb::{Object, Stream, Timestamp};
use serde_json::json;

use super::ask;
use crate::connect::Server;
use crate::output::{Output, time};
use crate::{Result, times};

/// Delete a stream, a device or a user, with everything it contains, or some datapoints of a stream.
/// This cannot be undone.
///
/// With `--from` or `--to`, only the datapoints of that time are deleted: those that `cdb get` prints with
/// the same options. Without `--to`, that is up to the end, and without `--from` from the start.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb rm temperature\n  cdb rm me/lamp --yes\n  \
                        cdb rm temperature --from '2026-07-01 14:00' --to '2026-07-01 14:05'")]
pub(crate) struct Rm {
    /// The path of the stream, device or user; a user's ends with a slash.
    path: String,

    /// Delete only datapoints later than this time.
    #[arg(long, value_name = "TIME", value_parser = times::parse, allow_hyphen_values = true)]
    from: Option<Timestamp>,

    /// Delete only datapoints up to this time, which is included.
    #[arg(long, value_name = "TIME", value_parser = times::parse, allow_hyphen_values = true)]
    to: Option<Timestamp>,

    /// Delete datapoints of the stream's downlink instead.
    #[arg(long)]
    downlink: bool,

    /// Delete without asking for confirmation.
    #[arg(long, short)]
    yes: bool,
}

impl Rm {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let (_, object) = server.object(&self.path).await?;
        if self.from.is_some() || self.to.is_some() {
            let Object::Stream(stream) = object else {
                return Err("--from and --to are times of a stream's datapoints".into());
            };
            return self.delete_range(&stream, output).await;
        }
        if self.downlink {
            return Err("--downlink needs --from or --to".into());
        }
        let path = match &object {
            Object::User(user) => user.path().to_string(),
            Object::Device(device) => device.path().to_string(),
            Object::Stream(stream) => {
                format!("{} with {} datapoints", stream.path(), stream.len().await?)
            }
        };
        if !self.yes && !confirmed(&path)? {
            return Err("nothing was deleted".into());
        }
        match object {
            Object::User(user) => user.delete().await?,
            Object::Device(device) => device.delete().await?,
            Object::Stream(stream) => stream.delete().await?,
        }
        Ok(())
    }
}

impl Rm {
    /// Deletes datapoints of a stream.
    async fn delete_range(&self, stream: &Stream, output: Output) -> Result {
        let range = (
            self.from.map_or(Bound::Unbounded, Bound::Excluded),
            self.to.map_or(Bound::Unbounded, Bound::Included),
        );
        let (mut counting, mut deleting) =
            (stream.statistics().range(range), stream.delete_range(range));
        if self.downlink {
            (counting, deleting) = (counting.downlink(), deleting.downlink());
        }
        if !self.yes {
            let statistics = counting.await?;
            let (Some(first), Some(last)) = (statistics.first, statistics.last) else {
                return output.say(&json!({"removed": 0}), "There are no such datapoints.");
            };
            let [first, last] = [first, last].map(|point| time(point.t.as_secs_f64()));
            let count = datapoints(statistics.count);
            let what = format!("{count} of {}, from {first} to {last}", stream.path());
            if !confirmed(&what)? {
                return Err("nothing was deleted".into());
            }
        }
        let removed = deleting.await?;
        let done = format!("Deleted {}.", datapoints(removed));
        output.say(&json!({"removed": removed}), &done)
    }
}

fn datapoints(count: u64) -> String {
    if count == 1 { "1 datapoint".to_owned() } else { format!("{count} datapoints") }
}

fn confirmed(what: &str) -> Result<bool> {
    if !io::stdin().is_terminal() {
        return Err("confirmation needs a terminal: give --yes to delete without it".into());
    }
    let question = format!("Delete {what}? This cannot be undone. [y/N] ");
    let answer = ask(&question).unwrap_or_default();
    Ok(matches!(&*answer, "y" | "Y" | "yes"))
}
