//! Scripts and datapoints that exceed a budget.

use cdb_pipescript::{Point, Run, RunError, Script};

/// Runs a script over datapoints, and returns the run with its error, if any.
pub(crate) fn run(
    script: &Script,
    points: impl IntoIterator<Item = Point>,
) -> (Run, Result<(), RunError>) {
    let mut run = script.start();
    for point in points {
        if let Err(error) = run.push(point) {
            return (run, Err(error));
        }
        while run.pull().is_some() {}
    }
    let ended = run.end();
    (run, ended)
}

/// Returns `count` datapoints whose values are different numbers.
pub(crate) fn numbers(count: i32) -> impl Iterator<Item = Point> {
    (0..count).map(|i| Point::new(f64::from(i), f64::from(i)))
}

/// Returns a script of nested calls.
pub(crate) fn nested(call: &str, innermost: &str, levels: usize) -> String {
    format!("{}{innermost}{}", call.repeat(levels), ")".repeat(levels))
}

/// Returns texts of up to 64 KiB that are among the slowest to parse.
pub(crate) fn slow_to_parse() -> Vec<String> {
    let filled = |start: &str, more: &str, end: &str| {
        let count = (64 * 1024 - start.len() - end.len()) / more.len();
        format!("{start}{}{end}", more.repeat(count))
    };
    let keys = |value: &str| {
        let mut text = "{".to_owned();
        for key in 0.. {
            let entry = format!("'{key}':{value},");
            if text.len() + entry.len() > 64 * 1024 - 20 {
                return text + "'':1}";
            }
            text += &entry;
        }
        text
    };
    let long = "x".repeat(20_000);
    vec![
        filled("", "regex('a') or ", "true"),
        filled("", r"regex('\\w+@\\w+') or ", "true"),
        filled("", r"regex('(?i)\\w') or ", "true"),
        filled("", "regex('((a{99}){99}){99}') or ", "true"),
        filled("regex('", r"\\w", "')"),
        filled("regex('(?i)", r"\\w", "')"),
        filled("regex('(?i)[", r"\\W", "]')"),
        filled("regex('(?i)[", r"\\pL\\PN", "]')").replace("(?i)[\\", "[\\"),
        filled(r"regex('(?i)", "((((((((((a|b)*)*)*)*)*)*)*)*)*)*", "')"),
        r"regex('(?i)[\\w\\W\\pL\\PN]') or ".repeat(16) + "true",
        format!("regex('(?i)[{}]')", r"\\u{1}-\\u{10ffff}".repeat(180)),
        format!("regex('{}')", r"(?i)[\\u{1}-\\u{10ffff}]".repeat(180)),
        format!("regex('{}')", r"(?i)[a-z]{9}".repeat(300)),
        r"regex('(?i)[^a]') or ".repeat(3000) + "true",
        r"regex('(?i)\\u{e9}(?i:.)') or ".repeat(1500) + "true",
        format!("regex('{}')", "a".repeat(4000)),
        format!("regex('{}')", r"(?i)[\\w\\W\\pL\\PN]".repeat(180)),
        filled("", "cuont", ""),
        filled("", "cuont ", ""),
        filled("", "cuont|", "$"),
        filled("", "cuont(", ""),
        filled("", "apply(", ""),
        filled("", "while($,", ""),
        filled("$", "|$", ""),
        filled("if $", "|if $", ""),
        filled("", "if first|", "$"),
        filled("", "map($,$)|", "$"),
        filled("1", "+1", ""),
        filled("'a'", "+'a'", ""),
        filled(&format!("'{long}'"), "|$+$", ""),
        filled(&format!("'{long}'"), ":$", ""),
        filled(&format!("'{long}' + '' | ("), "($+'')|", "$)"),
        filled(&format!("('{long}'"), "=='a'", ")"),
        filled(&format!("('{long}':{{'a':$}}"), ":{'a':$,'b':$}", ")"),
        filled(&format!("'{long}' | "), "wc + ", "1"),
        keys("1"),
        keys("$"),
        keys("hour"),
        keys("hour('Europe/Berlin')"),
        keys("['ab':($+$):($+$):($+$):($+$):($+$):($+$):($+$):($+$):($+$)]"),
        filled("", "(", ""),
        filled("", "-", "1"),
        filled("", "not ", "1"),
        filled("", "9", ""),
        filled("'", "\\n", "'"),
        filled("'", "\u{e9}", ""),
        filled("", "'a' ", ""),
        filled("ifelse ", "$ ", ""),
        filled("", "=", ""),
        filled("", "\u{e9}", ""),
        filled("", "\n", "="),
        filled("$(", "1,", "1)"),
    ]
}
