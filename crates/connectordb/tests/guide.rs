//! Whether the list of transforms in the guide is what the transforms say of themselves.

use std::fmt::Write;
use std::path::Path;

use connectordb::pipescript::interpolators::NAMED;
use connectordb::pipescript::transforms::{self, Argument, Transform};

/// Where the list is.
const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/transforms.md");

fn list() -> String {
    let mut text = String::from("# Transforms\n\nWhat is in brackets may be left out.\n");
    for transform in transforms::all() {
        describe(&mut text, transform);
    }
    text.push_str("\n# Interpolators\n\n");
    text.push_str("They say what a dataset's column has at the time of a row: ");
    text.push_str("one of these, or a script, which is run over the datapoints since the row ");
    text.push_str("before.\n\n| interpolator | what the column has |\n|---|---|\n");
    for named in &NAMED {
        writeln!(text, "| `{}` | {} |", named.name, named.description).expect("a text grows");
    }
    text
}

fn describe(text: &mut String, transform: &Transform) {
    let Transform { name, description, arguments, example: [script, given, gives], .. } = transform;
    let shown: Vec<_> = (1..).zip(*arguments).map(shown).collect();
    let call = if shown.is_empty() { String::new() } else { format!("({})", shown.join(", ")) };
    write!(text, "\n## `{name}{call}`\n\n{description}.\n").expect("a text grows");
    if !arguments.is_empty() {
        text.push('\n');
    }
    for (number, Argument { description, default, .. }) in (1..).zip(*arguments) {
        let default = default.map(|text| format!("; `{text}` if left out")).unwrap_or_default();
        writeln!(text, "{number}. {description}{default}").expect("a text grows");
    }
    if !script.is_empty() {
        let script = script.replace('|', "\\|");
        write!(text, "\n| `{script}` | |\n|---|---|\n| of | `{given}` |\n| makes | `{gives}` |\n")
            .expect("a text grows");
    }
}

fn shown((number, argument): (u32, &Argument)) -> String {
    if argument.default.is_some() { format!("[{number}]") } else { number.to_string() }
}

#[test]
fn the_guide_has_what_the_transforms_say() {
    let list = list();
    if std::env::var_os("UPDATE_GUIDE").is_some() {
        std::fs::write(LIST, &list).expect("written");
    }
    let written = std::fs::read_to_string(Path::new(LIST)).unwrap_or_default();
    assert!(written == list, "{LIST} is old: run this test with UPDATE_GUIDE=1");
}
