//! The `cdb` command: the server, and a client for the terminal and for scripts.

mod commands;
mod connect;
mod demo;
mod limits;
mod logging;
mod output;
mod profiles;
mod selection;
mod serve;
mod times;

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser, Subcommand};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use connect::Server;
use logging::Log;
use output::Output;

/// Returns unused memory to the system, such as the memory that hashing a password takes.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

/// ConnectorDB: a server and a client for streams of timestamped datapoints.
///
/// A first session: run `cdb serve --admin me` in one terminal. In another, run `cdb login
/// http://localhost:3124`, `cdb create temperature`, `cdb insert temperature 21.5` and `cdb get
/// temperature`.
#[derive(Debug, Parser)]
#[command(name = "cdb", version, arg_required_else_help = true)]
#[command(
    after_help = "Paths are USER/DEVICE/STREAM, USER/DEVICE, or USER/ with a slash at the end. A \
                        name without a slash is a stream of the device that is logged in.\n\
                        Exit codes: 0 success, 1 failure, 2 invalid arguments."
)]
struct Cli {
    #[command(flatten)]
    server: Server,

    #[command(flatten)]
    output: Output,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Demo(demo::Demo),
    Login(commands::login::Login),
    Ls(commands::ls::Ls),
    Info(commands::info::Info),
    Create(commands::create::Create),
    Set(commands::set::Set),
    Rm(commands::rm::Rm),
    Passwd(commands::passwd::Passwd),
    Insert(commands::insert::Insert),
    Get(commands::get::Get),
    Tail(commands::tail::Tail),
    Merge(commands::query::MergeStreams),
    Dataset(commands::query::ShowDataset),
    Plot(commands::plot::Plot),
    Log(commands::log::Log),
    Export(commands::archive::Export),
    Import(commands::archive::Import),
    Backup(commands::backup::Backup),
    Check(commands::check::Check),
    /// Print a completion script for a shell.
    ///
    /// Write it to a file that the shell reads completions from.
    #[command(
        after_help = "Example:\n  cdb completions bash > ~/.local/share/bash-completion/completions/cdb"
    )]
    Completions {
        /// The shell to print completions for.
        shell: clap_complete::Shell,
    },
    /// Print the manual page of `cdb` and all its commands, in the format of `man`.
    #[command(after_help = "Example:\n  cdb man > ~/.local/share/man/man1/cdb.1")]
    Man,
}

/// How long the end of the program waits for work that cannot be interrupted, such as a script.
const END_TIMEOUT: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli = Cli::parse();
    // `cdb serve` logs what it does; the other commands log errors only.
    let log = matches!(cli.command, Command::Serve(_)).then(Log::start);
    start_logging(log.clone());
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return ended(Err(error.into()), log.as_ref()),
    };
    let done = runtime.block_on(run(cli));
    runtime.shutdown_timeout(END_TIMEOUT);
    ended(done, log.as_ref())
}

fn start_logging(log: Option<Log>) {
    let level = if log.is_some() { LevelFilter::INFO } else { LevelFilter::ERROR };
    let filter = std::env::var("RUST_LOG").ok().and_then(|filter| filter.parse().ok());
    let writer = match log {
        Some(log) => {
            std::panic::set_hook(Box::new(Log::panicked));
            BoxMakeWriter::new(log)
        }
        None => BoxMakeWriter::new(io::stderr),
    };
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(io::stderr().is_terminal())
        // They would be printed to standard error, which is what has failed.
        .log_internal_errors(false);
    tracing_subscriber::registry()
        .with(layer)
        .with(filter.unwrap_or_else(|| Targets::new().with_default(level)))
        .init();
}

async fn run(Cli { server, output, command }: Cli) -> Result {
    match command {
        Command::Serve(serve) => serve.run(output).await,
        Command::Demo(demo) => demo.run(output).await,
        Command::Login(login) => login.run(&server, output).await,
        Command::Ls(ls) => ls.run(&server, output).await,
        Command::Info(info) => info.run(&server, output).await,
        Command::Create(create) => create.run(&server, output).await,
        Command::Set(set) => set.run(&server, output).await,
        Command::Rm(rm) => rm.run(&server, output).await,
        Command::Passwd(passwd) => passwd.run(&server).await,
        Command::Insert(insert) => insert.run(&server, output).await,
        Command::Get(get) => get.run(&server, output).await,
        Command::Tail(tail) => tail.run(&server, output).await,
        Command::Merge(merge) => merge.run(&server, output).await,
        Command::Dataset(dataset) => dataset.run(&server, output).await,
        Command::Plot(plot) => plot.run(&server, output).await,
        Command::Log(log) => log.run(&server, output).await,
        Command::Export(export) => export.run(&server, output).await,
        Command::Import(import) => import.run(&server, output).await,
        Command::Backup(backup) => backup.run(&server, output).await,
        Command::Check(check) => check.run(output).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "cdb", &mut std::io::stdout());
            Ok(())
        }
        Command::Man => manual(),
    }
}

