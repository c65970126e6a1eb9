//! A server in a process of its own, which can be killed.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use cdb_server::Server;

/// The data file of a server that runs here instead of a test.
const DATA: &str = "CDB_TEST_DATA";

/// What comes before its address in what it prints.
const ADDRESS: &str = "ADDRESS=";

/// A server in a process of its own, with an administrator `test`; killed when dropped.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    process: Child,
}

impl Served {
    /// Starts this very program again, to do nothing but serve.
    pub(crate) fn start(data: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("a program"))
            .args(["--exact", "served::serves_until_it_is_killed", "--ignored", "--nocapture"])
            .env(DATA, data)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let output = BufReader::new(process.stdout.take().expect("its output"));
        let mut lines = output.lines().map_while(Result::ok);
        let address = lines.find_map(|line| {
            let (_, address) = line.split_once(ADDRESS)?;
            address.parse().ok()
        });
        Self { address: address.expect("an address"), process }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.process.kill().expect("it is killed");
        self.process.wait().expect("it has ended");
    }
}

#[test]
#[ignore = "it is no test, but the program of another process"]
fn serves_until_it_is_killed() {
    let data = std::env::var_os(DATA).expect("a data file");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let server = Server::builder().data(data).listen("127.0.0.1:0").admin("test", "test");
        let server = server.start().await.expect("it starts");
        println!("\n{ADDRESS}{}", server.address());
        std::future::pending::<()>().await;
    });
}
