//! A terminal with a shell in it.

use rexpect::session::PtySession;

use super::Environment;
use super::readme::{Block, Step};
use crate::command::Result;

/// The time after which a command fails, in milliseconds.
const COMMAND_TIMEOUT_MS: u64 = 30_000;

/// The prompt of the shell.
const PROMPT: &str = "=waiting=>";

/// The answer to every prompt for a password.
const ANSWER: &str = "secret";

/// A terminal with a shell in it. Programs that run in it are ended when it is dropped.
pub(super) struct Terminal(PtySession);

/// The commands that have run in a terminal, with their output.
pub(super) struct Session {
    pub(super) steps: Vec<Step>,
}

impl Terminal {
    pub(super) fn open(environment: &Environment) -> Result<Self> {
        let mut shell = environment.command("bash");
        shell.args(["--norc", "--noprofile", "--noediting"]).env("PS1", PROMPT);
        let mut session = rexpect::session::spawn_command(shell, Some(COMMAND_TIMEOUT_MS))?;
        session.exp_string(PROMPT)?;
        session.send_line("stty -echo columns 80 rows 24")?;
        session.exp_string(PROMPT)?;
        Ok(Self(session))
    }

    /// Runs the commands of a block. Prompts are answered, and a server is left running.
    pub(super) fn run(&mut self, block: &Block) -> Result<Session> {
        let steps = block.steps.iter().map(|step| self.step(step)).collect::<Result<_>>()?;
        Ok(Session { steps })
    }

    fn step(&mut self, step: &Step) -> Result<Step> {
        eprintln!("$ {}", step.command);
        self.0.send_line(&step.command)?;
        let mut output = Vec::new();
        for question in step.output.iter().filter(|line| line.trim_end().ends_with(':')) {
            let before = self.0.exp_string(question.trim_end())?;
            output.extend(lines(&before));
            output.push(question.clone());
            self.0.send_line(ANSWER)?;
        }
        if step.command.starts_with("cdb serve") {
            let url = self.0.exp_regex("http://[0-9.:]+")?;
            output.extend(lines(&url.0));
            output.extend(lines(&url.1));
        } else {
            output.extend(lines(&self.0.exp_string(PROMPT)?));
        }
        // The answer to a prompt is not printed, which leaves an empty line.
        output.retain(|line| !line.trim().is_empty());
        Ok(Step { command: step.command.clone(), output })
    }
}

/// The escape sequence that clears a line.
const CLEAR: &str = "\u{1b}[2K";

/// The lines that a terminal displays for its output, each character of which stands for one byte.
fn lines(text: &str) -> Vec<String> {
    let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    // Text before a carriage return has been overwritten.
    let visible = |line: &str| line.rsplit('\r').next().unwrap_or_default().replace(CLEAR, "");
    text.lines().map(visible).collect()
}