/// Prints the error of a command, and returns the exit code.
fn ended(done: Result, log: Option<&Log>) -> ExitCode {
    let code = match done {
        Ok(()) => ExitCode::SUCCESS,
        // The program that reads the output has closed the pipe, as `head` does: not a failure.
        Err(error) if is_broken_pipe(error.as_ref()) => ExitCode::SUCCESS,
        Err(error) => {
            let cdb = console::style("cdb:").red().for_stderr();
            let line = format!("{cdb} {}", with_causes(error.as_ref()));
            match log {
                Some(log) => log.line(&line),
                // There is nobody to tell that standard error is closed.
                None => writeln!(io::stderr(), "{line}").unwrap_or_default(),
            }
            ExitCode::FAILURE
        }
    };
    if let Some(log) = log {
        log.flush();
    }
    code
}

/// Prints a manual page for `cdb`, followed by one for each subcommand.
fn manual() -> Result {
    let mut command = Cli::command();
    command.build();
    let mut out = std::io::stdout().lock();
    clap_mangen::Man::new(command.clone()).render(&mut out)?;
    for subcommand in command.get_subcommands() {
        clap_mangen::Man::new(subcommand.clone()).render(&mut out)?;
    }
    Ok(())
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    let broken = std::io::ErrorKind::BrokenPipe;
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == broken)
}

/// The text of an error followed by those of its causes, in one line. A cause whose text is already
/// part of the line is left out.
fn with_causes(error: &dyn Error) -> String {
    let (mut text, mut next) = (error.to_string(), error.source());
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_of_every_command_has_an_example_and_describes_every_argument() {
        let mut cdb = Cli::command();
        cdb.build();
        for command in cdb.get_subcommands().filter(|command| command.get_name() != "help") {
            let name = command.get_name();
            assert!(command.get_about().is_some(), "{name}");
            let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(examples.contains(&format!("  cdb {name}")), "{name}: {examples}");
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{name}: {}", argument.get_id());
            }
        }
    }

    /// Splits a command line into words as a shell does, up to the first redirection, pipe or
    /// comment.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
        for c in line.chars() {
            match (c, quote) {
                ('\'' | '"', None) => {
                    quote = Some(c);
                    word.get_or_insert_default();
                }
                (_, Some(open)) if c == open => quote = None,
                (' ', None) => words.extend(word.take()),
                ('<' | '>' | '|' | '#', None) if word.is_none() => return words,
                _ => word.get_or_insert_default().push(c),
            }
        }
        words.extend(word);
        words
    }

    #[test]
    fn every_command_line_in_help_and_guides_parses() {
        let mut cdb = Cli::command();
        cdb.build();
        let help = cdb.get_subcommands().filter_map(|command| command.get_after_help());
        let mut texts: Vec<String> = help.map(ToString::to_string).collect();
        texts.extend(
            [
                include_str!("../../../README.md"),
                include_str!("../README.md"),
                include_str!("../../connectordb/src/guide/running_a_server.md"),
                include_str!("../../connectordb/src/guide/writing_a_device.md"),
            ]
            .map(str::to_owned),
        );
        let lines = texts.iter().flat_map(|text| text.lines());
        let commands = lines.filter_map(|line| {
            let line = ["$ ", "| `", "  "].iter().find_map(|begin| line.strip_prefix(begin))?;
            line.starts_with("cdb ").then(|| line.split("` |").next().unwrap_or(line))
        });
        let mut count = 0;
        for command in commands {
            if let Err(error) = Cli::try_parse_from(words(command)) {
                panic!("{command}: {error}");
            }
            count += 1;
        }
        assert!(count > 60, "{count}");
    }

    #[test]
    fn the_definition_of_the_command_line_is_valid() {
        Cli::command().debug_assert();
    }
}
