//! Where the parts of a stored datapoint are in its text.
//!
//! The text is JSON, as it is stored: this looks only for what ends a part. If it is anything else,
//! the parts are wrong, but they are put together to the same text again.

/// Stands for a value in a [template](split_object). JSON has no such character.
pub(super) const HOLE: u8 = 0;

/// The parts of a datapoint, as JSON.
pub(super) struct DatapointParts<'a> {
    pub(super) time: &'a [u8],
    pub(super) value: Option<&'a [u8]>,
    /// In its quotation marks.
    pub(super) origin: Option<&'a [u8]>,
}

/// Splits the datapoint at the start of a text. Returns its parts and its length.
pub(super) fn split_datapoint(text: &[u8]) -> Option<(DatapointParts<'_>, usize)> {
    let mut rest = text.strip_prefix(br#"{"t":"#)?;
    let time = take_value(&mut rest)?;
    let mut part = |key: &[u8]| match rest.strip_prefix(key) {
        Some(after) => {
            rest = after;
            take_value(&mut rest).map(Some)
        }
        None => Some(None),
    };
    let value = part(br#","d":"#)?;
    let origin = part(br#","o":"#)?;
    let rest = rest.strip_prefix(b"}")?;
    Some((DatapointParts { time, value, origin }, text.len() - rest.len()))
}

/// Whether a JSON text is a number.
pub(super) fn is_number(text: &[u8]) -> bool {
    matches!(text, [b'-' | b'0'..=b'9', ..])
}

/// Splits an object: calls `value` with the text of each key, in its quotation marks, and that of its
/// value, and writes the text around the values to `template`, with a [`HOLE`] for each of them.
pub(super) fn split_object<'a>(
    text: &'a [u8],
    template: &mut Vec<u8>,
    mut value: impl FnMut(&'a [u8], &'a [u8]),
) -> Option<()> {
    template.clear();
    let mut rest = text.strip_prefix(b"{")?;
    let mut written = text;
    skip_spaces(&mut rest);
    while rest.first() == Some(&b'"') {
        let key = take_value(&mut rest)?;
        skip_spaces(&mut rest);
        rest = rest.strip_prefix(b":")?;
        skip_spaces(&mut rest);
        template.extend_from_slice(&written[..written.len() - rest.len()]);
        template.push(HOLE);
        value(key, take_value(&mut rest)?);
        written = rest;
        skip_spaces(&mut rest);
        let Some(after) = rest.strip_prefix(b",") else { break };
        rest = after;
        skip_spaces(&mut rest);
    }
    template.extend_from_slice(written);
    (rest == b"}").then_some(())
}

fn skip_spaces(text: &mut &[u8]) {
    *text = text.trim_ascii_start();
}

/// Takes the value at the start of a text, without what follows it.
fn take_value<'a>(text: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = match text.first()? {
        b'"' => string_length(text)?,
        b'{' | b'[' => nested_length(text)?,
        _ => text
            .iter()
            .position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'))?,
    };
    let (value, rest) = text.split_at(length);
    *text = rest;
    (!value.is_empty()).then_some(value)
}

fn string_length(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn nested_length(text: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match text.get(at)? {
            b'"' => at += string_length(&text[at..])?,
            byte => {
                depth += usize::from(matches!(byte, b'{' | b'['));
                depth -= usize::from(matches!(byte, b'}' | b']'));
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
    }
}
