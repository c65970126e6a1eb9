//! The server that is measured, in a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use connectordb::{ConnectorDb, Stream, StreamCreate};

use crate::Result;

pub(crate) struct Server {
    pub(crate) url: String,
    process: Child,
    _directory: tempfile::TempDir,
}

impl Server {
    pub(crate) fn start() -> Result<Self> {
        // Not where temporary files may be in memory: durability is to cost what it costs.
        let directory = tempfile::tempdir_in("target")?;
        let mut process = Command::new(std::env::var("CDB")?)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(directory.path().join("data.db"))
            .envs([("CDB_ADMIN", "test"), ("CDB_ADMIN_PASSWORD", "test"), ("RUST_LOG", "warn")])
            .stdout(Stdio::piped())
            .spawn()?;
        let url = first_line(&mut process)?;
        Ok(Self { url, process, _directory: directory })
    }

    pub(crate) async fn connect(&self) -> Result<ConnectorDb> {
        Ok(ConnectorDb::builder().url(&self.url).password("test", "test").connect().await?)
    }

    /// A new stream.
    pub(crate) async fn stream(&self, name: &str) -> Result<Stream> {
        let stream = self.connect().await?.stream(name)?;
        stream.create(StreamCreate::new()).await?;
        Ok(stream)
    }

    /// The key of the administrator's device.
    pub(crate) async fn key(&self) -> Result<String> {
        let key = self.connect().await?.apikey().await?.ok_or("no key")?;
        Ok(key.expose().to_owned())
    }

    /// How much memory it has, in MiB.
    pub(crate) fn memory(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
        let kib: f64 = line.split_whitespace().nth(1).ok_or("no number")?.parse()?;
        Ok(kib / 1024.0)
    }
}

/// The first line that a process prints.
pub(crate) fn first_line(process: &mut Child) -> Result<String> {
    let mut line = String::new();
    BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait()) {
            eprintln!("the server could not be stopped: {error}");
        }
    }
}
