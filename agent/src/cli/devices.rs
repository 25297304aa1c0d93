//! `sotto devices`.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use sotto_client_core::{
    api::{
        ApiError, ApiErrorCode, Command, ConnectionState, DeviceState, DeviceView, LinkView,
        StatusView,
    },
    find_device,
};
use tokio::time::{Instant, timeout_at};

use super::{
    Context, Outcome,
    args::{Add, Devices, DevicesVerb},
    ask::{agreed, answer_meanwhile, asks},
    connection::{ConnectionLine, cut_off, online, shut_out, warn_of_queued},
    session::{Need, Session, expect_reply},
};
use crate::{
    error::value_invalid,
    render::{devices, text::clean},
};

/// How long a link waits for the connection that it needs.
const DIAL_PATIENCE: Duration = Duration::from_secs(15);

/// How long a change of the list waits for the relay, and an answer for the device that asks.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn devices(args: Devices, context: &Context) -> Result<Outcome, ApiError> {
    match args.verb.unwrap_or(DevicesVerb::List) {
        DevicesVerb::List => list(context).await?,
        DevicesVerb::Add(args) => match (&args.code, args.no) {
            (Some(code), _) => add_by_code(code, context).await?,
            (None, true) => say_no(context).await?,
            (None, false) => add(&args, context).await?,
        },
        DevicesVerb::Rename { device, name } => rename(&device, name, context).await?,
        DevicesVerb::Agent { device, yes } => make_agent(&device, yes, context).await?,
        DevicesVerb::Remove { device, yes } => remove(&device, yes, context).await?,
    }
    Ok(Outcome::Done)
}

async fn list(context: &Context) -> Result<(), ApiError> {
    let mut session = Session::open(context, Need::Fresh).await?;
    if let Some(joining) = session.joining().await? {
        session.close().await?;
        return super::join::show(&joining, context);
    }
    let all = session.devices().await?;
    let times = session.times().await?;
    if asking(&all).is_some() {
        // It shows its code when it has been answered.
        session.hand_over().await?;
    }
    session.close().await?;
    context.out.show(&all, || devices::devices(&all, &times))
}

/// Makes a link, and where somebody can be asked, sees it through.
async fn add(args: &Add, context: &Context) -> Result<(), ApiError> {
    let mut session = Session::open_shared(context, Need::Fresh).await?;
    dial(&mut session, context).await?;
    let keeper = args.keeper;
    let made = session.command(Command::LinkDevice { keeper }).await?;
    let link = expect_reply!(made, Link)?;
    let times = session.times().await?;
    if let Some(status) = session.hand_over().await? {
        if let Some(refusal) = shut_out(&status, context) {
            return Err(refusal);
        }
        context.out.warn(&ApiError::new(
            ApiErrorCode::RelayUnreachable,
            format!(
                "The link does not work yet: the relay does not know of it. {}",
                cut_off(&status)
            ),
            "Keep `sotto run` running until the new device was added.",
        ));
    }
    let seen_through = asks(context);
    context.out.show(&link, || {
        let text = devices::link(&link, args.qr, &times);
        let next = if seen_through {
            "Waiting for the new device. Ctrl-C ends the waiting, and not the link.\n"
        } else {
            "It shows a code once this device has answered it: keep `sotto run` running, or call `sotto devices` \
             when it asks. Then: sotto devices add --code CODE\n"
        };
        text + next
    })?;
    if !seen_through {
        return session.close().await;
    }
    let device = until_asked(&mut session, &link, context).await?;
    let digits = devices::asks_for(&device).unwrap_or_default();
    context
        .out
        .remark(&format!("{}\n{digits}", devices::asks(&device)));
    loop {
        let question = "The six digits that it shows (none to say no): ";
        let Some(code) = typed(&mut session, &link, question).await? else {
            return Err(over());
        };
        if code.is_empty() {
            decide(&mut session, link.id, None).await?;
            session.settle(context).await?;
            return Err(value_invalid(
                format!("{} was not added: nothing was signed.", clean(&device.name)),
                "If it shows no code, somebody else has used the link: make a new one, and show it to nobody.",
            ));
        }
        match decide(&mut session, link.id.clone(), Some(code)).await {
            Ok(()) => return finish(session, &device, context).await,
            Err(error) if error.code == ApiErrorCode::ValueInvalid => context.out.warn(&error),
            Err(error) => return Err(ended(session, error).await?),
        }
    }
}

/// Waits for the connection that a link needs, and says meanwhile what keeps it.
async fn dial(session: &mut Session, context: &Context) -> Result<(), ApiError> {
    session.check_dials(context)?;
    session.subscribe().await?;
    let deadline = Instant::now() + DIAL_PATIENCE;
    let mut line = ConnectionLine::default();
    loop {
        let status = session.status().await?;
        if let Some(refusal) = shut_out(&status, context) {
            return Err(refusal);
        }
        if online(status.connection) {
            return Ok(());
        }
        line.look(&status, context);
        match timeout_at(deadline, session.changed()).await {
            Ok(changed) => changed?,
            // The core says what is missing.
            Err(_) => return Ok(()),
        }
    }
}

