//! `cdb export` and `cdb import`

use std::path::PathBuf;

use clap::Args;
use connectordb::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use crate::Result;
use crate::connect::Server;
use crate::output::Output;

/// Writes users with all that is theirs into a directory, as plain JSON.
///
/// The archive holds the keys of devices, but no passwords. It is that of the Python client.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb export backup\n  cdb export backup me you")]
pub(crate) struct Export {
    /// The directory; a new one, or one with an archive of other users.
    directory: PathBuf,

    /// Which users; yourself unless given.
    users: Vec<String>,
}

impl Export {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
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
/// Each user's password becomes its name: change it with `cdb passwd`. All of the archive is looked
/// at before anything is changed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb import backup\n  cdb import backup --resume")]
pub(crate) struct Import {
    /// The archive: of this client, of the Python client or of the original server.
    directory: PathBuf,

    /// Goes on with an import that was interrupted.
    #[arg(long)]
    resume: bool,

    /// Gives devices new keys, as for a copy.
    #[arg(long)]
    new_keys: bool,
}

impl Import {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let cdb = server.connect().await?;
        let bar = Bar::new(output);
        let import = cdb.import_users(&self.directory).resume(self.resume).new_keys(self.new_keys);
        let done = import.on_progress(|now| bar.show(now)).await;
        bar.end();
        let archive = self.directory.display().to_string();
        said(output, &archive, "is imported, passwords are names", done?)
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
        // Objects without data take their time as well.
        self.0.set_length(now.of_datapoints + 100 * now.of_objects);
        self.0.set_position(now.datapoints + 100 * now.objects);
        self.0.set_message(format!("{} of {} objects", now.objects, now.of_objects));
    }

    fn end(&self) {
        self.0.finish_and_clear();
    }
}
