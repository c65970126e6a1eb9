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

/// Log values into a file, and send each to the server once, however often the network fails.
///
/// Values are the lines of standard input, or the output of a command that is run repeatedly. A
/// value is parsed as JSON; text that is not valid JSON is stored as a string. Logging ends with
/// the input or with Ctrl-C. Values that have not been sent by then stay in the file, and the next
/// `cdb log` with that file sends them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb log temperature --every 60 -- ./read_sensor\n  \
                        tail -F app.log | cdb log lines --file /var/lib/app/cache.db\n  \
                        cdb log --set-aside=retry")]
pub(crate) struct Log {
    /// The stream, one of the device that is logged in; created if it does not exist.
    #[arg(required_unless_present = "set_aside")]
    stream: Option<String>,

    /// List the values that the server has refused for their content, queue them for sending again,
    /// or delete them, instead of logging. Applies to the values of STREAM, or of all streams, and
    /// does not connect to the server.
    #[arg(long, value_name = "ACTION", num_args = 0..=1, require_equals = true, default_missing_value = "list")]
    set_aside: Option<set_aside::Action>,

    /// The file that holds the values until they are sent; created if it does not exist.
    #[arg(long, value_name = "FILE", default_value = "cdb-log.db")]
    file: PathBuf,

    /// The JSON Schema of the stream if it is created; by default any JSON matches.
    #[arg(long, value_name = "JSON")]
    schema: Option<String>,

    /// The datatype of the stream if it is created, such as `rating.stars`.
    #[arg(long, value_name = "NAME")]
    datatype: Option<String>,

    /// The time between two runs of the command.
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    every: f64,

    /// The time between two attempts to send values. It is saved in the file [default: that of the
    /// file; 600 in a new one].
    #[arg(long, value_name = "SECONDS")]
    sync: Option<f64>,

    /// The command to run, with its arguments. Its output is one value.
    #[arg(last = true)]
    command: Vec<String>,
}

/// The source of the values.
enum Source {
    Input(Lines<BufReader<Stdin>>),
    Command(Vec<String>, Interval),
}

impl Log {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        if let Some(action) = self.set_aside {
            if !self.file.exists() {
                return Err(format!(
                    "{} does not exist: give the file of `cdb log` with --file",
                    self.file.display()
                )
                .into());
            }
            let logger = Logger::builder(&self.file).open().await.map_err(|error| match error {
                logger::Error::File { problem: FileError::InUse, .. } => {
                    format!("{} is in use: stop the program that logs to it", self.file.display())
                }
                error => error.to_string(),
            })?;
            set_aside::run(action, &logger, self.stream.as_deref(), output).await?;
            return Ok(logger.close().await?);
        }
        let stream = self.stream.ok_or("the name of a stream is missing")?;
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
        // A last attempt. If it fails, the values stay in the file, which is not a failure of the
        // command.
        if let Err(error) = logger.sync().await {
            eprintln!(
                "cdb: {} values have not been sent and stay in {}: {error}",
                logger.len(),
                self.file.display()
            );
        }
        logger.close().await?;
        logged
    }
}

/// Logs all values of a source. Prints the error of a value that cannot be logged, and goes on with
/// the next one.
async fn log(logger: &Logger, stream: &str, mut source: Source) {
    while let Some(value) = source.next().await {
        let logged = match value {
            Ok(text) => {
                // Logged as JSON text, so that numbers keep all their digits.
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

/// Prints the status of the logger whenever it changes.
async fn print_status(logger: &Logger) -> Result {
    let mut status = logger.status();
    loop {
        status.changed().await?;
        print_status_line(&status.borrow_and_update())?;
    }
}

impl Source {
    /// The next value, or `None` at the end of the input.
    async fn next(&mut self) -> Option<Result<String>> {
        match self {
            Self::Input(lines) => loop {
                return match lines.next_line().await.transpose()? {
                    Ok(line) if line.trim().is_empty() => continue,
                    // After a line that is not UTF-8 the next line can be read. After any other
                    // error the input has ended.
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

/// Runs a command and returns its output without surrounding white space.
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

/// Prints the status over the line before.
fn print_status_line(status: &Status) -> io::Result<()> {
    let mut line = io::stderr();
    write!(line, "\r\x1b[K{} values waiting", status.cached)?;
    match &status.last_error {
        Some(error) if error.is_temporary() => write!(line, "; the server cannot be reached")?,
        Some(error) => write!(line, "; {error}")?,
        None => {}
    }
    if status.set_aside > 0 {
        write!(line, "; {} refused (see cdb log --set-aside)", status.set_aside)?;
    }
    line.flush()
}