/// The device that asks, and by which link.
fn asking(all: &[DeviceView]) -> Option<(DeviceView, String)> {
    all.iter().find_map(|device| match &device.state {
        DeviceState::Asking { link, .. } => Some((device.clone(), link.clone())),
        _ => None,
    })
}

/// Waits for the device that uses the link, for as long as that is good.
async fn until_asked(
    session: &mut Session,
    link: &LinkView,
    context: &Context,
) -> Result<DeviceView, ApiError> {
    session.subscribe().await?;
    let mut line = ConnectionLine::default();
    let mut trouble = None;
    loop {
        if let Some((device, of)) = asking(&session.devices().await?)
            && of == link.id
        {
            return Ok(device);
        }
        let status = session.status().await?;
        line.look(&status, context);
        // What is wrong while the connection is good may be of the link.
        let detail = status
            .connection_detail
            .filter(|_| online(status.connection));
        if detail != trouble {
            if let Some(detail) = &detail {
                context.out.remark(&clean(detail));
            }
            trouble = detail;
        }
        match timeout_at(end_of(link), session.changed()).await {
            Ok(changed) => changed?,
            Err(_) => return Err(over()),
        }
    }
}

/// What the user types, while the connection goes on; nothing once the link is over.
async fn typed(
    session: &mut Session,
    link: &LinkView,
    question: &str,
) -> Result<Option<String>, ApiError> {
    let typed = answer_meanwhile(question);
    tokio::pin!(typed);
    loop {
        tokio::select! {
            typed = &mut typed => return Ok(Some(typed)),
            changed = timeout_at(end_of(link), session.changed()) => match changed {
                Ok(changed) => changed?,
                Err(_) => return Ok(None),
            },
        }
    }
}

fn end_of(link: &LinkView) -> Instant {
    let left = link.expires_at.duration_since(Timestamp::now());
    Instant::now() + Duration::try_from(left).unwrap_or_default()
}

fn over() -> ApiError {
    ApiError::new(
        ApiErrorCode::LinkInvalid,
        "The link is over, and no device was added.",
        "Make a new one with `sotto devices add`, and open it on the new device.",
    )
}

/// Adds the device that shows this code; says no without one.
async fn decide(session: &mut Session, link: String, code: Option<String>) -> Result<(), ApiError> {
    let command = Command::DecideLink { link, code };
    session.command(command).await.map(drop)
}

/// Adds the device that asks, if it shows this code.
async fn add_by_code(code: &str, context: &Context) -> Result<(), ApiError> {
    let mut session = Session::open(context, Need::Fresh).await?;
    let (device, link) = asked(&mut session).await?;
    match decide(&mut session, link, Some(code.to_owned())).await {
        Ok(()) => finish(session, &device, context).await,
        Err(error) => Err(ended(session, error).await?),
    }
}

/// Why the device is not added: with the link over, it is told before this ends.
async fn ended(session: Session, why: ApiError) -> Result<ApiError, ApiError> {
    session.close().await?;
    Ok(why)
}

async fn say_no(context: &Context) -> Result<(), ApiError> {
    let mut session = Session::open(context, Need::Fresh).await?;
    let (device, link) = asked(&mut session).await?;
    decide(&mut session, link, None).await?;
    session.settle(context).await?;
    context.out.show(&json!({"done": true}), || {
        format!(
            "{} is not added, and its link is over.\n",
            clean(&device.name)
        )
    })
}

/// The device that asks; it may just be on its way here.
async fn asked(session: &mut Session) -> Result<(DeviceView, String), ApiError> {
    session.subscribe().await?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(asking) = asking(&session.devices().await?) {
            return Ok(asking);
        }
        match timeout_at(deadline, session.changed()).await {
            Ok(changed) => changed?,
            Err(_) => {
                return Err(ApiError::new(
                    ApiErrorCode::WrongState,
                    "No device asks to be added.",
                    "Make a link with `sotto devices add`, and open it on the new device first.",
                ));
            }
        }
    }
}

