//! The flags of `cdb serve` that set limits.

use std::time::Duration;

use clap::Args;
use connectordb::server::Limits;

const MIB: usize = 1024 * 1024;

/// The limits that a person may want to set; the guide lists all.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits (the guide lists all, with their defaults)")]
pub(crate) struct LimitFlags {
    /// The number of open connections.
    #[arg(long, value_name = "N")]
    max_connections: Option<usize>,

    /// The number of open connections of an address.
    #[arg(long, value_name = "N")]
    max_connections_per_address: Option<usize>,

    /// The seconds that a connection may wait for its next request.
    #[arg(long, value_name = "SECONDS")]
    idle_timeout: Option<u32>,

    /// The size of the body of a request, in MiB.
    #[arg(long, value_name = "MIB")]
    max_body: Option<usize>,

    /// The size of all bodies that are held at a time, in MiB.
    #[arg(long, value_name = "MIB")]
    max_bodies: Option<usize>,

    /// The number of requests of a device that are answered at a time.
    #[arg(long, value_name = "N")]
    max_requests_per_device: Option<usize>,

    /// The number of steps of a script, in addition to those that each datapoint adds.
    #[arg(long, value_name = "N")]
    max_script_steps: Option<u64>,
}

impl LimitFlags {
    /// The defaults, except for what was given.
    pub(crate) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        let mib = |size: usize| size.saturating_mul(MIB);
        let numbers = [
            (self.max_connections, &mut limits.connections),
            (self.max_connections_per_address, &mut limits.connections_per_address),
            (self.max_body.map(mib), &mut limits.body_bytes),
            (self.max_bodies.map(mib), &mut limits.bodies_total),
            (self.max_requests_per_device, &mut limits.requests_per_device),
        ];
        for (given, limit) in numbers {
            *limit = given.unwrap_or(*limit);
        }
        if let Some(seconds) = self.idle_timeout {
            limits.idle_timeout = Duration::from_secs(seconds.into());
        }
        limits.script_steps = self.max_script_steps.unwrap_or(limits.script_steps);
        limits
    }
}
