//! The `sotto` command: reads the command line, finds the vault, prints what came of it.

mod args;
mod ask;
mod calendar;
mod connection;
mod contacts;
mod devices;
mod init;
mod invitations;
mod join;
mod output;
mod passphrase;
mod preferences;
mod proposals;
mod receipt;
mod run;
mod safety_code;
mod schedule;
mod session;
mod status;
mod values;
mod watch;

use sotto_client_core::api::{ApiError, ApiErrorCode};

use self::{
    args::{Cli, Verb},
    output::Output,
};
use crate::{
    error::{defect, device_removed},
    home::Home,
    shell::Reach,
};

/// How a verb ended that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Done.
    Done,
    /// `--wait` ended without a meeting.
    NoMeeting,
}

impl Outcome {
    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::NoMeeting => 3,
        }
    }
}

/// What every verb needs.
#[derive(Debug)]
struct Context {
    home: Home,
    out: Output,
    reach: Reach,
}

/// Runs the command line of this process, and gives its exit code: 0 done,
/// 1 refused or failed, 2 wrong usage, 3 `--wait` ended without a meeting.
pub fn main() -> u8 {
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors, and are printed to stdout.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    log();
    let out = Output::new(cli.global.json);
    match run(cli, out) {
        Ok(outcome) => outcome.code(),
        Err(error) => {
            out.refuse(&error);
            1
        }
    }
}

fn run(cli: Cli, out: Output) -> Result<Outcome, ApiError> {
    let context = Context {
        home: Home::choose(cli.global.home)?,
        out,
        reach: if cli.global.offline {
            Reach::Offline
        } else {
            Reach::Online
        },
    };
    let dir = context.home.dir().to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(defect)?;
    let ended = runtime.block_on(dispatch(cli.verb, &context));
    ended.map_err(|error| match error.code {
        ApiErrorCode::DeviceRemoved => device_removed(&dir),
        _ => error,
    })
}

async fn dispatch(verb: Verb, context: &Context) -> Result<Outcome, ApiError> {
    match verb {
        Verb::Init(args) => init::init(args, context).await,
        Verb::Invite(args) => invitations::invite(args, context).await,
        Verb::Invitations(args) => invitations::invitations(args, context).await,
        Verb::Accept(args) => contacts::accept(args, context).await,
        Verb::Devices(args) => devices::devices(args, context).await,
        Verb::Contacts(args) => contacts::contacts(args, context).await,
        Verb::Calendar(args) => calendar::calendar(args, context).await,
        Verb::Agenda(args) => calendar::agenda(args, context).await,
        Verb::Schedule(args) => schedule::schedule(args, context).await,
        Verb::Proposals(args) => proposals::proposals(args, context).await,
        Verb::History(args) => proposals::history(args, context).await,
        Verb::Receipt(args) => receipt::receipt(args, context).await,
        Verb::Preferences(args) => preferences::preferences(args, context).await,
        Verb::Run => run::run(context).await,
        Verb::Status => status::status(context).await,
        Verb::Passphrase => passphrase::change(context).await,
    }
}

/// Logs go to stderr, as `SOTTO_LOG` filters them: nothing but warnings unless told.
fn log() {
    use tracing_subscriber::EnvFilter;
    let filter = std::env::var("SOTTO_LOG").unwrap_or_else(|_| "sotto_agent=warn".into());
    let filter = EnvFilter::try_new(&filter).unwrap_or_else(|_| EnvFilter::new("warn"));
    // Fails only where a test has set one up already.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .try_init();
}