/// Waits a little until the relay has the new list and the device its welcome.
async fn finish(
    mut session: Session,
    device: &DeviceView,
    context: &Context,
) -> Result<(), ApiError> {
    let state = |found: &DeviceView| found.state == DeviceState::Listed;
    let now = until(&mut session, &device.id, state).await?;
    let Some(now) = now.filter(|now| now.state != DeviceState::Removed) else {
        let status = session.status().await?;
        session.close().await?;
        return Err(ApiError::new(
            ApiErrorCode::RelayRefused,
            format!(
                "{} was not added. {}",
                clean(&device.name),
                cut_off(&status)
            ),
            "Look at `sotto devices`, and make a new link.",
        ));
    };
    let left = session.hand_over().await?;
    session.close().await?;
    if let Some(status) = &left {
        warn_of_queued(status, context);
    }
    context.out.show(&now, || match now.state {
        DeviceState::Listed => devices::added(&now),
        _ => format!(
            "{} is added as soon as the relay answers.\n",
            clean(&now.name)
        ),
    })
}

/// The device as it is once that is so, or after a little while; nothing where it is not there any more.
async fn until(
    session: &mut Session,
    id: &str,
    so: impl Fn(&DeviceView) -> bool,
) -> Result<Option<DeviceView>, ApiError> {
    session.subscribe().await?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let all = session.devices().await?;
        let now = all.into_iter().find(|device| device.id == id);
        if now.as_ref().is_none_or(&so) {
            return Ok(now);
        }
        match timeout_at(deadline, session.changed()).await {
            Ok(changed) => changed?,
            Err(_) => return Ok(now),
        }
    }
}

async fn rename(named: &str, name: String, context: &Context) -> Result<(), ApiError> {
    let mut session = Session::open(context, Need::Nothing).await?;
    let device = find_device(&session.devices().await?, named)?.id.clone();
    let command = Command::RenameDevice {
        device: device.clone(),
        name,
    };
    session.command(command).await?;
    let renamed = find_device(&session.devices().await?, &device)?.clone();
    session.close().await?;
    context.out.show(&renamed, || {
        format!(
            "The device {} is called {} here now.\n",
            renamed.fingerprint,
            clean(&renamed.name)
        )
    })
}

async fn make_agent(named: &str, yes: bool, context: &Context) -> Result<(), ApiError> {
    let mut session = Session::open(context, Need::Fresh).await?;
    let all = session.devices().await?;
    let device = find_device(&all, named)?.clone();
    let name = clean(&device.name).into_owned();
    let question = format!(
        "{}Let {name} answer for you? [y/N] ",
        devices::handover(&device, &all)
    );
    // What the core refuses anyway is not asked about.
    let keeper = all.iter().any(|own| own.this && own.keeper);
    let may = keeper && device.came && !device.agent;
    if may && !yes {
        let not_done = format!("Nothing was changed: {name} does not answer for you.");
        agreed(&question, &not_done, context)?;
    }
    let command = Command::MakeAgent {
        device: device.id.clone(),
    };
    session.command(command).await?;
    let settled = |found: &DeviceView| found.state != DeviceState::Leading;
    let now = until(&mut session, &device.id, settled).await?;
    let status = session.status().await?;
    let made = now.filter(|now| now.agent || !settled(now));
    let Some(now) = made else {
        session.close().await?;
        return Err(given_up(
            &format!("{name} does not answer for you."),
            &status,
        ));
    };
    session.settle(context).await?;
    context.out.show(&now, || devices::answers(&now))
}

/// The list of devices stays as it was.
fn given_up(message: &str, status: &StatusView) -> ApiError {
    ApiError::new(
        ApiErrorCode::RelayRefused,
        format!("{message} {}", cut_off(status)),
        "Look at `sotto devices`, and try again.",
    )
}

async fn remove(named: &str, yes: bool, context: &Context) -> Result<(), ApiError> {
    let mut session = Session::open(context, Need::Fresh).await?;
    let all = session.devices().await?;
    let device = find_device(&all, named)?.clone();
    let name = clean(&device.name).into_owned();
    let warned = devices::removal(&device, &all);
    let question = format!("{warned}Remove {name}? [y/N] ");
    if !yes {
        agreed(&question, &format!("{name} was not removed."), context)?;
    }
    let command = Command::RemoveDevice {
        device: device.id.clone(),
    };
    session.command(command).await?;
    let settled = |found: &DeviceView| found.state != DeviceState::Leaving;
    let now = until(&mut session, &device.id, settled).await?;
    let status = session.status().await?;
    let gone = |found: &DeviceView| found.state == DeviceState::Removed;
    let removed = now.as_ref().is_none_or(gone);
    if !removed && now.as_ref().is_some_and(settled) {
        session.close().await?;
        return Err(given_up(&format!("{name} was not removed."), &status));
    }
    if device.this && status.connection == ConnectionState::Removed {
        session.close().await?;
    } else {
        session.settle(context).await?;
    }
    context.out.show(&json!({"done": removed}), || {
        if removed {
            format!(
                "{name} is removed: it is shut out, and your contacts are told. What is stored on it stays there until somebody deletes it.\n"
            )
        } else {
            format!("{name} is removed as soon as the relay answers.\n")
        }
    })
}
