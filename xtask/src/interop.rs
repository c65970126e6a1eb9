//! `cargo xtask interop`: tests the official Python client with our server and next to our client, and
//! our Parquet files with Python's libraries.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::command::{self, Result, cargo, cargo_command, root};

/// The Python packages. Callbacks of the official client do not work with later versions of
/// websocket-client. The names of types differ between versions of pandas, polars and pyarrow.
const REQUIREMENTS: [&str; 10] = [
    "connectordb==0.3.5",
    "websocket-client==0.48.0",
    "apsw",
    "jsonschema",
    "pandas==3.1.1",
    "polars==2.1.0",
    "pyarrow==26.0.1",
    "requests",
    "six",
    "pytest",
];

pub(crate) fn run() -> Result {
    let python = environment()?;
    // All packages with a test, so that dependencies have the features that they have for all tests,
    // and are not built again.
    cargo(&["build", "--bin", "cdb", "--test", "python"])?;
    let data = root().join("target/interop");
    if data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    std::fs::create_dir_all(&data)?;
    let server =
        ServerProcess::start(&root().join("target/debug/cdb"), &data.join("connectordb.db"))?;
    let pytest = || {
        let mut pytest = Command::new(&python);
        pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
        pytest.env("PYTHONDONTWRITEBYTECODE", "1").env("CDB_URL", &server.url);
        pytest
    };
    let with_server = "crates/cdb-server/tests/interop";
    command::run(pytest().args([with_server, "crates/connectordb/tests/python"]))?;
    // Once more, while streams are corrected and columns are written.
    command::run(pytest().arg(with_server).env("CDB_CORRECTIONS", "1"))?;
    command::run(
        cargo_command(&["test", "--test", "python", "--", "--ignored"]).env("CDB_PYTHON", python),
    )
}

/// Creates the virtual environment if it does not exist, and returns the path of its Python.
pub(crate) fn environment() -> Result<PathBuf> {
    let directory = root().join("target/python");
    let python = directory.join("bin/python");
    let ready = directory.join("ready");
    let wanted = REQUIREMENTS.join("\n");
    if std::fs::read_to_string(&ready).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    command::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory))?;
    command::run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(REQUIREMENTS),
    )?;
    std::fs::write(ready, wanted)?;
    Ok(python)
}

/// `cdb serve` with an administrator `test`, password `test`, on a free port; killed when dropped.
struct ServerProcess {
    url: String,
    process: Child,
}

impl ServerProcess {
    fn start(cdb: &Path, data: &Path) -> Result<Self> {
        let mut process = Command::new(cdb)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("CDB_ADMIN", "test")
            .env("CDB_ADMIN_PASSWORD", "test")
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().ok_or("the server has no output")?;
        let mut url = String::new();
        BufReader::new(output).read_line(&mut url)?;
        let url = url.trim().to_owned();
        let server = Self { url, process };
        if server.url.is_empty() { Err("the server did not start".into()) } else { Ok(server) }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait()) {
            eprintln!("xtask: the server could not be stopped: {error}");
        }
    }
}
