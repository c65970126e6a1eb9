//! The lines of a table before the names of its columns.

use std::io::{BufRead, Seek, SeekFrom};

use crate::Result;

/// What precedes the column names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Preamble {
    /// The offset in bytes at which the names begin.
    pub(super) end: u64,
    /// The number of lines before the names.
    pub(super) lines: u64,
    /// The delimiter of a line such as `sep=;`, which spreadsheets write.
    pub(super) delimiter: Option<u8>,
    /// The number of those lines that are comments.
    pub(super) comments: u64,
}

impl Preamble {
    /// Reads the lines before the names: `sep=;`, comments, which begin with `#`, and empty lines. A
    /// line that begins with `#` has the names if it has all of `columns`, or if `#` is the name of
    /// the first column.
    pub(super) fn read(
        input: &mut (impl BufRead + Seek),
        delimiter: Option<u8>,
        columns: &[&str],
    ) -> Result<Self> {
        let mut preamble = Self { end: input.stream_position()?, ..Self::default() };
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let length = input.read_until(b'\n', &mut bytes)?;
            // Comments need not be UTF-8.
            let text = String::from_utf8_lossy(&bytes);
            let line = text.trim();
            let separator = separator(line).filter(|_| preamble.lines == 0);
            let is_skipped = line.is_empty() || separator.is_some();
            let is_comment = line.starts_with('#')
                && !is_header(line, delimiter.or(preamble.delimiter), columns);
            if length == 0 || !(is_skipped || is_comment) {
                break;
            }
            preamble.comments += u64::from(is_comment);
            preamble.delimiter = preamble.delimiter.or(separator);
            preamble.lines += 1;
            preamble.end += length as u64;
        }
        input.seek(SeekFrom::Start(preamble.end))?;
        Ok(preamble)
    }
}

/// The delimiter of a line such as `sep=;`.
fn separator(line: &str) -> Option<u8> {
    let line = line.trim_matches('"');
    let (name, separator) = line.split_at_checked(4)?;
    match separator.as_bytes() {
        _ if !name.eq_ignore_ascii_case("sep=") => None,
        // A tab, which has been trimmed.
        [] | b"\\t" => Some(b'\t'),
        [byte] => Some(*byte),
        _ => None,
    }
}

/// Whether a line that begins with `#` has the names of the columns.
fn is_header(line: &str, delimiter: Option<u8>, columns: &[&str]) -> bool {
    let is_delimiter = |c: char| match delimiter {
        Some(delimiter) => c == char::from(delimiter),
        None => matches!(c, ',' | ';' | '\t' | '|'),
    };
    let cells: Vec<_> =
        line.split(is_delimiter).map(|cell| cell.trim().trim_matches('"')).collect();
    let has_columns = !columns.is_empty() && columns.iter().all(|name| cells.contains(name));
    has_columns || matches!(&*cells, ["#", _, ..])
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(text: &str, columns: &[&str]) -> Preamble {
        Preamble::read(&mut Cursor::new(text), None, columns).expect("a preamble")
    }

    #[test]
    fn lines_before_the_names_are_found() {
        assert_eq!(read("time,v\n#1,2\n", &[]), Preamble::default());
        let preamble = read("sep=;\r\n\r\ntime;v\n", &[]);
        assert_eq!((preamble.end, preamble.lines, preamble.delimiter), (9, 2, Some(b';')));
        assert_eq!(read("\"SEP=,\"\na,b\n", &[]).delimiter, Some(b','));
        assert_eq!(read("sep=\t\na\tb\n", &[]).delimiter, Some(b'\t'));
        assert_eq!(read("sep=1.5\n", &[]).delimiter, None);
        let preamble = read("# Station 7\n#\n# in °C\ntime,v\n", &[]);
        assert_eq!((preamble.end, preamble.lines, preamble.comments), (23, 3, 3));
    }

    #[test]
    fn names_may_begin_with_a_number_sign() {
        assert_eq!(read("#,time,v\n1,2024-01-01,5\n", &["time"]).lines, 0);
        assert_eq!(read("#;v\n1;5\n", &[]).lines, 0);
        assert_eq!(read("# from a\n#time,v\n", &["#time"]).lines, 1);
        assert_eq!(read("#time, v\n1,2\n", &["#time", "v"]).lines, 0);
        assert_eq!(read("# units: s, v\ntime,v\n", &["time", "v"]).lines, 1);
    }
}
