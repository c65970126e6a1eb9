//! A server for the tests of programs that use ConnectorDB.
//!
//! [`TestServer::start`] starts an embedded server with a temporary data file on a free port, and
//! logs in. [`stop`](TestServer::stop) and [`restart`](TestServer::restart) simulate an outage: the
//! server comes back with the same data at the same URL, and clients reconnect.
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use connectordb::StreamCreate;
//! use connectordb::testing::TestServer;
//!
//! let server = TestServer::start().await?;
//! let mood = server.cdb().stream("mood")?;
//! mood.ensure(StreamCreate::new()).await?;
//! mood.insert(8).await?;
//!
//! server.restart().await?;
//! assert_eq!(mood.len().await?, 1);
//! # Ok(())
//! # }
//! ```
//!
//! The guide page [Testing your program](crate::guide::testing) shows more.

use std::iter::successors;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cdb_core::{ApiKey, ConnectorDb, DeviceCreate, Error, Result, UserCreate};
use cdb_server::Server;
use tempfile::TempDir;
use tokio::net::TcpSocket;
use tokio::sync::Mutex;

/// The name and the password of the administrator.
const ADMIN: &str = "test";

/// A server with a temporary data file on a free port of this machine, for tests.
///
/// Its administrator is `test`, with the password `test`. When this is dropped, the server stops,
/// and its files are removed.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use connectordb::testing::TestServer;
/// let server = TestServer::start().await?;
/// assert_eq!(server.cdb().ping().await?, "test/user");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TestServer {
    cdb: ConnectorDb,
    url: String,
    process: Arc<Mutex<Process>>,
    /// After the server, so that the files are removed when it has stopped.
    directory: TempDir,
}

impl TestServer {
    /// Starts a server and logs in as the administrator. The server answers when this returns.
    ///
    /// Tests that run at the same time can each start a server of their own.
    ///
    /// # Cancel safety
    /// If the future is dropped, the server stops, and its files are removed.
    ///
    /// # Errors
    /// Returns an error if no temporary directory can be created, no port is free, or the server
    /// cannot be reached.
    pub async fn start() -> Result<Self> {
        let directory = tempfile::tempdir().map_err(cannot_start)?;
        let data = directory.path().join("connectordb.db");
        let server = serve(&data, "127.0.0.1:0").await?;
        let (url, address) = (server.url(), server.address());
        let cdb = log_in(&url, ADMIN, ADMIN).await?;
        let process = Process { data, address, state: State::Running(server) };
        Ok(Self { cdb, url, process: Arc::new(Mutex::new(process)), directory })
    }

