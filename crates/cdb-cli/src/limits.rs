//! The flags of `cdb serve` that set limits.

use std::time::Duration;

use clap::Args;
use connectordb::server::{InvalidLimit, Limits};

const MIB: usize = 1024 * 1024;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

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

    /// The number of open websockets of a device.
    #[arg(long, value_name = "N")]
    max_websockets_per_device: Option<usize>,

    /// The number of subscriptions of a websocket.
    #[arg(long, value_name = "N")]
    max_subscriptions: Option<usize>,

    /// The number of sessions of a device.
    #[arg(long, value_name = "N")]
    max_sessions_per_device: Option<u32>,

    /// The days after which a session ends even if it is used.
    #[arg(long, value_name = "DAYS")]
    session_days: Option<u32>,

    /// The number of steps of a script, in addition to those that each datapoint adds.
    #[arg(long, value_name = "N")]
    max_script_steps: Option<u64>,

    /// Any limit, by its name in the guide: --limit schema_bytes=128KiB. May be repeated. It takes
    /// precedence over the other flags.
    #[arg(long, value_name = "NAME=VALUE")]
    limit: Vec<String>,
}

impl LimitFlags {
    /// The defaults, except for what was given.
    ///
    /// # Errors
    /// Returns an error if there is no limit of a name, or if a value is not one of its limit.
    pub(crate) fn limits(&self) -> Result<Limits, InvalidLimit> {
        let mut limits = Limits::default();
        let mib = |size: usize| size.saturating_mul(MIB);
        let numbers = [
            (self.max_connections, &mut limits.connections),
            (self.max_connections_per_address, &mut limits.connections_per_address),
            (self.max_body.map(mib), &mut limits.body_bytes),
            (self.max_bodies.map(mib), &mut limits.bodies_total),
            (self.max_requests_per_device, &mut limits.requests_per_device),
            (self.max_websockets_per_device, &mut limits.websockets_per_device),
            (self.max_subscriptions, &mut limits.subscriptions_per_websocket),
        ];
        for (given, limit) in numbers {
            *limit = given.unwrap_or(*limit);
        }
        if let Some(seconds) = self.idle_timeout {
            limits.idle_timeout = Duration::from_secs(seconds.into());
        }
        limits.sessions_per_device =
            self.max_sessions_per_device.unwrap_or(limits.sessions_per_device);
        if let Some(days) = self.session_days {
            limits.session_lifetime = DAY.saturating_mul(days);
        }
        limits.script_steps = self.max_script_steps.unwrap_or(limits.script_steps);
        for limit in &self.limit {
            let (name, value) = limit.split_once('=').unwrap_or((limit, ""));
            limits.set(name, value)?;
        }
        Ok(limits)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        limits: LimitFlags,
    }

    fn limits(flags: &str) -> Limits {
        let words = ["serve"].into_iter().chain(flags.split_whitespace());
        Command::try_parse_from(words).expect("flags").limits.limits().expect("limits")
    }

    #[test]
    fn each_flag_sets_its_limit_and_nothing_else() {
        let default = Limits::default;
        assert_eq!(limits(""), default());
        for (flags, expected) in [
            ("--max-connections 5", default().connections(5)),
            ("--max-connections-per-address 5", default().connections_per_address(5)),
            ("--idle-timeout 5", default().idle_timeout(Duration::from_secs(5))),
            ("--max-body 5", default().body_bytes(5 * MIB)),
            ("--max-bodies 5", default().bodies_total(5 * MIB)),
            ("--max-requests-per-device 5", default().requests_per_device(5)),
            ("--max-websockets-per-device 5", default().websockets_per_device(5)),
            ("--max-subscriptions 5", default().subscriptions_per_websocket(5)),
            ("--max-sessions-per-device 5", default().sessions_per_device(5)),
            ("--session-days 5", default().session_lifetime(5 * DAY)),
            ("--max-script-steps 5", default().script_steps(5)),
            (
                "--limit header_bytes=2KiB --limit body_time=1min",
                default().header_bytes(2048).body_time(Duration::from_secs(60)),
            ),
        ] {
            assert_eq!(limits(flags), expected, "{flags}");
        }
    }
}
