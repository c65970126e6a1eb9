//! `cdb export` and `cdb import`

use std::path::{Path, PathBuf};

use clap::Args;
use connectordb::Progress;
use connectordb::archive::{Version, read_version};
use connectordb::server::DataFile;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use crate::Result;
use crate::connect::Server;
use crate::output::Output;

/// Writes users with all that is theirs into a directory, as plain JSON.
///
/// Over the API the archive holds the keys of devices, but no passwords: it is that of the Python
/// client. Straight from a data file whose server is not running (`--data`) it holds the hashes of
/// passwords as well, so that everyone can log in as before where it is imported.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb export backup\n  cdb export backup me you\n  \
                        cdb export --data connectordb.db backup")]
pub(crate) struct Export {
    /// The directory; a new one, or, over the API, one with an archive of other users.
    directory: PathBuf,

    /// Which users; yourself unless given, or all of a data file.
    users: Vec<String>,

    /// Exports a data file whose server is not running.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
}

impl Export {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        if let Some(file) = self.data {
            let bar = Bar::new(output);
            let export = DataFile::at(&file).export(&self.directory);
            let export = self.users.into_iter().fold(export, |export, user| export.user(user));
            let done = export.on_progress(|now| bar.show(now)).await;
            bar.end();
            return said(output, &file.display().to_string(), "is written", done?);
        }
        let cdb = server.connect().await?;
        let users = match self.users.is_empty() {
            true => vec![cdb.user().name().to_owned()],
            false => self.users,
        };
        for name in users {
            let bar = Bar::new(output);
            let user = cdb.user_at(&name)?;
            let done = user.export(&self.directory).on_progress(|now| bar.show(now)).await;
            bar.end();
            said(output, &name, "is written", done?)?;
        }
        Ok(())
    }
}

/// Brings all users of an archive to the server.
///
/// Archives that were written over the API have no passwords: their users cannot log in with one until
/// you set it with `cdb passwd`, unless --passwords-are-names is given. Into a data file whose server
/// is not running (--data), users keep the passwords of an archive that has them, and data keep who
/// wrote them; the file is created if it does not exist. All of the archive is read before anything
/// is changed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb import backup\n  cdb import backup --resume\n  \
                        cdb import --data connectordb.db backup")]
pub(crate) struct Import {
    /// The archive: of this client, of the Python client or of the original server.
    directory: PathBuf,

    /// Goes on with an import that was interrupted.
    #[arg(long, conflicts_with = "data")]
    resume: bool,

    /// Gives devices new keys, as for a copy.
    #[arg(long)]
    new_keys: bool,

    /// Give users that the archive has no passwords for their names as passwords. Anyone can log in
    /// as them then.
    #[arg(long)]
    passwords_are_names: bool,

    /// Import into a data file whose server is not running.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
}

impl Import {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let archive = self.directory.display().to_string();
        if let Some(file) = &self.data {
            return self.import_to_file(file, output).await;
        }
        let cdb = server.connect().await?;
        let bar = Bar::new(output);
        let import = cdb.import_users(&self.directory).resume(self.resume).new_keys(self.new_keys);
        let import = import.passwords_are_names(self.passwords_are_names);
        let done = import.on_progress(|now| bar.show(now)).await;
        bar.end();
        said(output, &archive, self.imported(false), done?)
    }

    async fn import_to_file(&self, file: &Path, output: Output) -> Result {
        let bar = Bar::new(output);
        let data = DataFile::at(file);
        let import = data.import(&self.directory).new_keys(self.new_keys);
        let import = import.passwords_are_names(self.passwords_are_names);
        let done = import.on_progress(|now| bar.show(now)).await;
        bar.end();
        let has_passwords = read_version(&self.directory)? == Some(Version::Two);
        let archive = self.directory.display().to_string();
        said(output, &archive, self.imported(has_passwords), done?)?;
        if !data.has_administrator().await? {
            eprintln!("No user of {} is an administrator.", file.display());
        }
        Ok(())
    }

    /// What has been done, and what is left to do.
    fn imported(&self, has_passwords: bool) -> &'static str {
        match (has_passwords, self.passwords_are_names) {
            (true, _) => "is imported",
            (false, true) => "is imported, passwords are names",
            (false, false) => "is imported, passwords are to be set with `cdb passwd`",
        }
    }
}

fn said(output: Output, what: &str, done: &str, total: Progress) -> Result {
    let Progress { objects, datapoints, .. } = total;
    let json = json!({"what": what, "objects": objects, "datapoints": datapoints});
    let sentence = format!("{what} {done}: {objects} objects with {datapoints} datapoints.");
    output.say(&json, &sentence)
}

/// Shows how far it is, if somebody looks.
struct Bar(ProgressBar);

impl Bar {
    fn new(output: Output) -> Self {
        // Not drawn where there is no terminal.
        let target = match output.json {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {eta} left");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self(bar)
    }

    fn show(&self, now: Progress) {
        // The first of these is drawn at once, the others when they are not too many.
        self.0.set_message(format!("{} of {} objects", now.objects, now.total_objects));
        // Objects without data take their time as well.
        self.0.set_length(now.total_datapoints + 100 * now.total_objects);
        self.0.set_position(now.datapoints + 100 * now.objects);
    }

    fn end(&self) {
        self.0.finish_and_clear();
    }
}
