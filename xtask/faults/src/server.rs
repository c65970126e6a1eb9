//! A server in a process of its own, which can be killed.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;

use cdb_server::Server;

use crate::TestProcess;

/// What tells a process to serve, and which data file.
const DATA: &str = "CDB_TEST_DATA";

/// What comes before its address in what it prints.
const ADDRESS: &str = "ADDRESS=";

/// A server in a process of its own, with an administrator `test`, password `test`; killed when
/// dropped.
#[derive(Debug)]
pub struct ServerProcess {
    /// Where it is.
    pub address: SocketAddr,
    _process: TestProcess,
}

impl ServerProcess {
    /// Starts the server, by a test of this program that calls [`serve_until_killed`].
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(test: &str, data: &Path) -> Self {
        Self::start_with(test, data, &[])
    }

    /// The same, with further variables in its environment.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_with(test: &str, data: &Path, variables: &[(&str, &OsStr)]) -> Self {
        let variables = [&[(DATA, data.as_os_str())], variables].concat();
        let mut process = TestProcess::start(test, &variables);
        let address = process.lines().find_map(|line| {
            let (_, address) = line.split_once(ADDRESS)?;
            address.parse().ok()
        });
        Self { address: address.expect("an address"), _process: process }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// What a test does that is started to serve.
///
/// # Panics
/// When the server does not start.
pub fn serve_until_killed() {
    let data = std::env::var_os(DATA).expect("a data file");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let server = Server::builder().data(data).listen("127.0.0.1:0").admin("test", "test");
        let server = server.start().await.expect("it starts");
        println!("\n{ADDRESS}{}", server.address());
        std::future::pending::<()>().await;
    });
}
