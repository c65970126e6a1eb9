//! Writes and syncs that fail when a test wants them to, and are recorded.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::Recording;

/// The source of the library that is preloaded into the other process.
const SOURCE: &str = include_str!("disk.c");

/// The positions of the numbers in the control file; see `disk.c`.
#[derive(Debug, Clone, Copy)]
enum Field {
    First,
    Count,
    PerMille,
    Seed,
    Error,
    Calls,
    Failed,
}

const FIELDS: usize = 7;

/// The error of a call that fails, with its number on Linux.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskError {
    /// An I/O error (`EIO`).
    Io = 5,
    /// The disk is full (`ENOSPC`).
    NoSpace = 28,
}

/// Makes writes and syncs of another process fail, for files whose paths have a certain prefix, and
/// records them. At first no call fails, and nothing is recorded.
#[derive(Debug)]
pub struct FaultyDisk {
    directory: TempDir,
    files: PathBuf,
    control: File,
}

impl FaultyDisk {
    /// Prepares the failures for files whose paths begin with `files`.
    ///
    /// # Panics
    /// Panics if there is no C compiler.
    #[must_use]
    pub fn new(files: &Path) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut compiler = Command::new("cc")
            .args(["-x", "c", "-O1", "-shared", "-fPIC", "-o"])
            .arg(directory.path().join("disk.so"))
            .args(["-", "-ldl"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("a C compiler");
        let mut source = compiler.stdin.take().expect("its input");
        source.write_all(SOURCE.as_bytes()).expect("the source is read");
        drop(source);
        assert!(compiler.wait().expect("it ends").success());
        let control = directory.path().join("control");
        std::fs::write(&control, [0; FIELDS * 8]).expect("a file");
        let control = File::options().read(true).write(true).open(control).expect("the file");
        // The other process compares with canonical paths.
        let parent = files.parent().and_then(|parent| parent.canonicalize().ok());
        let files = parent.expect("a directory").join(files.file_name().expect("a name"));
        Self { directory, files, control }
    }

    /// The environment variables of the process whose calls fail.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, PathBuf); 4] {
        let in_directory = |name: &str| self.directory.path().join(name);
        [
            ("LD_PRELOAD", in_directory("disk.so")),
            ("CDB_DISK_CONTROL", in_directory("control")),
            ("CDB_DISK_FILES", self.files.clone()),
            ("CDB_DISK_RECORDING", self.recording_file()),
        ]
    }

    /// Records what processes that are started from now on do to the files. The files must not
    /// exist yet.
    ///
    /// # Panics
    /// Panics if the recording cannot be created.
    pub fn record(&self) {
        File::create_new(self.recording_file()).expect("a file for the recording");
    }

    /// How much has been recorded so far, in bytes: a position in the
    /// [`recording`](Self::recording). All that the process has done up to this moment lies before
    /// it.
    ///
    /// # Panics
    /// Panics if nothing is recorded.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.recording_file().metadata().expect("a recording").len()
    }

    /// What has been recorded so far.
    ///
    /// # Panics
    /// Panics if nothing is recorded.
    #[must_use]
    pub fn recording(&self) -> Recording {
        Recording::new(std::fs::read(self.recording_file()).expect("a recording"))
    }

    fn recording_file(&self) -> PathBuf {
        self.directory.path().join("recording")
    }

    /// Makes `per_mille` of a thousand calls fail from now on, chosen by a seed.
    pub fn fail_randomly(&self, per_mille: u64, seed: u64, error: DiskError) {
        self.work();
        self.set(Field::Seed, seed);
        self.set(Field::Error, error as u64);
        self.set(Field::PerMille, per_mille);
    }

    /// Makes `count` calls fail, starting with number `first`. The next call is number 0.
    pub fn fail_calls(&self, first: u64, count: u64, error: DiskError) {
        self.work();
        self.set(Field::Error, error as u64);
        self.set(Field::First, first);
        self.set(Field::Count, count);
    }

    /// Lets all calls succeed from now on, and resets the counts of calls.
    pub fn work(&self) {
        for field in [Field::PerMille, Field::Count, Field::Calls, Field::Failed] {
            self.set(field, 0);
        }
    }

    /// The number of calls so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.get(Field::Calls)
    }

    /// The number of calls that have failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.get(Field::Failed)
    }

    fn set(&self, field: Field, value: u64) {
        let place = field as u64 * 8;
        self.control.write_all_at(&value.to_ne_bytes(), place).expect("written");
    }

    fn get(&self, field: Field) -> u64 {
        let mut value = [0; 8];
        self.control.read_exact_at(&mut value, field as u64 * 8).expect("read");
        u64::from_ne_bytes(value)
    }
}

/// Runs an ignored test of this program in another process, with a small disk at a path: a tmpfs
/// with this number of bytes, in a mount namespace that ends with the process.
///
/// Without mount namespaces the test is skipped, unless the environment variable `CI` is set.
///
/// # Panics
/// Panics if the test fails, or if `CI` is set and there are no mount namespaces.
pub fn on_small_disk(test: &str, path: &Path, bytes: u64) {
    let namespace = ["--map-root-user", "--mount"];
    let allowed = Command::new("unshare").args(namespace).arg("true").status();
    if !allowed.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("CI").is_none(), "this system has no mount namespaces");
        eprintln!("skipped: this system has no mount namespaces");
        return;
    }
    let mount = r#"mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@""#;
    let output = Command::new("unshare")
        .args(namespace)
        .args(["sh", "-c", mount, "sh"])
        .arg(bytes.to_string())
        .arg(path)
        .arg(std::env::current_exe().expect("a program"))
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(SMALL_DISK, path)
        .output()
        .expect("unshare");
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}\n{errors}");
}

/// The environment variable with the path of the small disk.
const SMALL_DISK: &str = "CDB_TEST_SMALL_DISK";

/// The path of the small disk, in a test that [`on_small_disk`] has started.
///
/// # Panics
/// Panics in other tests.
#[must_use]
pub fn small_disk() -> PathBuf {
    std::env::var_os(SMALL_DISK).expect("a small disk").into()
}

/// Fills a disk with a file, and returns the path of the file.
///
/// # Panics
/// Panics if the file cannot be created.
#[must_use]
pub fn fill(disk: &Path) -> PathBuf {
    let path = disk.join("ballast");
    let mut file = File::create(&path).expect("a file");
    for size in [64 * 1024, 4096, 512] {
        while file.write_all(&vec![1; size]).is_ok() {}
    }
    path
}

/// Environment variables in the form that [`TestProcess::start`](crate::TestProcess::start) takes.
#[must_use]
pub fn variables<'a>(paths: &'a [(&'static str, PathBuf)]) -> Vec<(&'static str, &'a OsStr)> {
    paths.iter().map(|(name, path)| (*name, path.as_os_str())).collect()
}
