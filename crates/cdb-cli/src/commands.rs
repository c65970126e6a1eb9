//! What `cdb` does as a client: a file for each command.

pub(crate) mod archive;
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

/// Asks for a secret: without showing it on a terminal, else the next line of standard input.
pub(crate) fn secret(question: &str) -> Result<String> {
    let secret = if io::stdin().is_terminal() {
        rpassword::prompt_password(question)?
    } else {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    if secret.is_empty() { Err("nothing was given".into()) } else { Ok(secret) }
}

/// Asks for something, on standard error: what is printed may go elsewhere.
pub(crate) fn ask(question: &str) -> Result<String> {
    let mut prompt = io::stderr();
    write!(prompt, "{question}")?;
    prompt.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    let answer = answer.trim();
    if answer.is_empty() { Err("nothing was given".into()) } else { Ok(answer.to_owned()) }
}
