//! Runs the gateway, and checks that it prints what its README says.

use std::fs::File;
use std::process::{Command, Output};

#[test]
fn it_prints_what_the_readme_says() {
    let lines = File::open("lines.txt").expect("the lines of the sensors");
    let gateway = Command::new(env!("CARGO_BIN_EXE_ingest_gateway")).stdin(lines).output();
    let Output { status, stdout, stderr } = gateway.expect("it runs");
    assert!(status.success());
    let readme = include_str!("../README.md");
    let mut blocks = readme.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next());
    assert_eq!(Some(String::from_utf8_lossy(&stdout).as_ref()), blocks.next());
    assert_eq!(Some(String::from_utf8_lossy(&stderr).as_ref()), blocks.next());
}