    /// Returns a connection that is logged in as the administrator, on the device `test/user`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use connectordb::testing::TestServer;
    /// let server = TestServer::start().await?;
    /// assert_eq!(server.cdb().path(), "test/user");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn cdb(&self) -> &ConnectorDb {
        &self.cdb
    }

    /// Returns the URL of the server, such as `http://127.0.0.1:40123`. It stays the same when the
    /// server is restarted.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use connectordb::testing::TestServer;
    /// use connectordb::ConnectorDb;
    /// let server = TestServer::start().await?;
    /// let cdb = ConnectorDb::builder().url(server.url()).password("test", "test").connect().await?;
    /// # drop(cdb);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the temporary directory of the server, in which a test can keep files of its own,
    /// such as that of a logger. It is removed when the server is dropped.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use connectordb::testing::TestServer;
    /// let server = TestServer::start().await?;
    /// server.cdb().user().export(server.directory().join("backup")).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Creates a device of the administrator if it does not exist, and returns its API key, for
    /// programs that connect by themselves.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use connectordb::testing::TestServer;
    /// use connectordb::ConnectorDb;
    /// let server = TestServer::start().await?;
    /// let key = server.apikey("thermometer").await?;
    /// let device = ConnectorDb::builder().url(server.url()).apikey(key).connect().await?;
    /// assert_eq!(device.path(), "test/thermometer");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// If the future is dropped, the device may be created or not.
    ///
    /// # Errors
    /// Returns an error if the name is not valid, or the server is stopped.
    pub async fn apikey(&self, name: &str) -> Result<ApiKey> {
        self.cdb.user().device(name)?.ensure(DeviceCreate::new()).await
    }

    /// Creates a device of the administrator if it does not exist, and returns a connection that is
    /// logged in as this device, with its API key.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use connectordb::testing::TestServer;
    /// let server = TestServer::start().await?;
    /// let thermometer = server.device("thermometer").await?;
    /// assert_eq!(thermometer.path(), "test/thermometer");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// If the future is dropped, the device may be created or not.
    ///
    /// # Errors
    /// Returns an error if the name is not valid, or the server is stopped.
    pub async fn device(&self, name: &str) -> Result<ConnectorDb> {
        let key = self.apikey(name).await?;
        ConnectorDb::builder().url(&self.url).apikey(key).connect().await
    }

    /// Creates a user if it does not exist, and returns a connection that is logged in as this user,
    /// on the device `user`. The password is the same text as the name. The user has the role
    /// `user`, so it can be used to test permissions.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use connectordb::testing::TestServer;
    /// let server = TestServer::start().await?;
    /// let alice = server.user("alice").await?;
    /// assert_eq!(alice.path(), "alice/user");
    /// assert!(alice.users().await.unwrap_err().is_forbidden());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// If the future is dropped, the user may be created or not.
    ///
    /// # Errors
    /// Returns an error if the name is not valid, the user exists with another password, or the
    /// server is stopped.
    pub async fn user(&self, name: &str) -> Result<ConnectorDb> {
        let create = UserCreate::new(format!("{name}@example.com"), name);
        match self.cdb.user_at(name)?.create(create).await {
            Err(error) if !error.already_exists() => Err(error),
            _ => log_in(&self.url, name, name).await,
        }
    }

    /// Stops the server, as for an outage: requests in progress are finished, connections are
    /// closed, and then nothing listens on its port until [`restart`](Self::restart). Does nothing
    /// if the server is stopped already.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use connectordb::testing::TestServer;
    /// use connectordb::ConnectorDb;
    /// let server = TestServer::start().await?;
    /// server.stop().await;
    /// let refused = ConnectorDb::builder().url(server.url()).retries(0).connect().await;
    /// assert!(refused.unwrap_err().is_temporary());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// If the future is dropped, the server stops nevertheless.
    pub async fn stop(&self) {
        let process = Arc::clone(&self.process);
        tokio::spawn(async move { process.lock().await.stop().await }).await.unwrap_or_default();
    }

    /// Stops the server if it is running, and starts it again with the same data file and on the
    /// same port. The server answers when this returns.
    ///
    /// Clients reconnect by themselves: calls connect anew, and subscriptions and loggers go on.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use connectordb::testing::TestServer;
    /// let server = TestServer::start().await?;
    /// server.stop().await;
    /// server.restart().await?;
    /// assert_eq!(server.cdb().ping().await?, "test/user");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// If the future is dropped, the server is restarted nevertheless.
    ///
    /// # Errors
    /// Returns an error if another program has taken the port in the meantime.
    pub async fn restart(&self) -> Result<()> {
        let process = Arc::clone(&self.process);
        let restarting = tokio::spawn(async move { process.lock().await.restart().await });
        restarting.await.unwrap_or_else(|error| Err(cannot_start(error)))
    }
}

/// The server with what it needs to start again.
#[derive(Debug)]
struct Process {
    data: PathBuf,
    address: SocketAddr,
    state: State,
}

/// Whether the server runs.
#[derive(Debug)]
enum State {
    Running(Server),
    /// With a socket that is bound to the server's port but does not listen, if that is possible.
    Stopped(
        #[expect(dead_code, reason = "the port is reserved until this is dropped")]
        Option<TcpSocket>,
    ),
}

impl Process {
    async fn stop(&mut self) {
        if let State::Running(server) = std::mem::replace(&mut self.state, State::Stopped(None)) {
            server.shutdown().await;
            self.state = State::Stopped(reserve(self.address));
        }
    }

    async fn restart(&mut self) -> Result<()> {
        self.stop().await;
        let server = serve(&self.data, &self.address.to_string()).await?;
        self.state = State::Running(server);
        Ok(())
    }
}

/// Binds a socket to a port without listening. The system then gives the port to no other program
/// that asks for any free port, refuses connections to it, and still lets a server listen on it.
fn reserve(address: SocketAddr) -> Option<TcpSocket> {
    // On other systems, such a socket would keep the server from listening.
    if !cfg!(target_os = "linux") {
        return None;
    }
    let socket = TcpSocket::new_v4().ok()?;
    socket.set_reuseaddr(true).ok()?;
    socket.bind(address).ok()?;
    Some(socket)
}

async fn serve(data: &Path, listen: &str) -> Result<Server> {
    let server = Server::builder().data(data).listen(listen).admin(ADMIN, ADMIN);
    server.start().await.map_err(cannot_start)
}

async fn log_in(url: &str, user: &str, password: &str) -> Result<ConnectorDb> {
    ConnectorDb::builder().url(url).password(user, password).connect().await
}

/// The error of a server that does not start, with its causes.
fn cannot_start(error: impl std::error::Error + 'static) -> Error {
    let first: &dyn std::error::Error = &error;
    let chain = successors(Some(first), |error| error.source());
    let causes: Vec<_> = chain.map(ToString::to_string).collect();
    Error::other(format!("the test server cannot start: {}", causes.join(": ")))
}
