//! `cdb log`

mod set_aside;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use connectordb::StreamCreate;
use connectordb::logger::{self, FileError, Logger, LoggerBuilder, Status};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};
use tokio::process::Command;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::insert::whole_characters;
use crate::Result;
use crate::connect::Server;
use crate::output::Output;
use crate::profiles::Profile;

/// Log values into a file, and bring each to the server once, when that can be reached.
///
/// Values are the lines of standard input, or the output of a command that is run again and again.
/// A value is parsed as JSON; text that is not valid JSON is stored as a string. Logging ends with
/// the input, or with Ctrl-C; values that still wait then are sent the next time.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb log temperature --every 60 -- ./read_sensor\n  \
                        tail -F app.log | cdb log lines --file /var/lib/app/cache.db\n  \
                        cdb log --set-aside=retry")]
pub(crate) struct Log {
    /// A stream of the device that is logged in; created if it does not exist.
    #[arg(required_unless_present = "set_aside")]
    stream: Option<String>,

    /// Show the values that the server has refused for their content, have them wait again, or
    /// delete them, instead of logging: those of STREAM, or all. The server is not needed for it.
    #[arg(long, value_name = "ACTION", num_args = 0..=1, require_equals = true, default_missing_value = "list")]
    set_aside: Option<set_aside::Action>,

    /// The file in which values wait.
    #[arg(long, value_name = "FILE", default_value = "cdb-log.db")]
    file: PathBuf,

    /// The JSON Schema of the stream, if it is created; without one, anything can be logged.
    #[arg(long, value_name = "JSON")]
    schema: Option<String>,

    /// What the values of the stream are, if it is created, such as `rating.stars`.
    #[arg(long, value_name = "NAME")]
    datatype: Option<String>,

    /// How often the command is run.
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    every: f64,

    /// How often the server is tried, in seconds; 10 minutes unless given.
    #[arg(long, value_name = "SECONDS")]
    sync: Option<f64>,

    /// What is run, and its arguments.
    #[arg(last = true)]
    command: Vec<String>,
}

/// Where values come from.
enum Source {
    Input(Lines<BufReader<Stdin>>),
    Command(Vec<String>, Interval),
}

impl Log {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        if let Some(action) = self.set_aside {
            if !self.file.exists() {
                return Err(format!("there is no file {}", self.file.display()).into());
            }
            let logger = Logger::builder(&self.file).open().await.map_err(|error| match error {
                logger::Error::File { problem: FileError::InUse, .. } => {
                    format!("{} is in use: stop the `cdb log` that uses it", self.file.display())
                }
                error => error.to_string(),
            })?;
            set_aside::run(action, &logger, self.stream.as_deref(), output).await?;
            return Ok(logger.close().await?);
        }
        let stream = self.stream.ok_or("name a stream")?;
        let Profile { url, apikey, ca } = server.login()?;
        let builder = Logger::builder(&self.file).serverurl(url).apikey(apikey);
        let builder = ca.into_iter().fold(builder, LoggerBuilder::root_certificate);
        let logger = builder.open().await?;
        if !logger.contains(&stream) {
            let mut create = StreamCreate::new().schema(serde_json::json!({}));
            if let Some(schema) = &self.schema {
                create.schema = Some(super::create::schema(schema)?);
            }
            create.datatype = self.datatype;
            logger.add_stream(&stream, create).await?;
        }
        if let Some(seconds) = self.sync {
            logger.set_syncperiod(Duration::try_from_secs_f64(seconds)?).await?;
        }
        logger.start();
        let source = match self.command.is_empty() {
            true => Source::Input(BufReader::new(tokio::io::stdin()).lines()),
            false => {
                let every = Duration::try_from_secs_f64(self.every)?;
                if every.is_zero() {
                    return Err("--every must be more than 0 seconds".into());
                }
                let mut ticks = interval(every);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
                Source::Command(self.command, ticks)
            }
        };
        let has_status_line = io::stderr().is_terminal();
        let logged = tokio::select! {
            () = log(&logger, &stream, source) => Ok(()),
            interrupted = tokio::signal::ctrl_c() => interrupted.map_err(Into::into),
            printed = print_status(&logger), if has_status_line => printed,
        };
        if has_status_line {
            eprintln!();
        }
        logger.stop().await;
        // The last word of it: what waits, waits.
        if let Err(error) = logger.sync().await {
            eprintln!("cdb: {} values wait in {}: {error}", logger.len(), self.file.display());
        }
        logger.close().await?;
        logged
    }
}

/// Logs all values that come.
async fn log(logger: &Logger, stream: &str, mut source: Source) {
    while let Some(value) = source.next().await {
        let logged = match value {
            Ok(text) => {
                // As text: a number keeps all its digits.
                let json = match RawValue::from_string(whole_characters(&text).into_owned()) {
                    Ok(json) => Ok(json),
                    Err(_) => RawValue::from_string(Value::from(text).to_string()),
                };
                match json {
                    Ok(json) => logger.insert(stream, json).await.map_err(Into::into),
                    Err(error) => Err(error.into()),
                }
            }
            Err(error) => Err(error),
        };
        if let Err(error) = logged {
            eprintln!("cdb: {error}");
        }
    }
}

/// Shows how it goes, whenever that changes.
async fn print_status(logger: &Logger) -> Result {
    let mut status = logger.status();
    loop {
        status.changed().await?;
        print_status_line(&status.borrow_and_update())?;
    }
}

impl Source {
    /// The next value; `None` at the end.
    async fn next(&mut self) -> Option<Result<String>> {
        match self {
            Self::Input(lines) => loop {
                return match lines.next_line().await.transpose()? {
                    Ok(line) if line.trim().is_empty() => continue,
                    // What cannot be read at all has no next line.
                    Err(error) if error.kind() != io::ErrorKind::InvalidData => {
                        eprintln!("cdb: {error}");
                        None
                    }
                    line => Some(line.map_err(Into::into)),
                };
            },
            Self::Command(command, ticks) => {
                ticks.tick().await;
                Some(run(command).await)
            }
        }
    }
}

/// What a command prints.
async fn run(command: &[String]) -> Result<String> {
    let [program, arguments @ ..] = command else { return Err("no command".into()) };
    let mut command = Command::new(program);
    let output = command.args(arguments).kill_on_drop(true).output().await;
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program} failed ({})", output.status).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Shows how it goes, over what was shown before.
fn print_status_line(status: &Status) -> io::Result<()> {
    let server = match &status.last_error {
        Some(error) if error.is_temporary() => "the server is away".to_owned(),
        Some(error) => error.to_string(),
        None => "all is well".to_owned(),
    };
    let mut line = io::stderr();
    write!(line, "\r\x1b[K{} waiting, {server}", status.cached)?;
    if status.set_aside > 0 {
        write!(line, "; {} refused: see cdb log --set-aside", status.set_aside)?;
    }
    line.flush()
}
