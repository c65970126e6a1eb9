//! Runs the examples, and checks what they print.

use std::path::PathBuf;
use std::process::Command;

/// Runs an example, and returns what it prints. `cargo test` builds the examples before the tests.
fn run(example: &str, argument: Option<&str>) -> String {
    let test = std::env::current_exe().expect("the path of this program");
    let built = test.ancestors().nth(2).expect("the directory of the build");
    let program: PathBuf = built.join("examples").join(example);
    let output = Command::new(program).args(argument).output().expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

#[test]
fn the_logger_loses_nothing() {
    let printed = run("temperature_logger", None);
    assert!(printed.contains("80 datapoints were logged, and 80 are stored."), "{printed}");
}

#[test]
fn the_dashboard_shows_values_and_errors() {
    let printed = run("dashboard", None);
    assert!(printed.contains("GET /latest\n[[\"temperature\",{\"t\":"), "{printed}");
    assert!(printed.contains("\"d\":19},{\"t\":"), "{printed}");
    assert!(printed.contains("The requested stream was not found."), "{printed}");
}

#[test]
fn the_thermostat_accepts_what_it_can_reach() {
    let printed = run("thermostat", None);
    assert!(printed.contains("has the accepted values [21.0, 25.0, 23.5]"), "{printed}");
    assert!(printed.contains("has the requested values [21.0, 30.0, 23.5]"), "{printed}");
}

#[test]
fn the_files_of_two_days_have_the_same_columns() {
    let directory = tempfile::tempdir().expect("a directory");
    let printed = run("climate_analysis", directory.path().to_str());
    assert!(printed.ends_with("Both files have the same columns: true\n"), "{printed}");
    for day in ["2026-05-01.parquet", "2026-05-02.parquet"] {
        assert!(directory.path().join(day).exists(), "{day}");
    }
}

#[test]
fn moods_are_written_as_files() {
    let directory = tempfile::tempdir().expect("a directory");
    run("mood_and_temperature", directory.path().to_str());
    for file in ["moods.csv", "moods.parquet", "mood_and_temperature.svg"] {
        assert!(directory.path().join(file).exists(), "{file}");
    }
}

#[test]
fn the_script_without_async_reads_a_day() {
    let printed = run("without_async", None);
    assert!(printed.contains("It was warmer than 20 degrees for 12 hours."), "{printed}");
    assert!(printed.contains("computed on the server, is 20.3 degrees."), "{printed}");
}

#[test]
fn the_tutorial_runs_to_its_end() {
    assert!(run("tutorial", None).contains("# Downlinks"));
}
