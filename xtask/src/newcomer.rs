//! `cargo xtask newcomer`: runs the commands of the README, and compares their output.

mod picture;
mod readme;
mod terminal;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use clap::Args;

use crate::command::{Result, root, run};
use crate::web;
use readme::{Block, Kind};
use terminal::{Session, Terminal};

/// The directory of the README's pictures.
const PICTURES: &str = "crates/cdb-cli/pictures";

/// The command of the README that runs until Ctrl-C.
const DEMO: &str = "cargo xtask demo";

/// How long it may take to be built and to say where it is.
const DEMO_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// The picture that a session of the README writes.
const PLOT: &str = "garden.svg";

/// Run all commands of the README in a fresh clone, and compare their output with the README.
#[derive(Debug, Args)]
pub(crate) struct Newcomer {
    /// Replace the README's pictures by those of this run.
    #[arg(long)]
    pictures: bool,

    /// Build nothing: run only the terminal sessions, with the `cdb` in this directory.
    #[arg(long, value_name = "DIRECTORY")]
    installed: Option<PathBuf>,
}

impl Newcomer {
    pub(crate) fn run(self) -> Result {
        let directory = tempfile::tempdir()?;
        let clone = directory.path().join("connectordb");
        let git = ["clone", "--quiet"];
        run(Command::new("git").args(git).arg(root()).arg(&clone))?;
        let environment = Environment::new(directory.path(), &clone, self.installed.as_deref())?;
        let readme = fs::read_to_string(clone.join("README.md"))?;
        let blocks = readme::blocks(&readme);
        if blocks.iter().all(|block| block.kind != Kind::Session) {
            return Err("the README shows no session".into());
        }
        let (mut sessions, mut servers) = (Vec::new(), Vec::new());
        for block in &blocks {
            match block.kind {
                Kind::Commands if self.installed.is_some() => {}
                Kind::Commands => commands(block, &environment)?,
                Kind::Session => {
                    let mut terminal = Terminal::open(&environment)?;
                    sessions.push(terminal.run(block)?);
                    // Kept open: the next session uses a server that runs in this one.
                    servers.push(terminal);
                }
            }
        }
        compare(&blocks, &sessions)?;
        if self.pictures {
            let pictures = root().join(PICTURES);
            fs::create_dir_all(&pictures)?;
            let longest = sessions.iter().max_by_key(|session| session.steps.len());
            let longest = longest.ok_or("there is no session")?;
            fs::write(pictures.join("session.svg"), picture::of(longest))?;
            fs::copy(clone.join(PLOT), pictures.join(PLOT))?;
            web::picture()?;
        }
        println!("All commands print what the README shows.");
        Ok(())
    }
}

/// A clone in which nothing is built, and environment variables with an empty home directory.
pub(crate) struct Environment {
    clone: PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl Environment {
    fn new(directory: &Path, clone: &Path, installed: Option<&Path>) -> Result<Self> {
        let text =
            |path: &Path| Ok::<_, &str>(path.to_str().ok_or("a path is not UTF-8")?.to_owned());
        let real = |name: &str, below: &str| match (std::env::var(name), std::env::var("HOME")) {
            (Ok(path), _) => path,
            (_, Ok(home)) => format!("{home}/{below}"),
            _ => String::new(),
        };
        let install = directory.join("installed");
        let bin = match installed {
            Some(directory) => text(&directory.canonicalize()?)?,
            None => text(&install.join("bin"))?,
        };
        let variables = vec![
            ("HOME", text(directory)?),
            ("XDG_CONFIG_HOME", text(&directory.join("config"))?),
            ("CARGO_HOME", real("CARGO_HOME", ".cargo")),
            ("RUSTUP_HOME", real("RUSTUP_HOME", ".rustup")),
            ("CARGO_INSTALL_ROOT", text(&install)?),
            ("CARGO_TARGET_DIR", text(&clone.join("target"))?),
            ("PATH", format!("{bin}:{}", std::env::var("PATH")?)),
            ("TZ", "UTC".to_owned()),
            ("TERM", "xterm".to_owned()),
            // The README has no colours.
            ("NO_COLOR", "1".to_owned()),
            ("RUST_LOG", "off".to_owned()),
        ];
        Ok(Self { clone: clone.to_owned(), variables })
    }

    /// A command that runs in the clone, with these environment variables.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.clone).envs(self.variables.iter().cloned());
        command
    }
}

/// Runs the commands of a block, which must succeed.
fn commands(block: &Block, environment: &Environment) -> Result {
    for step in &block.steps {
        eprintln!("$ {}", step.command);
        if step.command == DEMO {
            show_demo(environment)?;
            continue;
        }
        let status = environment.command("sh").args(["-c", &step.command]).status()?;
        if !status.success() {
            return Err(format!("`{}` in the README fails", step.command).into());
        }
    }
    Ok(())
}

/// Runs the command that shows the web app, until it has said where.
fn show_demo(environment: &Environment) -> Result {
    let mut demo = environment.command("sh");
    demo.args(["-c", DEMO]).process_group(0).stdout(Stdio::piped());
    let mut demo = demo.spawn()?;
    let output = demo.stdout.take().ok_or("the demo has no output")?;
    let (send, shown) = mpsc::channel();
    std::thread::spawn(move || {
        let mut lines = BufReader::new(output).lines().map_while(std::result::Result::ok);
        // Nobody receives it after the time is over.
        let _ = send.send(lines.find(|line| line.starts_with("open http://")));
    });
    let shown = shown.recv_timeout(DEMO_TIMEOUT).ok().flatten();
    // All processes that it has started, as Ctrl-C does.
    let group = format!("-{}", demo.id());
    let ended = Command::new("kill").args(["-s", "INT", "--", &group]).status()?;
    demo.wait()?;
    match shown {
        Some(_) if ended.success() => Ok(()),
        _ => Err(format!("`{DEMO}` in the README fails").into()),
    }
}

/// Compares the output of the sessions with the README.
fn compare(blocks: &[Block], sessions: &[Session]) -> Result {
    let mut wrong = String::new();
    let shown = blocks.iter().filter(|block| block.kind == Kind::Session);
    for (block, session) in shown.zip(sessions) {
        for (shown, done) in block.steps.iter().zip(&session.steps) {
            let [expected, found] = [shown, done].map(|step| readme::steady(&step.output));
            if expected != found {
                let [shown_text, done_text] = [shown, done].map(|step| step.output.join("\n"));
                wrong.push_str(&format!(
                    "`{}` prints\n\n{done_text}\n\nbut the README shows\n\n{shown_text}\n\n",
                    shown.command,
                ));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.into()) }
}
