//! The commands of the client, one file each.

pub(crate) mod archive;
pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod info;
pub(crate) mod insert;
pub(crate) mod log;
pub(crate) mod login;
pub(crate) mod ls;
pub(crate) mod passwd;
pub(crate) mod plot;
pub(crate) mod query;
pub(crate) mod rm;
pub(crate) mod set;
pub(crate) mod tail;

use std::io::{self, BufRead, IsTerminal, Write};

use crate::Result;

/// Reads a secret: on a terminal by prompting without echo, otherwise from the next line of
/// standard input.
pub(crate) fn secret(question: &str) -> Result<String> {
    let secret = if io::stdin().is_terminal() {
        rpassword::prompt_password(question)?
    } else {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    if secret.is_empty() { Err(missing(question)) } else { Ok(secret) }
}

/// Prompts for a line of text. The prompt goes to standard error, since standard output may be
/// redirected.
pub(crate) fn ask(question: &str) -> Result<String> {
    let mut prompt = io::stderr();
    write!(prompt, "{question}")?;
    prompt.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    let answer = answer.trim();
    if answer.is_empty() { Err(missing(question)) } else { Ok(answer.to_owned()) }
}

/// The error if standard input ends or the line is empty.
fn missing(question: &str) -> Box<dyn std::error::Error> {
    let what = question.trim_end_matches([':', ' ']).to_lowercase();
    format!("the {what} is missing: it is read from standard input and must not be empty").into()
}
