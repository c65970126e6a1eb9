//! A server that runs until it is killed, with the users and devices of the tests.

use std::net::SocketAddr;

use cdb_server::{Limits, Server};
use faults::TestProcess;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

use super::Caller;
use super::effects::idle_after;
use super::process::Process;

/// The test that is the server's process.
const SERVER: &str = "support::server::serves_until_it_is_killed";

/// The environment variables that configure the server's process.
const DATA: &str = "CDB_TEST_DATA";
const OPEN_FILES: &str = "CDB_TEST_OPEN_FILES";
const CONNECTIONS: &str = "CDB_TEST_CONNECTIONS";

/// The text before the address in the output of the process.
const ADDRESS: &str = "ADDRESS=";

/// The number of worker threads, as on a machine with two cores.
const THREADS: usize = 2;

/// Held while a test has a server: tests that measure run one after the other.
static TURN: Mutex<()> = Mutex::const_new(());

/// A server in a process of its own, and who talks to it. Dropping it kills the process.
pub(crate) struct ServerProcess {
    pub(crate) address: SocketAddr,
    pub(crate) process: Process,
    /// The administrator `test`.
    pub(crate) admin: Caller,
    /// The key of the device `test/meter`, which inserts into its stream `temperature`.
    pub(crate) meter: String,
    /// The device `mallory/rogue` without a role, which may do as it likes with its own streams.
    pub(crate) rogue: Caller,
    /// An attacker without credentials.
    pub(crate) nobody: Caller,
    _child: TestProcess,
    _directory: TempDir,
    _turn: MutexGuard<'static, ()>,
}

/// The configuration of a server for tests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Configuration {
    /// The number of files that the process may have open.
    pub(crate) open_files: usize,
    /// The number of connections that it takes, websockets or not.
    pub(crate) connections: usize,
}

impl Default for Configuration {
    fn default() -> Self {
        // What most systems allow a process.
        Self { open_files: 1024, connections: Limits::default().connections }
    }
}

impl ServerProcess {
    /// Starts a server when no other test has one.
    pub(crate) async fn start() -> Self {
        Self::start_with(Configuration::default()).await
    }

    pub(crate) async fn start_with(configuration: Configuration) -> Self {
        let turn = TURN.lock().await;
        let directory = tempfile::tempdir().expect("a directory");
        let data = directory.path().join("data.db");
        let Configuration { open_files, connections } = configuration;
        let (open_files, connections) = (open_files.to_string(), connections.to_string());
        let variables = [
            (DATA, data.as_os_str()),
            (OPEN_FILES, open_files.as_ref()),
            (CONNECTIONS, connections.as_ref()),
        ];
        let mut child = TestProcess::start(SERVER, &variables);
        let address = child.lines().find_map(|line| {
            let (_, address) = line.split_once(ADDRESS)?;
            address.parse().ok()
        });
        let address = address.expect("an address");
        let process = Process(child.id());
        let anyone = Caller::honest(address);
        let login = anyone.with_password("test", "test").get("crud/test/user").await;
        let admin = anyone.with_key(login.json()["apikey"].as_str().expect("a key"));
        let meter = admin.create_device("test/meter", json!({"temperature": {}})).await;
        let mallory = json!({"email": "mallory@example.com", "password": "mallory"});
        admin.create("mallory", mallory).await;
        let rogue = admin.create_device("mallory/rogue", json!({})).await;
        Self {
            address,
            process,
            admin,
            meter,
            rogue: Caller::attacking(address).with_key(&rogue),
            nobody: Caller::attacking(address),
            _child: child,
            _directory: directory,
            _turn: turn,
        }
    }

    /// Waits until the server has done what follows on earlier requests.
    pub(crate) async fn settle(&self) {
        self.admin.with_key(&self.meter).insert("test/meter/temperature", r#"[{"d":21}]"#).await;
        assert!(idle_after(self.process).await.is_some(), "the server does not come to rest");
    }

    /// The URL of the data of the stream `test/meter/temperature`.
    pub(crate) fn meter_url(&self) -> String {
        format!("http://{}/api/v1/crud/test/meter/temperature/data", self.address)
    }
}

/// Lets the process have so many files open, if the system allows that.
pub(crate) fn allow_open_files(count: usize) {
    let count = count as u64;
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = Some(maximum.map_or(count, |maximum| count.min(maximum)));
    setrlimit(Resource::Nofile, Rlimit { current, maximum }).expect("a limit within the maximum");
}

#[test]
#[ignore = "it is no test, but the program of another process"]
fn serves_until_it_is_killed() {
    let variable = |name| std::env::var(name).expect("a configuration");
    let number = |name| variable(name).parse::<usize>().expect("a number");
    allow_open_files(number(OPEN_FILES));
    let limits = Limits::default().connections(number(CONNECTIONS));
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(THREADS).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let server = Server::builder()
            .data(variable(DATA))
            .listen("127.0.0.1:0")
            .admin("test", "test")
            .limits(limits)
            .start()
            .await
            .expect("it starts");
        println!("\n{ADDRESS}{}", server.address());
        std::future::pending::<()>().await;
    });
}
