//! Splits scripts into tokens.

use std::ops::Range;

use crate::error::Fault;
use crate::value::Number;

/// The kind of a token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Number(Number),
    String(String),
    Identifier(String),
    /// An operator, a bracket, or one of the words `and or not true false`.
    Symbol(&'static str),
    /// Text that is not part of the language, with the symbol that was probably meant.
    Unknown(Option<&'static str>),
    End,
}

/// A token with its place.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) place: Range<usize>,
    /// Whether white space follows: an identifier may then take arguments without brackets.
    pub(crate) spaced: bool,
}

/// The longer symbols come first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 21] = [
    "<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "%", "^", "|", ":", "(", ")", "[", "]",
    "{", "}", ",",
];

/// Symbols of other languages, and their equivalents in this one. No valid script contains any of
/// them as two symbols in succession.
const FOREIGN: [(&str, &str); 9] = [
    ("===", "=="),
    ("!==", "!="),
    ("&&", "and"),
    ("||", "or"),
    ("**", "^"),
    ("<>", "!="),
    ("=", "=="),
    ("&", "and"),
    ("!", "not"),
];

const WORDS: [&str; 5] = ["and", "or", "not", "true", "false"];

/// Splits a script into tokens. The last one is [`Kind::End`].
pub(crate) fn tokens(script: &str) -> Result<Vec<Token>, Fault> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    loop {
        let rest = &script[at..];
        let trimmed = rest.trim_start();
        let spaced = trimmed.len() < rest.len();
        if let Some(before) = tokens.last_mut() {
            before.spaced = spaced;
        }
        at = script.len() - trimmed.len();
        let (kind, length) = match trimmed.chars().next() {
            None => (Kind::End, 0),
            Some(first) => token(trimmed, first, at)?,
        };
        let end = kind == Kind::End;
        tokens.push(Token { kind, place: at..at + length, spaced: false });
        if end {
            return Ok(tokens);
        }
        at += length;
    }
}

/// Reads the token at the start of a text. Returns it with its length in bytes.
fn token(text: &str, first: char, at: usize) -> Result<(Kind, usize), Fault> {
    if first.is_ascii_digit() {
        return number(text, at);
    }
    if matches!(first, '"' | '\'') {
        return string(text, first, at);
    }
    if is_name(first) {
        let length = text.find(|c| !is_name(c) && !c.is_ascii_digit()).unwrap_or(text.len());
        let name = &text[..length];
        let word = WORDS.into_iter().find(|word| *word == name);
        return Ok((word.map_or_else(|| Kind::Identifier(name.to_owned()), Kind::Symbol), length));
    }
    Ok(symbol(text, first))
}

/// Reads the symbol at the start of a text, or the character that is not part of the language.
fn symbol(text: &str, first: char) -> (Kind, usize) {
    let symbol = SYMBOLS.into_iter().find(|symbol| text.starts_with(symbol));
    let foreign = FOREIGN.into_iter().find(|(foreign, _)| text.starts_with(foreign));
    match (symbol, foreign) {
        (Some(symbol), Some((foreign, _))) if symbol.len() >= foreign.len() => {
            (Kind::Symbol(symbol), symbol.len())
        }
        (_, Some((foreign, ours))) => (Kind::Unknown(Some(ours)), foreign.len()),
        (Some(symbol), None) => (Kind::Symbol(symbol), symbol.len()),
        // The parser reports it when it reaches the token, so that the first of several errors is
        // reported.
        (None, None) => (Kind::Unknown(None), first.len_utf8()),
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '_' | '$')
}

fn number(text: &str, at: usize) -> Result<(Kind, usize), Fault> {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let mut length = digits(text);
    if let Some(fraction) = text[length..].strip_prefix('.') {
        match digits(fraction) {
            0 => {}
            more => length += 1 + more,
        }
    }
    match Number::parse(&text[..length]).filter(|number| number.as_f64().is_finite()) {
        Some(number) => Ok((Kind::Number(number), length)),
        None => Err(Fault::new("The number is too large", at..at + length)),
    }
}

fn string(text: &str, quote: char, at: usize) -> Result<(Kind, usize), Fault> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((place, character)) = characters.next() {
        match character {
            end if end == quote => return Ok((Kind::String(value), place + 1)),
            '\\' => value.push(match characters.next() {
                Some((_, 'n')) => '\n',
                Some((_, 'r')) => '\r',
                Some((_, 't')) => '\t',
                Some((_, escaped @ ('\\' | '"' | '\''))) => escaped,
                _ => return Err(Fault::new("syntax error", at + place..at + place + 1)),
            }),
            other => value.push(other),
        }
    }
    Err(Fault::new("syntax error", at..at + text.len()))
}
