//! The commands of a README, and the output that it shows for them.

use std::sync::LazyLock;

use regex::Regex;

/// The kind of a block of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Commands, one per line.
    Commands,
    /// Commands after `$`, and their output.
    Session,
}

/// A block of code.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: Kind,
    pub(super) steps: Vec<Step>,
}

/// A command and its output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) command: String,
    pub(super) output: Vec<String>,
}

/// The blocks of commands in a README.
pub(super) fn blocks(readme: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        let kind = match line {
            "```sh" => Kind::Commands,
            "```console" => Kind::Session,
            _ => continue,
        };
        let code = lines.by_ref().take_while(|line| *line != "```");
        blocks.push(Block { kind, steps: steps(kind, code) });
    }
    blocks
}

fn steps<'a>(kind: Kind, code: impl Iterator<Item = &'a str>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in code {
        let command = match kind {
            Kind::Commands => Some(line),
            Kind::Session => line.strip_prefix("$ "),
        };
        match (command, steps.last_mut()) {
            (Some(command), _) => {
                let command = command.split("  #").next().unwrap_or(command).trim_end();
                steps.push(Step { command: command.to_owned(), output: Vec::new() });
            }
            (None, Some(step)) => step.output.push(line.to_owned()),
            (None, None) => {}
        }
    }
    steps
}

/// The output of a command without the parts that change with each run: times, and the references
/// of errors.
pub(super) fn steady(output: &[String]) -> Vec<String> {
    static CHANGING: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let time = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}";
        let reference = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
        Regex::new(&format!("{time}|{reference}")).ok()
    });
    let steady = |line: &String| match &*CHANGING {
        Some(changing) => changing.replace_all(line, "…").trim_end().to_owned(),
        None => line.clone(),
    };
    output.iter().map(steady).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_sessions_are_found() {
        let readme = "Text\n```sh\nmake   # all\n```\n```rust\nfn main() {}\n```\n\
                      ```console\n$ cdb get a\n1  2\n3  4\n$ cdb ls\n```\n";
        let blocks = blocks(readme);
        let steps: Vec<_> = blocks.iter().map(|block| (block.kind, block.steps.len())).collect();
        assert_eq!(steps, [(Kind::Commands, 1), (Kind::Session, 2)]);
        assert_eq!(blocks[0].steps[0].command, "make");
        assert_eq!(blocks[1].steps[0].output, ["1  2", "3  4"]);
    }

    #[test]
    fn times_and_references_are_not_compared() {
        let [one, other] = [
            "2026-11-25 19:39:49.787  21.5 (2a386627-3c20-4742-8a22-891bf43f4485)",
            "2027-01-02 03:04:05.678  21.5 (7e386627-3c20-4742-8a22-891bf43f4485)",
        ];
        assert_eq!(steady(&[one.to_owned()]), steady(&[other.to_owned()]));
        assert_ne!(steady(&[one.to_owned()]), steady(&[one.replace("21.5", "21.6")]));
    }
}
