//! Profiles: the servers and keys that `cdb login` saves.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Result;

/// A server, and the key of a device on it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Profile {
    pub(crate) url: String,
    pub(crate) apikey: String,
    /// A certificate in PEM that is trusted for this server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ca: Option<String>,
}

/// All saved profiles, by name, and the file that holds them.
pub(crate) struct Profiles {
    file: PathBuf,
    profiles: BTreeMap<String, Profile>,
}

impl Profiles {
    pub(crate) fn read() -> Result<Self> {
        let directory = match std::env::var_os("CDB_CONFIG") {
            Some(directory) => directory.into(),
            None => dirs::config_dir()
                .ok_or("no directory for settings was found: set CDB_CONFIG to one")?
                .join("cdb"),
        };
        let file: PathBuf = directory.join("profiles.json");
        let profiles = match fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| format!("{} cannot be read: {error}", file.display()))?,
            Err(error) if error.kind() == ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(format!("{}: {error}", file.display()).into()),
        };
        Ok(Self { file, profiles })
    }

    pub(crate) fn get(&self, name: &str) -> Option<Profile> {
        self.profiles.get(name).cloned()
    }

    pub(crate) fn set(&mut self, name: &str, profile: Profile) {
        self.profiles.insert(name.to_owned(), profile);
    }

    /// Writes the file, readable by its owner only on Unix. A crash leaves the old file or the new
    /// one, never a part.
    pub(crate) fn write(&self) -> Result {
        let directory = self.file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        let new_file = self.file.with_extension("new");
        match fs::remove_file(&new_file) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let mut options = fs::OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.create_new(true).write(true).open(&new_file)?;
        file.write_all(&serde_json::to_vec_pretty(&self.profiles)?)?;
        file.sync_all()?;
        Ok(fs::rename(new_file, &self.file)?)
    }
}
