//! Sending what was checked, each datapoint once.

use std::time::Duration;

use connectordb::{ErrorKind, Stream};
use indicatif::ProgressBar;

use super::spool::Spool;
use crate::Result;
use crate::output::time;

/// How many datapoints are sent at once at most, and about how many bytes of them.
const MAX_POINTS: usize = 5_000;
const MAX_BYTES: u64 = 1024 * 1024;

/// How often in a row the server may not be reached.
const MAX_FAILURES: u32 = 8;

/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Checks that the datapoints can follow what the stream holds. Those that are stamped now may be
/// moved to its last time: clocks differ.
pub(super) async fn check_order(stream: &Stream, spool: &mut Spool, is_now: bool) -> Result {
    let (Some(last), Some(first)) = (stream.get(-1).await?, spool.first_t()) else { return Ok(()) };
    let last = last.t.as_secs_f64();
    if is_now {
        spool.restamp(last);
    } else if first < last {
        return Err(format!(
            "the stream already has a datapoint at {}, later than the first one here ({}): \
             datapoints can only be added at the end. Nothing was stored",
            time(last),
            time(first)
        )
        .into());
    }
    Ok(())
}

/// Sends all datapoints. If the connection is lost, goes on where the stream ends: each request says
/// at which index it begins, so nothing is stored twice.
pub(super) async fn upload(
    stream: &Stream,
    spool: &mut Spool,
    progress: Option<&ProgressBar>,
) -> Result<usize> {
    let start = stream.len().await?;
    let mut stored = 0;
    while stored < spool.len() {
        let (body, count) = spool.body(stored, MAX_POINTS, MAX_BYTES)?;
        let after = |error: &dyn std::fmt::Display| {
            format!("the first {stored} of {} datapoints are stored, then: {error}", spool.len())
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
                let message = "another program has inserted into the stream meanwhile";
                return Err(after(&message).into());
            }
            if !is_lost && failures == 0 {
                return Err(after(&error).into());
            }
            // The request may have arrived all the same: the length says it.
            let length = match stream.len().await {
                Ok(length) => length,
                Err(error) if error.is_temporary() && failures < MAX_FAILURES => index,
                Err(error) => return Err(after(&error).into()),
            };
            // What arrived may also be as many datapoints of another program.
            let arrived = length == index + count as u64
                && stream.get(-1).await.is_ok_and(|last| {
                    last.map(|last| last.t.as_secs_f64()) == spool.t(stored + count - 1)
                });
            if arrived {
                break;
            }
            if length != index {
                let message = "another program has inserted into the stream meanwhile";
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
