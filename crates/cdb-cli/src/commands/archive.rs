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

/// Export users with their devices, streams and datapoints to a directory of JSON files.
///
/// Without --data, users are exported through the server. The archive then has the format of the
/// Python client: it contains the keys of devices, but no passwords. With --data, users are read
/// from a data file whose server is not running. The archive then also contains the hashes of
/// passwords, so that users keep their passwords when it is imported into another data file.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb export backup\n  cdb export backup me you\n  \
                        cdb export --data connectordb.db backup")]
pub(crate) struct Export {
    /// The directory to create. Without --data, users can also be added to an archive that was
    /// exported without --data.
    directory: PathBuf,

    /// The users to export [default: the user that is logged in; with --data, all users].
    users: Vec<String>,

    /// Export from this data file, whose server must not be running.
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
            return report(output, "Exported", &file.display().to_string(), done?, "");
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
            report(output, "Exported", &name, done?, "")?;
        }
        Ok(())
    }
}

/// Import all users of an archive, with their devices, streams and datapoints.
///
/// Without --data, users are created through the server and have no passwords: nobody can log in
/// with one until you set it with `cdb passwd`, unless you give --passwords-are-names. With --data,
/// users are written into a data file whose server is not running. They keep their passwords if the
/// archive contains them (see `cdb export --data`), and datapoints keep their origins. The archive
/// is read completely before anything is changed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb import backup\n  cdb import backup --resume\n  \
                        cdb import --data connectordb.db backup")]
pub(crate) struct Import {
    /// The directory of the archive, written by this client, the Python client or the original
    /// server.
    directory: PathBuf,

    /// Continue an import that was interrupted.
    #[arg(long, conflicts_with = "data")]
    resume: bool,

    /// Give devices new keys, for a copy that exists beside the original.
    #[arg(long)]
    new_keys: bool,

    /// Give users whose passwords are not imported their names as passwords. Anyone can then log in
    /// as these users.
    #[arg(long)]
    passwords_are_names: bool,

    /// Import into this data file, whose server must not be running; created if it does not exist.
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
        report(output, "Imported", &archive, done?, self.passwords(false))
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
        report(output, "Imported", &archive, done?, self.passwords(has_passwords))?;
        if !data.has_administrator().await? {
            eprintln!("No user of {} is an administrator.", file.display());
        }
        Ok(())
    }

    /// A sentence about the users' passwords, if they are not those that users had before.
    fn passwords(&self, are_imported: bool) -> &'static str {
        match (are_imported, self.passwords_are_names) {
            (true, _) => "",
            (false, true) => " The password of each user is its name.",
            (false, false) => " Passwords were not imported: set them with `cdb passwd`.",
        }
    }
}

/// Prints what was exported or imported, and how much, followed by a note.
fn report(output: Output, done: &str, what: &str, total: Progress, note: &str) -> Result {
    let Progress { objects, datapoints, .. } = total;
    let json = json!({"what": what, "objects": objects, "datapoints": datapoints});
    let sentence = format!("{done} {what}: {objects} objects with {datapoints} datapoints.{note}");
    output.say(&json, &sentence)
}

/// A progress bar on standard error, drawn only if that is a terminal.
struct Bar(ProgressBar);

impl Bar {
    fn new(output: Output) -> Self {
        // indicatif draws nothing if standard error is not a terminal.
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
        // indicatif draws the first change at once and limits the rate of the others.
        self.0.set_message(format!("{} of {} objects", now.objects, now.total_objects));
        // An object counts as 100 datapoints: one without data takes time as well.
        self.0.set_length(now.total_datapoints + 100 * now.total_objects);
        self.0.set_position(now.datapoints + 100 * now.objects);
    }

    fn end(&self) {
        self.0.finish_and_clear();
    }
}
