//! The limits of a server: how much each caller, and all callers together, may use.

mod bytes;
mod parse;
#[cfg(test)]
mod tests;

use std::time::Duration;

use cdb_pipescript::Budget;
use cdb_types::SchemaLimits;

pub(crate) use self::bytes::ByteLimit;
pub use self::parse::InvalidLimit;
use self::parse::parse;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Defines [`Limits`] from one entry for each limit: its documentation, name, type, default, the
/// default as text, and what a caller sees who exceeds it.
macro_rules! limits {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident: $type:ty = $default:expr, $text:literal, $exceeded:literal;
    )*) => {
        /// The limits of a server; see [`ServerBuilder::limits`](crate::ServerBuilder::limits).
        ///
        /// The defaults suit a small machine on the open internet. Bytes are counted as they are
        /// held in memory.
        ///
        /// An *address* is an IPv4 address or a /64 network of IPv6. A *caller* is a device that is
        /// logged in, or an address without a login.
        ///
        /// ```
        /// use cdb_server::Limits;
        /// let limits = Limits::default().connections(5000).body_bytes(1024 * 1024);
        /// assert_eq!(limits.connections, 5000);
        /// ```
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Limits {
            $(
                $(#[doc = $doc])*
                ///
                #[doc = concat!("Default: ", $text, ". Beyond it: ", $exceeded, ".")]
                pub $name: $type,
            )*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Limits {
            $(
                #[doc = concat!("Sets [`", stringify!($name), "`](Self::", stringify!($name), ").")]
                #[must_use]
                pub fn $name(mut self, $name: $type) -> Self {
                    self.$name = $name;
                    self
                }
            )*

            /// Sets a limit by its name and the text of a value, such as `5000`, `64KiB` or `10s`.
            ///
            /// # Errors
            /// Returns an error if there is no such limit, or if the text is not a value of it.
            ///
            /// ```
            /// use cdb_server::Limits;
            /// let mut limits = Limits::default();
            /// limits.set("schema_bytes", "128KiB")?;
            /// assert_eq!(limits.schema_bytes, 128 * 1024);
            /// # Ok::<(), cdb_server::InvalidLimit>(())
            /// ```
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), InvalidLimit> {
                match name {
                    $(stringify!($name) => self.$name = parse(stringify!($name), value)?,)*
                    _ => return Err(InvalidLimit::Name { name: name.to_owned() }),
                }
                Ok(())
            }

            /// The name, description, default, its text and what happens beyond it, of each limit.
            #[cfg(test)]
            fn described() -> Vec<tests::Row> {
                let limits = Self::default();
                vec![$(
                    tests::Row {
                        name: stringify!($name),
                        description: concat!($($doc),*).trim(),
                        default: tests::Value::from(limits.$name),
                        text: $text,
                        exceeded: $exceeded,
                    },
                )*]
            }
        }
    };
}

