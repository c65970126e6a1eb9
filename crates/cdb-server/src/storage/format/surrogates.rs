//! Replacing lone surrogates, which are valid in JSON but not in Unicode.

use std::borrow::Cow;

/// U+FFFD, the replacement character, as long as the escape that it replaces.
const REPLACEMENT: &[u8] = br"\ufffd";

/// The length of `\uXXXX`.
const ESCAPE: usize = REPLACEMENT.len();

/// Replaces the escapes of lone surrogates (`\ud83d` without its other half) in a JSON text by that of
/// U+FFFD, as the original server stores them. Python writes such escapes for file names that are not
/// UTF-8, and for texts that were cut in the middle of a character.
pub(in crate::storage) fn replace_lone(text: &[u8]) -> Cow<'_, [u8]> {
    let mut replaced = Cow::Borrowed(text);
    let mut at = 0;
    // Outside of strings, JSON has no backslashes.
    while let Some(next) = text[at..].iter().position(|byte| *byte == b'\\') {
        at += next;
        match unit(&text[at..]) {
            Some(0xd800..=0xdbff)
                if matches!(unit(&text[at + ESCAPE..]), Some(0xdc00..=0xdfff)) =>
            {
                at += 2 * ESCAPE;
            }
            Some(0xd800..=0xdfff) => {
                replaced.to_mut()[at..at + ESCAPE].copy_from_slice(REPLACEMENT);
                at += ESCAPE;
            }
            Some(_) => at += ESCAPE,
            // Another escape, of which the second byte may be a backslash.
            None => at = text.len().min(at + 2),
        }
    }
    replaced
}

/// Returns the UTF-16 code unit of the escape at the start of a text.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(br"\u")?.get(..4)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_are_kept() {
        for (text, expected) in [
            (r#""caf\ud83d""#, r#""caf\ufffd""#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\uD83D\uDE00x\uDE00""#, r#""\uD83D\uDE00x\ufffd""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\\\ud83d\n""#, r#""\\\ufffd\n""#),
            (r#""\ud83d\u0041""#, r#""\ufffd\u0041""#),
            (r#""\ud8"#, r#""\ud8"#),
            (r#""\u+d83""#, r#""\u+d83""#),
            ("\"\\", "\"\\"),
        ] {
            let replaced = replace_lone(text.as_bytes());
            assert_eq!(String::from_utf8_lossy(&replaced), expected, "{text}");
        }
    }
}
