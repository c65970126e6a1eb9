//! `cdb backup`

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::Result;
use crate::connect::Server;
use crate::output::Output;

/// The server sends nothing while it makes the copy, which may take long if its disk is slow.
const TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// Write a copy of the data file of a running server, with everything that the server stores.
///
/// It is one consistent copy, on which a server can be started: it contains all users with their passwords
/// and keys. Only administrators may make it. The server goes on to answer requests meanwhile, and needs as
/// much free space on its disk as its data file has. FILE.part is written first, and renamed when it is
/// complete and on disk.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb backup my.db\n  cdb backup --force /backup/latest.db")]
pub(crate) struct Backup {
    /// The file to write. It must not exist, unless --force is given.
    file: PathBuf,

    /// Replace the file if it exists.
    #[arg(long)]
    force: bool,
}

impl Backup {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let name = self.file.display();
        self.check_target()?;
        let cdb = server.connect_with(|builder| builder.timeout(TIMEOUT)).await?;
        let mut part = self.file.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let unwritable = |error| format!("{}: {error}", part.display());
        let file = private().open(&part).map_err(unwritable)?;
        let mut copy = tokio::fs::File::from_std(file);
        let written = async {
            let bytes = cdb.backup(&mut copy).await?;
            copy.sync_all().await.map_err(unwritable)?;
            // It may have been created meanwhile.
            self.check_target()?;
            fs::rename(&part, &self.file).map_err(unwritable)?;
            sync_directory(&self.file)?;
            Ok(bytes)
        };
        let bytes: u64 = match written.await {
            Ok(bytes) => bytes,
            Err(error) => {
                // What is left of it is of no use, and the error is what is to be printed.
                let _ = fs::remove_file(&part);
                return Err(error);
            }
        };
        let sentence = format!("Wrote {name}: {bytes} bytes.");
        output.say(&json!({"file": self.file, "bytes": bytes}), &sentence)
    }

    fn check_target(&self) -> Result {
        if !self.force && fs::symlink_metadata(&self.file).is_ok() {
            let name = self.file.display();
            return Err(format!("{name} exists; give --force to replace it").into());
        }
        Ok(())
    }
}

/// Options with which a file can be read by its owner only, since it contains keys.
fn private() -> OpenOptions {
    let mut options = File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes sure that the new name of a file is on disk.
fn sync_directory(file: &Path) -> Result {
    #[cfg(unix)]
    {
        let directory = match file.parent() {
            Some(directory) if !directory.as_os_str().is_empty() => directory,
            _ => Path::new("."),
        };
        let synced = File::open(directory).and_then(|directory| directory.sync_all());
        synced.map_err(|error| format!("{}: {error}", directory.display()))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}