limits! {
    /// Open connections, websockets included. At most three quarters of the files that the process
    /// may open.
    connections: usize = 1000, "1,000",
        "the connection that has waited longest for a request is closed; if there is none, the new \
         connection gets 503";
    /// Open connections of an address. Connections from the same machine are not counted.
    connections_per_address: usize = 256, "256",
        "as for `connections`, among those of the address";
    /// The first line and the headers of a request.
    header_bytes: usize = 16 * KIB, "16 KiB", "431";
    /// The time from the first byte of a request to the end of its headers, and the time for a TLS
    /// handshake.
    header_timeout: Duration = Duration::from_secs(10), "10 s", "the connection is closed";
    /// The time that a connection may wait for its next request.
    idle_timeout: Duration = Duration::from_secs(75), "75 s", "the connection is closed";
    /// The time in which a client must read some more of a response.
    write_timeout: Duration = Duration::from_secs(60), "60 s", "the connection is closed";

    /// The body of a request.
    body_bytes: usize = 10 * MIB, "10 MiB", "413";
    /// The time in which some more of a body must arrive.
    body_idle_timeout: Duration = Duration::from_secs(15), "15 s", "408";
    /// The time that each body may take, whatever its size.
    body_time: Duration = Duration::from_secs(30), "30 s", "`body_bytes_per_second` applies";
    /// The bytes per second of a body that takes longer than `body_time`, on average from then on.
    body_bytes_per_second: usize = 4 * KIB, "4 KiB", "408";
    /// All bodies, and messages over websockets, that are held for a device at a time. This and the
    /// next three are at least `body_bytes`.
    bodies_per_device: usize = 32 * MIB, "32 MiB", "429";
    /// The same for an address without a login.
    bodies_per_address: usize = 10 * MIB, "10 MiB", "429";
    /// The same for all callers without a login.
    bodies_anonymous: usize = 16 * MIB, "16 MiB", "503";
    /// The same for all callers.
    bodies_total: usize = 256 * MIB, "256 MiB", "503";

    /// Requests of a device that are answered at a time, until the end of the response.
    requests_per_device: usize = 128, "128", "the request waits for up to 10 s, then 429";
    /// Requests of an address without a login that are answered at a time.
    requests_per_address: usize = 64, "64", "the request waits for up to 10 s, then 429";
    /// Requests of callers without a login that are answered at a time.
    requests_anonymous: usize = 128, "128", "the request waits for up to 10 s, then 503";
    /// Requests that are answered at a time. A `POST login` counts when its password was checked.
    requests_total: usize = 512, "512", "the request waits for up to 10 s, then 503";

    /// Open websockets of a device, and of all callers without a login.
    websockets_per_device: usize = 2000, "2,000", "403";
    /// Subscriptions of a websocket.
    subscriptions_per_websocket: usize = 10_000, "10,000", "403";
    /// The open subscriptions of a device, and of all callers without a login: the texts of their
    /// transforms, and 256 bytes for each.
    subscription_bytes_per_device: usize = 8 * MIB, "8 MiB", "403";
    /// A message of a client over a websocket.
    websocket_message_bytes: usize = MIB, "1 MiB", "the connection is closed";
    /// Messages that wait to be sent over a websocket, and as much of answers to its commands. One
    /// larger message may wait in addition.
    websocket_queue_bytes: usize = MIB, "1 MiB",
        "waits in the data file, and no further command is read; messages of ephemeral streams are \
         dropped";
    /// All messages that wait to be sent over websockets. One that is sent to many counts once.
    websocket_queues_total: usize = 64 * MIB, "64 MiB", "as for `websocket_queue_bytes`";

    /// All inserts that wait to be made into messages of subscribers. Those into streams of one user may
    /// take as much as they leave to others, which is half at most.
    events_total: usize = 16 * MIB, "16 MiB",
        "waits in the data file; inserts into ephemeral streams are dropped";

    /// Rows of a dataset at regular times. At most 10,000,000.
    dataset_rows: u64 = 10_000_000, "10,000,000", "403";

    /// Sessions of a device.
    sessions_per_device: u32 = 100, "100", "the oldest session of the device ends";
    /// The time after which a session ends if it is not used. A use is noted once a minute.
    session_idle: Duration = DAY, "1 day", "the session ends";
    /// The time after which a session ends if it is not used, of sessions that stay logged in when the
    /// browser is closed.
    session_idle_staying: Duration = DAY.saturating_mul(14), "14 days", "the session ends";
    /// The time after which a session ends even if it is used.
    session_lifetime: Duration = DAY.saturating_mul(90), "90 days", "the session ends";

    /// Failed logins to an account that do not slow down the next one. Their number is halved with
    /// each minute without one.
    failed_logins_per_account: u32 = 5, "5", "`login_delay` applies";
    /// Failed logins from an address that do not slow down the next one.
    failed_logins_per_address: u32 = 10, "10", "`login_delay` applies";
    /// The time that the next login waits, unless it is known from its address. Doubled by each
    /// further failure.
    login_delay: Duration = Duration::from_millis(250), "250 ms", "the login waits";
    /// The longest time that a login waits for failed ones to its account.
    login_delay_per_account: Duration = Duration::from_secs(8), "8 s", "the delay stays the same";
    /// The longest time that a login waits for failed ones of its address.
    login_delay_per_address: Duration = Duration::from_secs(2), "2 s", "the delay stays the same";

    /// The text of a script.
    script_bytes: usize = 64 * KIB, "64 KiB", "403";
    /// The steps of a run of a script, about 10 ns each, in addition to 200 for each datapoint.
    script_steps: u64 = 50_000_000, "50,000,000", "403, or the response is cut";
    /// The memory that a run of a script holds at a time. All queries of a device together may hold
    /// `scripts_per_device` times as much.
    script_memory: usize = 8 * MIB, "8 MiB", "403, or the response is cut";
    /// Scripts, and checks of large inserts and schemas, that run for a device at a time. At
    /// least 1 and at most 64. Short scripts of subscriptions are not counted, as long as they take
    /// less than a twentieth of the time.
    scripts_per_device: usize = 4, "4", "the request waits";

    /// A text in the body of a creation, an update or a query: a description, an icon, a script.
    text_bytes: usize = 128 * KIB, "128 KiB", "403";
    /// The datapoints of an insert.
    insert_datapoints: usize = 500_000, "500,000", "403";

    /// The text of a schema.
    schema_bytes: usize = 64 * KIB, "64 KiB", "403";
    /// The memory of a compiled schema, roughly.
    schema_memory: usize = 8 * MIB, "8 MiB", "403";
    /// The steps of checking the values of an insert against the schema, about 10 ns each, in addition to
    /// 2,000 for each datapoint. What counts is an estimate of the most that they can take.
    schema_steps: u64 = 50_000_000, "50,000,000", "403";
}

impl Limits {
    /// The limits of a script.
    pub(crate) fn script_budget(&self) -> Budget {
        let budget = Budget::default().script_bytes(self.script_bytes).steps(self.script_steps);
        budget.memory(self.script_memory)
    }

    /// The limits of a schema.
    pub(crate) fn schemas(&self) -> SchemaLimits {
        SchemaLimits::default().text_bytes(self.schema_bytes).memory(self.schema_memory)
    }

    /// The number of connections that may really be open: some files are needed for the data.
    pub(crate) fn effective_connections(&self) -> usize {
        match open_files() {
            Some(files) => self.connections.min(files / 4 * 3),
            None => self.connections,
        }
    }
}

/// The number of files that this process may open, if it is limited.
#[cfg(unix)]
fn open_files() -> Option<usize> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current?;
    usize::try_from(limit).ok()
}

#[cfg(not(unix))]
fn open_files() -> Option<usize> {
    None
}
