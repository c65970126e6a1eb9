//! `cdb tail`

use clap::Args;
use connectordb::{Datapoint, Error};
use serde_json::value::RawValue;

use crate::Result;
use crate::connect::Server;
use crate::output::{Output, datapoint, line, print_json};

/// Print datapoints as soon as they are inserted into a stream, until Ctrl-C.
///
/// If the connection is lost, it is opened again, and the datapoints that were inserted in the
/// meantime are printed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cdb tail temperature\n  cdb tail temperature --transform 'if $ > 25'"
)]
pub(crate) struct Tail {
    /// The stream.
    path: String,

    /// Run a PipeScript transform over each insert, on the server.
    #[arg(long, short, value_name = "SCRIPT")]
    transform: Option<String>,

    /// Print the stream's downlink: the values that other devices request.
    #[arg(long)]
    downlink: bool,

    /// Print the last N datapoints of the stream first.
    #[arg(long, short = 'n', value_name = "N", default_value_t = 0)]
    lines: u32,
}

impl Tail {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let stream = server.stream(&self.path).await?;
        // Values are kept as JSON text, so that numbers keep all their digits.
        let stream = stream.typed::<Box<RawValue>>();
        let show = |point: &Datapoint<Box<RawValue>>| match output.json {
            true => print_json(point),
            false => line(&datapoint(&point.clone().map(|d| d.get().to_owned()))),
        };
        let mut subscribe = stream.subscribe();
        if let Some(script) = &self.transform {
            subscribe = subscribe.transform(script).typed();
        }
        if self.downlink {
            subscribe = subscribe.downlink();
        }
        let mut subscription = subscribe.await?;
        if self.lines > 0 {
            let mut query = stream.range(-i64::from(self.lines)..);
            if let Some(script) = self.transform {
                query = query.transform(script).typed();
            }
            if self.downlink {
                query = query.downlink();
            }
            query.await?.iter().try_for_each(show)?;
        }
        loop {
            let batch = tokio::select! {
                batch = subscription.next() => batch,
                interrupted = tokio::signal::ctrl_c() => return Ok(interrupted?),
            };
            match batch {
                Some(Ok(batch)) => batch.iter().try_for_each(show)?,
                Some(Err(error @ (Error::Lagged(_) | Error::Corrected { .. }))) => {
                    eprintln!("cdb: {error}");
                }
                Some(Err(error)) => return Err(error.into()),
                None => return Ok(()),
            }
        }
    }
}
