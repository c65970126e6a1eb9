//! A server in a process that can be killed.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;

use cdb_server::Server;

use crate::TestProcess;

/// The environment variable with the path of the data file.
const DATA: &str = "CDB_TEST_DATA";

/// The text before the address in the output of the process.
const ADDRESS: &str = "ADDRESS=";

/// A server in its own process. Its administrator is `test` with the password `test`. Dropping it
/// kills the process.
#[derive(Debug)]
pub struct ServerProcess {
    /// The address of the server.
    pub address: SocketAddr,
    process: TestProcess,
}

impl ServerProcess {
    /// Starts the server: runs an ignored test of this program that calls [`serve_until_killed`].
    ///
    /// # Panics
    /// Panics if the server does not start.
    #[must_use]
    pub fn start(test: &str, data: &Path) -> Self {
        Self::start_with(test, data, &[])
    }

    /// Starts the server with further environment variables.
    ///
    /// # Panics
    /// Panics if the server does not start.
    #[must_use]
    pub fn start_with(test: &str, data: &Path, variables: &[(&str, &OsStr)]) -> Self {
        let variables = [&[(DATA, data.as_os_str())], variables].concat();
        let mut process = TestProcess::start(test, &variables);
        let address = process.lines().find_map(|line| {
            let (_, address) = line.split_once(ADDRESS)?;
            address.parse().ok()
        });
        Self { address: address.expect("an address"), process }
    }

    /// The URL of the server.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Shuts the server down, which closes its data file.
    ///
    /// # Panics
    /// Panics if the server fails to.
    pub fn shutdown(mut self) {
        let ended = self.process.end();
        assert!(ended.success(), "{ended}");
    }
}

/// Runs a server on the data file that [`ServerProcess`] has chosen, until the process is killed or
/// its input ends. The body of the ignored test that it starts.
///
/// # Panics
/// Panics if the server does not start.
pub fn serve_until_killed() {
    let data = std::env::var_os(DATA).expect("a data file");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let server = Server::builder().data(data).listen("127.0.0.1:0").admin("test", "test");
        let server = server.start().await.expect("it starts");
        println!("\n{ADDRESS}{}", server.address());
        let input = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
        input.await.expect("no panic").expect("the end of the input");
        server.shutdown().await;
    });
}
