//! `cargo xtask fuzz`: searches for inputs that break a fuzz target.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;

use crate::command::{Result, cargo_command, output, root, run};

/// The options of the compiler with which libFuzzer sees which branches an input takes, and what is
/// compared with what.
const INSTRUMENTATION: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// The targets for which the server is built, which takes minutes.
const OF_SERVER: [&str; 2] = ["batch", "block"];

/// The limits for one input: seconds, which include those in which the machine is busy otherwise, and
/// megabytes of the process.
const LIMITS: [&str; 2] = ["-timeout=30", "-rss_limit_mb=1024"];

/// How long an input that breaks a target is reduced.
const REDUCTION: &str = "-max_total_time=60";

/// The variable that names the target.
const TARGET: &str = "CDB_FUZZ_TARGET";

/// A file system in memory. Inputs that are written to files take a fraction of the time there.
const MEMORY: &str = "/dev/shm";

/// Search for inputs that break a reader of untrusted input.
///
/// Runs each target of the crate `fuzz` with libFuzzer, which derives inputs from those in
/// `fuzz/corpus`. An input that breaks a target is reduced, and kept below `target/fuzz/findings`.
/// Once the fault is corrected, move it to the corpus, which the tests replay. Inputs that reach
/// new code are kept below `target/fuzz/corpus` for the next run.
///
/// Needs a C++ compiler, and no nightly toolchain.
#[derive(Debug, Args)]
pub(crate) struct Fuzz {
    /// The time for each target, in minutes.
    #[arg(long, value_name = "N", default_value_t = 10)]
    minutes: u32,

    /// The target: a directory of `fuzz/corpus` [default: all, one after the other].
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
}

impl Fuzz {
    pub(crate) fn run(self) -> Result {
        let all = targets()?;
        let chosen = match &self.target {
            Some(name) if all.contains(name) => vec![name.clone()],
            Some(name) => {
                return Err(format!(
                    "there is no target {name:?}; the targets are {}",
                    all.join(", ")
                )
                .into());
            }
            None => all,
        };
        let needs_server = chosen.iter().any(|name| OF_SERVER.contains(&&**name));
        let program = build(if needs_server { &["--features", "server"] } else { &[] })?;
        let mut broken = Vec::new();
        for name in chosen {
            let target = Target { name: &name, program: &program };
            if let Some(input) = target.fuzz(self.minutes)? {
                broken.push(format!("{name}: {}", input.display()));
            }
        }
        if broken.is_empty() { Ok(()) } else { Err(broken.join("\n").into()) }
    }
}

/// The names of the targets.
fn targets() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join("fuzz/corpus"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Builds the program that runs the targets, and returns its path.
fn build(features: &[&str]) -> Result<PathBuf> {
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let version = Command::new(&compiler).arg("--version").stdout(Stdio::null()).status();
    if !version.is_ok_and(|status| status.success()) {
        let compiler = compiler.display();
        return Err(format!(
            "libFuzzer needs a C++ compiler, and {compiler} does not work; install one, or name it \
             in the environment variable CXX"
        )
        .into());
    }
    copy_versions()?;
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.ok_or("rustc does not say what it compiles for")?;
    // With `--target`, build scripts and macros are not instrumented.
    run(cargo_command(&["build", "--release", "--target", host, "--target-dir", "target/fuzz"])
        .args(["--manifest-path", "fuzz/libfuzzer/Cargo.toml"])
        .args(features)
        .env("RUSTFLAGS", INSTRUMENTATION.join(" ")))?;
    Ok(root().join("target/fuzz").join(host).join("release/fuzz-libfuzzer"))
}

/// Lets the program use the versions of dependencies that the workspace uses, of which it is not a
/// part. Cargo adds those that only the program has, which needs the registry.
fn copy_versions() -> Result {
    let (source, copy) = (root().join("Cargo.lock"), root().join("fuzz/libfuzzer/Cargo.lock"));
    let changed = |file: &Path| file.metadata().and_then(|metadata| metadata.modified());
    if changed(&copy).is_ok_and(|copied| changed(&source).is_ok_and(|source| source < copied)) {
        return Ok(());
    }
    fs::copy(source, copy)?;
    Ok(())
}

/// A target, and the program that runs it.
struct Target<'a> {
    name: &'a str,
    program: &'a Path,
}

impl Target<'_> {
    /// Runs the target. Returns the file with an input that breaks it, if one is found.
    fn fuzz(&self, minutes: u32) -> Result<Option<PathBuf>> {
        let directory = |kind: &str| root().join("target/fuzz").join(kind).join(self.name);
        let (found, findings, logs) =
            (directory("corpus"), directory("findings"), directory("log"));
        for directory in [&found, &findings, &logs] {
            fs::create_dir_all(directory)?;
        }
        let log = logs.join("run");
        let mut command = self.command(&log)?;
        command
            .arg(format!("-max_total_time={}", u64::from(minutes) * 60))
            .arg(format!("-artifact_prefix={}/", findings.display()))
            .arg("-print_final_stats=1")
            .args([&found, &root().join("fuzz/corpus").join(self.name)]);
        eprintln!("{}: {minutes} min, with the log {}", self.name, log.display());
        let passed = command.status()?.success();
        let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        let value = |key| text.lines().rev().find_map(|line| Some(line.split_once(key)?.1.trim()));
        let executed = value("stat::number_of_executed_units:").unwrap_or("an unknown number of");
        if passed {
            println!("{}: {executed} inputs, and none breaks it", self.name);
            return Ok(None);
        }
        let input = value("Test unit written to ").ok_or("libFuzzer failed; see the log")?;
        println!("{}: {executed} inputs, and the last one breaks it:", self.name);
        text.lines().skip_while(|line| !line.contains("panicked at")).take(4).for_each(|line| {
            println!("  {line}");
        });
        self.reduce(Path::new(input), &logs.join("reduction")).map(Some)
    }

    /// Reduces an input that breaks the target. Returns the file with the smallest one.
    fn reduce(&self, input: &Path, log: &Path) -> Result<PathBuf> {
        let reduced = input.with_extension("reduced");
        self.command(log)?
            .args(["-minimize_crash=1", REDUCTION])
            .arg(format!("-exact_artifact_path={}", reduced.display()))
            .arg(input)
            .status()?;
        // An input that takes too much time or memory cannot be reduced.
        Ok(if reduced.exists() { reduced } else { input.to_owned() })
    }

    /// A command that runs the program with this target, and writes its messages to a file.
    fn command(&self, log: &Path) -> Result<Command> {
        let log = File::create(log)?;
        let mut command = Command::new(self.program);
        command.args(LIMITS).env(TARGET, self.name).stdout(log.try_clone()?).stderr(log);
        command.current_dir(root());
        if Path::new(MEMORY).is_dir() {
            command.env("TMPDIR", MEMORY);
        }
        Ok(command)
    }
}
