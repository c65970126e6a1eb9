//! Checks that the list of transforms in the guide is up to date with the code.

use std::fmt::Write;
use std::path::Path;

use connectordb::pipescript::interpolators::NAMED;
use connectordb::pipescript::transforms::{self, Argument, Transform};

/// The file of the list.
const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/transforms.md");

fn list() -> String {
    let mut text = String::from("# Transforms\n\nArguments in brackets are optional.\n");
    for transform in transforms::all() {
        describe(&mut text, transform);
    }
    text.push_str("\n# Interpolators\n\n");
    text.push_str("An interpolator determines the value of a dataset's column in each row. ");
    text.push_str("It is one of these names, or a script that runs over the datapoints since the ");
    text.push_str("previous row.\n\n| interpolator | value |\n|---|---|\n");
    for named in &NAMED {
        writeln!(text, "| `{}` | {} |", named.name, named.description)
            .expect("writing to a string succeeds");
    }
    text
}

fn describe(text: &mut String, transform: &Transform) {
    let Transform { name, description, arguments, example, .. } = transform;
    let [script, input, output] = example;
    let names: Vec<_> = (1..).zip(*arguments).map(argument).collect();
    let call = if names.is_empty() { String::new() } else { format!("({})", names.join(", ")) };
    write!(text, "\n## `{name}{call}`\n\n{description}.\n").expect("writing to a string succeeds");
    if !arguments.is_empty() {
        text.push('\n');
    }
    for (number, Argument { description, default, .. }) in (1..).zip(*arguments) {
        let default = default.map(|text| format!("; by default `{text}`")).unwrap_or_default();
        writeln!(text, "{number}. {description}{default}").expect("writing to a string succeeds");
    }
    if !script.is_empty() {
        let script = script.replace('|', "\\|");
        write!(
            text,
            "\n| `{script}` | |\n|---|---|\n| input | `{input}` |\n| output | `{output}` |\n"
        )
        .expect("writing to a string succeeds");
    }
}

/// The number of an argument, in brackets if the argument is optional.
fn argument((number, argument): (u32, &Argument)) -> String {
    if argument.default.is_some() { format!("[{number}]") } else { number.to_string() }
}

#[test]
fn the_list_of_transforms_is_up_to_date() {
    let list = list();
    if std::env::var_os("UPDATE_GUIDE").is_some() {
        std::fs::write(LIST, &list).expect("written");
    }
    let written = std::fs::read_to_string(Path::new(LIST)).unwrap_or_default();
    assert!(written == list, "{LIST} is out of date: run this test with UPDATE_GUIDE=1");
}
