//! Runs the targets over the inputs in `corpus`.

use std::fs;
use std::path::{Path, PathBuf};

use fuzz::TARGETS;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// Runs a target over its inputs. If one fails, it is the last one that is printed.
fn replay(name: &str) {
    let (_, run) = TARGETS.iter().find(|(target, _)| *target == name).expect("a target");
    let mut files: Vec<_> = fs::read_dir(corpus().join(name))
        .expect("the corpus of the target")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "the corpus of {name} is empty");
    for file in files {
        println!("{}", file.display());
        run(&fs::read(&file).expect("an input"));
    }
}

#[test]
fn archive() {
    replay("archive");
}

#[test]
fn batch() {
    replay("batch");
}

#[test]
fn block() {
    replay("block");
}

#[test]
fn command() {
    replay("command");
}

#[test]
fn datapoint() {
    replay("datapoint");
}

#[test]
fn query() {
    replay("query");
}

#[test]
fn script() {
    replay("script");
}

#[test]
fn each_corpus_belongs_to_a_target() {
    let mut corpora: Vec<_> = fs::read_dir(corpus())
        .expect("the corpora")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    corpora.sort();
    let targets: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(corpora, targets);
}
