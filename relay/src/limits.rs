//! Every bound of the relay, by name.

use clap::builder::TypedValueParser;

/// Parses a whole number within bounds; its message names the variable.
#[derive(Debug, Clone, Copy)]
struct Whole {
    variable: &'static str,
    least: u32,
    most: u32,
}

impl TypedValueParser for Whole {
    type Value = u32;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<u32, clap::Error> {
        let text = value.to_string_lossy();
        let Self {
            variable,
            least,
            most,
        } = *self;
        match text.parse() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(clap::Error::raw(
                clap::error::ErrorKind::ValueValidation,
                format!(
                    "{variable}: expected a whole number from {least} to {most}, found {text:?}\n"
                ),
            )
            .with_cmd(command)),
        }
    }
}

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident = $default:literal, $variable:literal, $least:literal..=$most:expr;)*) => {
        /// Every bound of the relay. Each has a default, an environment variable and a flag.
        #[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
        #[command(next_help_heading = "Limits")]
        pub struct Limits {
            $(
                $(#[$doc])*
                #[arg(long, env = $variable, value_name = "N", default_value_t = $default,
                      value_parser = Whole { variable: $variable, least: $least, most: $most })]
                pub $name: u32,
            )*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Limits {
            /// Each limit's environment variable and default, in order.
            pub const TABLE: &'static [(&'static str, u32)] = &[$(($variable, $default),)*];
        }
    };
}

limits! {
    /// Most connections at once, of browsers that fetch the app and of clients together
    max_connections = 10_000, "SOTTO_RELAY_MAX_CONNECTIONS", 1..=1_000_000;
    /// Most connections at once that have not yet proved who they are
    max_unauthenticated = 512, "SOTTO_RELAY_MAX_UNAUTHENTICATED", 1..=1_000_000;
    /// Seconds within which a request's head, and a connection's hello, must have come
    hello_timeout_seconds = 10, "SOTTO_RELAY_HELLO_TIMEOUT_SECONDS", 1..=3_600;
    /// Seconds of silence, or of not taking what is sent, after which a connection is closed
    idle_timeout_seconds = 90, "SOTTO_RELAY_IDLE_TIMEOUT_SECONDS", 1..=86_400;
    /// Most unacknowledged deliveries on one connection
    delivery_window = 64, "SOTTO_RELAY_DELIVERY_WINDOW", 1..=65_536;
    /// Most requests of one connection that are in work or whose answers wait to be sent
    outbound_queue = 64, "SOTTO_RELAY_OUTBOUND_QUEUE", 1..=65_536;
    /// Seconds for which a pass may let a guest in, who is about to be added to an account
    guest_seconds = 900, "SOTTO_RELAY_GUEST_SECONDS", 60..=3_600;
    /// Most guests of one account at once
    guests_per_account = 8, "SOTTO_RELAY_GUESTS_PER_ACCOUNT", 1..=100;
    /// Most mailboxes that one device owns
    mailboxes_per_device = 10_000, "SOTTO_RELAY_MAILBOXES_PER_DEVICE", 1..=10_000_000;
    /// Most messages that wait in one mailbox
    messages_per_mailbox = 10_000, "SOTTO_RELAY_MESSAGES_PER_MAILBOX", 1..=10_000_000;
    /// Most payload bytes that wait in one mailbox
    bytes_per_mailbox = 67_108_864, "SOTTO_RELAY_BYTES_PER_MAILBOX", 1..=4_294_967_295;
    /// Largest number of posts that a mailbox may be limited to when it is made
    max_posts_per_mailbox = 100_000, "SOTTO_RELAY_MAX_POSTS_PER_MAILBOX", 1..=10_000_000;
    /// Largest payload of a message, in bytes
    max_payload_bytes = 262_144, "SOTTO_RELAY_MAX_PAYLOAD_BYTES", 1..=sotto_protocol::limits::MAX_PAYLOAD_BYTES as u32;
    /// Longest time that a message is kept, in seconds
    max_ttl_seconds = 2_592_000, "SOTTO_RELAY_MAX_TTL_SECONDS", 1..=315_360_000;
    /// Posts, prekey fetches and device lists a second on one connection, in the long run
    posts_per_second = 500, "SOTTO_RELAY_POSTS_PER_SECOND", 1..=1_000_000;
    /// Posts, prekey fetches and device lists that one connection may send at once
    posts_burst = 1_000, "SOTTO_RELAY_POSTS_BURST", 1..=1_000_000;
    /// Frames a second that are read from one connection, in the long run; more wait
    frames_per_second = 2_000, "SOTTO_RELAY_FRAMES_PER_SECOND", 1..=1_000_000;
    /// Frames that are read from one connection at once
    frames_burst = 4_000, "SOTTO_RELAY_FRAMES_BURST", 1..=1_000_000;
    /// New accounts a minute, from everywhere together
    registrations_per_minute = 60, "SOTTO_RELAY_REGISTRATIONS_PER_MINUTE", 1..=1_000_000;
    /// Most one-time prekeys of each kind that are kept for one device
    one_time_prekeys = 100, "SOTTO_RELAY_ONE_TIME_PREKEYS", 1..=sotto_protocol::limits::MAX_ONE_TIME_PREKEYS as u32;
    /// Seconds for which an expired mailbox is remembered, so that posts to it are told that it expired
    expired_mailbox_seconds = 604_800, "SOTTO_RELAY_EXPIRED_MAILBOX_SECONDS", 0..=31_536_000;
    /// Seconds between two searches for what has expired
    purge_interval_seconds = 60, "SOTTO_RELAY_PURGE_INTERVAL_SECONDS", 1..=86_400;
    /// Most changes that wait for the store; more make their senders wait
    store_queue = 4_096, "SOTTO_RELAY_STORE_QUEUE", 1..=1_000_000;
    /// Seconds within which a stopping relay exits
    shutdown_seconds = 10, "SOTTO_RELAY_SHUTDOWN_SECONDS", 1..=600;
}
