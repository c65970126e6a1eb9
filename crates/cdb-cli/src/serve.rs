//! `cdb serve`

use std::error::Error;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use connectordb::server::{Durability, Server, StartError};
use serde_json::json;
use tokio::signal;
use tokio::sync::oneshot;

use crate::commands::{ask, secret};
use crate::limits::LimitFlags;
use crate::output::Output;

/// How long the process may take to end after Ctrl-C or SIGTERM.
const EXIT_TIMEOUT: Duration = Duration::from_millis(14_500);

/// Run a server on one data file, until Ctrl-C or SIGTERM.
///
/// A new data file needs an administrator: give its name with --admin and its password on standard
/// input, or set CDB_ADMIN and CDB_ADMIN_PASSWORD. Without either, the command asks for both if it
/// runs on a terminal. It prints the server's URL when the server is ready.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cdb serve\n  cdb serve --data /var/lib/cdb/my.db --admin me\n  \
                        cdb serve --durability 1s\n  \
                        cdb serve --listen 0.0.0.0:3124 --tls-cert chain.pem --tls-key key.pem"
)]
pub(crate) struct Serve {
    /// The data file, which holds everything the server stores; created if it does not exist.
    #[arg(long, value_name = "FILE", default_value = "connectordb.db")]
    data: PathBuf,

    /// The address and port to listen on; port 0 chooses a free port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3124")]
    listen: String,

    /// Listen with TLS only, with this certificate chain: a PEM file with the server's certificate
    /// first.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The private key of the certificate, a PEM file.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// All requests come through a proxy that terminates TLS: cookies are marked as Secure, and the
    /// address of a client is the last one in X-Forwarded-For. The proxy must set this header, pass
    /// on Host, and be the only one that can connect to the server.
    #[arg(long)]
    behind_tls_proxy: bool,

    /// The name of the administrator to create in a new data file; the password is read from the
    /// first line of standard input.
    #[arg(long, value_name = "NAME")]
    admin: Option<String>,

    /// When an insert is answered: `full`, when it is on disk, or a time from 100ms to 60s. With a time
    /// it is answered at once and written within that time, together with other inserts, which spares a
    /// memory card. A loss of power takes what was inserted in that time.
    #[arg(long, value_name = "full|TIME", default_value = "full")]
    durability: Durability,

    /// Answer `GET /metrics`, for Prometheus, at this address and port: what the server counts, without a
    /// login and without TLS. `/healthz` and `/readyz` are answered here and at --listen.
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<String>,

    #[command(flatten)]
    limits: LimitFlags,
}

impl Serve {
    pub(crate) async fn run(self, output: Output) -> Result<(), Box<dyn Error>> {
        let mut builder = Server::builder().data(self.data).listen(self.listen);
        builder = builder.limits(self.limits.limits()?).behind_tls_proxy(self.behind_tls_proxy);
        builder = builder.durability(self.durability);
        if let Some(address) = self.metrics {
            builder = builder.metrics(address);
        }
        if let Some((name, password)) = administrator(self.admin)? {
            builder = builder.admin(name, password);
        }
        if let (Some(certificates), Some(key)) = (self.tls_cert, self.tls_key) {
            builder = builder.tls(read(&certificates)?, read(&key)?);
        }
        // Before the URL is printed: a program that reads the URL may send SIGTERM at once.
        let terminated = terminated()?;
        let server = match builder.clone().start().await {
            Err(StartError::NoAdministrator) if io::stdin().is_terminal() => {
                eprintln!("The data file is new. Choose the administrator's name and password.");
                let (name, password) = (ask("Name: ")?, secret("Password: ")?);
                builder.admin(name, password).start().await?
            }
            started => started?,
        };
        let url = server.url();
        // Programs read the URL alone.
        let words = if io::stdout().is_terminal() { format!("open {url}") } else { url.clone() };
        if let Err(error) = output.say(&json!({"url": url}), &words) {
            tracing::warn!(error, "the URL cannot be printed");
        }
        let ended = tokio::select! {
            ended = server.wait() => ended,
            _ = terminated => Ok(()),
        };
        server.shutdown().await;
        Ok(ended?)
    }
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))
}

/// The name and password of the administrator, from the command line or the environment.
fn administrator(flag: Option<String>) -> Result<Option<(String, String)>, Box<dyn Error>> {
    if let Some(name) = flag {
        return Ok(Some((name, secret("Password of the administrator: ")?)));
    }
    match (std::env::var("CDB_ADMIN"), std::env::var("CDB_ADMIN_PASSWORD")) {
        (Ok(name), Ok(password)) => Ok(Some((name, password))),
        (Ok(_), Err(_)) => Err("CDB_ADMIN is set, but CDB_ADMIN_PASSWORD is not".into()),
        _ => Ok(None),
    }
}

/// Waits for Ctrl-C or SIGTERM, on a thread of its own: the process ends in [`EXIT_TIMEOUT`] even if
/// all threads that answer requests are busy. Whatever was answered is on disk then, apart from inserts
/// that `--durability` allows to wait.
pub(crate) fn terminated() -> io::Result<oneshot::Receiver<()>> {
    let (terminate, terminated) = oneshot::channel();
    let (ready, is_ready) = std::sync::mpsc::channel::<io::Result<()>>();
    std::thread::spawn(move || {
        let waiting = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let entered = runtime.enter();
            let signals = signals()?;
            drop(entered);
            Ok::<_, io::Error>((runtime, signals))
        };
        let (runtime, signals) = match waiting() {
            Ok(waiting) => waiting,
            Err(error) => return ready.send(Err(error)).unwrap_or_default(),
        };
        ready.send(Ok(())).unwrap_or_default();
        runtime.block_on(signals);
        // An error means that the server has stopped already.
        terminate.send(()).unwrap_or_default();
        std::thread::sleep(EXIT_TIMEOUT);
        std::process::exit(0);
    });
    is_ready.recv().map_err(io::Error::other)??;
    Ok(terminated)
}

/// Ready when Ctrl-C is pressed, or SIGTERM is received, with which service managers stop a process.
fn signals() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let (mut interrupt, mut terminate) = {
        use signal::unix::{SignalKind, signal};
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        signal::ctrl_c().await.unwrap_or_default();
    })
}
