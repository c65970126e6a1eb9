//! `cdb log --set-aside`

use clap::ValueEnum;
use connectordb::logger::{Logger, SetAside};
use serde_json::json;

use crate::Result;
use crate::output::{Output, line, print_json, table, time};

/// What to do with the values that the server has refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Action {
    /// Print the values, each with the reason.
    List,
    /// Queue the values again: the next `cdb log` sends them.
    Retry,
    /// Delete the values.
    Discard,
}

/// Runs an action on the values of one stream, or of all streams.
pub(super) async fn run(
    action: Action,
    logger: &Logger,
    stream: Option<&str>,
    output: Output,
) -> Result {
    let mut values = logger.set_aside().await?;
    values.retain(|value| stream.is_none_or(|stream| value.stream == stream));
    match action {
        Action::List => list(&values, output),
        Action::Retry => {
            let count = logger.retry_set_aside(&values).await?;
            output.say(
                &json!({"waiting": count}),
                &format!("Queued {} to be sent by the next `cdb log`.", counted(count)),
            )
        }
        Action::Discard => {
            let count = logger.discard_set_aside(&values).await?;
            output.say(&json!({"deleted": count}), &format!("Deleted {}.", counted(count)))
        }
    }
}

fn counted(count: u64) -> String {
    if count == 1 { "1 value".to_owned() } else { format!("{count} values") }
}

fn list(values: &[SetAside], output: Output) -> Result {
    if output.json {
        for SetAside { stream, t, json, reason, .. } in values {
            let value: serde_json::Value =
                serde_json::from_str(json).unwrap_or_else(|_| json.as_str().into());
            print_json(&json!({"stream": stream, "t": t, "d": value, "reason": reason}))?;
        }
        return Ok(());
    }
    if values.is_empty() {
        return line("No values are set aside.");
    }
    let cells = |SetAside { stream, t, json, reason, .. }: &SetAside| {
        vec![stream.clone(), time(t.as_secs_f64()), json.clone(), reason.clone()]
    };
    table(&values.iter().map(cells).collect::<Vec<_>>())
}
