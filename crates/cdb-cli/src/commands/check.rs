//! `cdb check`

use std::path::PathBuf;

use clap::Args;
use connectordb::server::{Check as Found, DataFile, Problem};
use serde_json::{Value, json};

use crate::Result;
use crate::output::{Output, line, print_json};

/// Read all of a data file, and print what is damaged.
///
/// The server of the file must not be running. Every datapoint is read, and the indexes, the journal and
/// the summaries of the file are compared with them. Nothing is repaired. Each problem is a line with the
/// path of the stream and the indexes of its datapoints. The exit code is 1 if there are any.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb check connectordb.db\n  cdb check --json connectordb.db")]
pub(crate) struct Check {
    /// The data file.
    file: PathBuf,
}

impl Check {
    pub(crate) async fn run(self, output: Output) -> Result {
        let found = DataFile::at(&self.file).check().await?;
        let Found { problems, streams, datapoints, .. } = &found;
        if output.json {
            let problems: Vec<_> = problems.iter().map(value).collect();
            print_json(&json!({
                "streams": streams,
                "datapoints": datapoints,
                "problems": problems,
            }))?;
        } else {
            problems.iter().try_for_each(|problem| line(&problem.to_string()))?;
        }
        let file = self.file.display();
        let read = format!("{streams} streams with {datapoints} datapoints can be read");
        match problems.len() {
            0 if output.json => Ok(()),
            0 => line(&format!("{file} is not damaged: {read}.")),
            1 => Err(format!("{file} is damaged: 1 problem; {read}").into()),
            count => Err(format!("{file} is damaged: {count} problems; {read}").into()),
        }
    }
}

fn value(problem: &Problem) -> Value {
    json!({
        "stream": problem.stream,
        "downlink": problem.downlink,
        "i1": problem.indexes.as_ref().map(|indexes| indexes.start),
        "i2": problem.indexes.as_ref().map(|indexes| indexes.end),
        "kind": problem.kind.as_str(),
        "message": problem.message,
    })
}
