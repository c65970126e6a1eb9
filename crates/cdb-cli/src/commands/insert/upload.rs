//! Sending the datapoints that have been checked, each once.

use std::time::Duration;

use connectordb::{Datapoint, Error, ErrorKind, Stream};
use indicatif::ProgressBar;
use serde_json::value::RawValue;

use super::spool::Spool;
use crate::Result;
use crate::output::time;

/// The maximum number of datapoints in a request, and the size of their values after which no
/// further one is added.
const MAX_POINTS: usize = 5_000;
const MAX_BYTES: u64 = 1024 * 1024;

/// The maximum number of retries of a request.
const MAX_FAILURES: u32 = 8;

/// The pause after the first failure. Each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Checks that the datapoints can follow those of the stream. Datapoints that were stamped with the
/// present are moved to the stream's last time if they are before it, because clocks differ.
pub(super) async fn check_order(stream: &Stream, spool: &mut Spool, is_now: bool) -> Result {
    let (Some(last), Some(first)) = (stream.get(-1).await?, spool.first_t()) else { return Ok(()) };
    let last = last.t.as_secs_f64();
    if is_now {
        spool.restamp(last);
    } else if first < last {
        return Err(format!(
            "the stream already has a datapoint at {}, later than the first one of the input ({}): \
             --late sorts the datapoints in. Nothing was stored",
            time(last),
            time(first)
        )
        .into());
    }
    Ok(())
}

/// Sends all datapoints, and returns their number. If the connection is lost, continues where the
/// stream ends: each request names the index at which it begins, so that nothing is stored twice.
///
/// Late ones are sorted in, of which the server cannot tell whether they have arrived, so that they are
/// sent once.
pub(super) async fn upload(
    stream: &Stream,
    spool: &mut Spool,
    late: bool,
    progress: Option<&ProgressBar>,
) -> Result<usize> {
    if late {
        return sort_in(stream, spool, progress).await;
    }
    let start = stream.end().await?;
    let mut stored = 0;
    while stored < spool.len() {
        let (body, count) = spool.body(stored, MAX_POINTS, MAX_BYTES)?;
        let after = |error: &dyn std::fmt::Display| {
            format!("the first {stored} of {} datapoints were stored, then: {error}", spool.len())
        };
        let index = start + stored as u64;
        let mut failures = 0;
        loop {
            let error = match stream.insert_json_at(index, body.clone()).await {
                Ok(()) => break,
                Err(error) => error,
            };
            let is_lost = error.is_temporary();
            if error.kind() == Some(ErrorKind::Index) && failures == 0 {
                let message = "another program inserted into the stream at the same time";
                return Err(after(&message).into());
            }
            if !is_lost && failures == 0 {
                return Err(after(&error).into());
            }
            // The server may have stored the datapoints although the answer was lost: the end of the
            // stream tells.
            let end = match stream.end().await {
                Ok(end) => end,
                Err(error) if error.is_temporary() && failures < MAX_FAILURES => index,
                Err(error) => return Err(after(&error).into()),
            };
            // As many datapoints may also have come from another program: compare the last time.
            let arrived = end == index + count as u64
                && stream.get(-1).await.is_ok_and(|last| {
                    last.map(|last| last.t.as_secs_f64()) == spool.t(stored + count - 1)
                });
            if arrived {
                break;
            }
            if end != index {
                let message = "another program inserted into the stream at the same time";
                return Err(after(&message).into());
            }
            if failures >= MAX_FAILURES {
                return Err(after(&error).into());
            }
            tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(failures)).await;
            failures += 1;
        }
        stored += count;
        if let Some(progress) = progress {
            progress.set_position(stored as u64);
        }
    }
    Ok(stored)
}

/// Sorts all datapoints in, and returns their number.
async fn sort_in(
    stream: &Stream,
    spool: &mut Spool,
    progress: Option<&ProgressBar>,
) -> Result<usize> {
    let mut stored = 0;
    while stored < spool.len() {
        let (body, count) = spool.body(stored, MAX_POINTS, MAX_BYTES)?;
        let datapoints: Vec<Datapoint<Box<RawValue>>> = serde_json::from_slice(&body)?;
        if let Err(error) = stream.insert_late(&datapoints).await {
            let known = match &error {
                Error::PartialInsert { stored, .. } => *stored,
                _ => 0,
            };
            let stored = stored + known;
            // An answer that was lost may have been that they are stored.
            let perhaps = match error.is_temporary() {
                true => format!(" (some of the next {} may be stored as well)", count - known),
                false => String::new(),
            };
            return Err(match (stored, perhaps.is_empty()) {
                (0, true) => error.into(),
                _ => format!(
                    "the first {stored} of {} datapoints were stored{perhaps}, then: {error}",
                    spool.len()
                )
                .into(),
            });
        }
        stored += count;
        if let Some(progress) = progress {
            progress.set_position(stored as u64);
        }
    }
    Ok(stored)
}
