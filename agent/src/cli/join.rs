//! `sotto init --join`: becomes a further device of an account.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use sotto_client_core::{
    api::{ApiError, ApiErrorCode, DeviceLink, DeviceView, JoiningView, LinkPreview},
    linking,
    vault::strength,
};
use tokio::time::{Instant, timeout_at};

use super::{
    Context, Outcome, passphrase,
    session::{Found, Session, find, unlock},
};
use crate::{
    error::{vault_busy, vault_exists},
    home::VaultLock,
    render::{devices, text::clean, times::Times},
    shell::Reach,
    vault::{self, OpenVault},
};

/// So long after the link's end, by this clock, and at least once, the relay is given to say so itself.
const GRACE: Duration = Duration::from_secs(60);

pub(super) async fn join(
    link: String,
    name: String,
    context: &Context,
) -> Result<Outcome, ApiError> {
    let link = DeviceLink::from(link);
    // What is no link is said before anything else is asked or waited for.
    let preview = linking::inspect(&link)?;
    if context.reach == Reach::Offline {
        return Err(ApiError::new(
            ApiErrorCode::RelayUnreachable,
            "This needs the relay, and --offline asks not to dial it.",
            "Leave out --offline.",
        ));
    }
    let home = &context.home;
    let session = if vault::exists(home)? {
        match find(context).await? {
            Found::Running(client) => running(Session::Running(client), &preview, context).await?,
            Found::Free(lock) => {
                let vault = unlock(context, lock).await?;
                let vault = match vault.joining()? {
                    None => return Err(vault_exists(home.dir())),
                    Some(joining) if is_of(&joining, &preview) => vault,
                    // It is of no account: nothing is lost with it.
                    Some(_) => anew(|| vault.discard(home), link, name, context).await?,
                };
                Session::own_shared(vault, context)?
            }
        }
    } else {
        home.create()?;
        let Found::Free(lock) = find(context).await? else {
            return Err(vault_busy(home.dir()));
        };
        let vault = anew(|| Ok(lock), link, name, context).await?;
        Session::own_shared(vault, context)?
    };
    follow(session, context).await
}

/// An agent that runs goes on by itself with the link that it has.
async fn running(
    mut session: Session,
    preview: &LinkPreview,
    context: &Context,
) -> Result<Session, ApiError> {
    match session.joining().await? {
        Some(joining) if is_of(&joining, preview) => Ok(session),
        Some(_) => Err(ApiError::new(
            ApiErrorCode::VaultBusy,
            "An agent that runs here asks to be added by another link.",
            "Stop it, then run this again.",
        )),
        None => Err(vault_exists(context.home.dir())),
    }
}

/// Whether the device asks by that link.
fn is_of(joining: &JoiningView, link: &LinkPreview) -> bool {
    joining.relay == link.relay
        && joining.account_fingerprint == link.account_fingerprint
        && joining.expires_at == link.expires_at
}

async fn anew(
    place: impl FnOnce() -> Result<VaultLock, ApiError>,
    link: DeviceLink,
    name: String,
    context: &Context,
) -> Result<OpenVault, ApiError> {
    // Not that of the device which made the link.
    let passphrase = passphrase::new("New passphrase, for this device: ")?;
    let strength = strength::measure(&passphrase);
    let lock = place()?;
    let vault = vault::join(&context.home, lock, link, name, passphrase).await?;
    passphrase::warn_of_weak(&strength, context);
    Ok(vault)
}

/// Why nothing comes of it.
pub(super) fn not_added(problem: ApiError) -> ApiError {
    ApiError {
        message: format!("{} {}", devices::NOT_ADDED, problem.message),
        ..problem
    }
}

/// How far it has come, for who only looks.
pub(super) fn show(joining: &JoiningView, context: &Context) -> Result<(), ApiError> {
    let text = || {
        let mut text = devices::joining(joining, &Times::of_system());
        if joining.problem.is_none() {
            text += "\n`sotto run`, or the same `sotto init --join` again, goes on with it.\n";
        }
        text
    };
    context.out.show(&json!({ "joining": joining }), text)
}

/// Waits until it is a device of the account, and says meanwhile how far it has come.
async fn follow(mut session: Session, context: &Context) -> Result<Outcome, ApiError> {
    session.subscribe().await?;
    let mut said: Option<JoiningView> = None;
    let mut deadline = None;
    while let Some(joining) = session.joining().await? {
        if let Some(problem) = joining.problem {
            session.close().await?;
            return Err(not_added(problem));
        }
        if said.as_ref() != Some(&joining) {
            say(&joining, said.as_ref(), context)?;
        }
        let end = *deadline.get_or_insert_with(|| {
            let left = joining.expires_at.duration_since(Timestamp::now());
            Instant::now() + Duration::try_from(left).unwrap_or_default() + GRACE
        });
        said = Some(joining);
        match timeout_at(end, session.changed()).await {
            Ok(changed) => changed?,
            Err(_) => {
                session.close().await?;
                return Err(ApiError::new(
                    ApiErrorCode::LinkInvalid,
                    "The link's time is over.",
                    "Make a new one on the other device, and start again here.",
                ));
            }
        }
    }
    let registered = session.hand_over().await?.is_none();
    let status = session.status().await?;
    let all = session.devices().await?;
    let time_zone = session.preferences().await?.time_zone;
    session.close().await?;
    let this = all.iter().find(|device| device.this);
    let answers = all.iter().find(|device| device.agent);
    let name = |device: Option<&DeviceView>| {
        device.map_or_else(String::new, |device| clean(&device.name).into_owned())
    };
    let document = json!({
        "name": status.name,
        "account": status.account,
        "relay": status.relay,
        "time_zone": time_zone,
        "home": context.home.dir(),
        "registered": registered,
        "device": this,
    });
    let text = format!(
        "{} is one of {}'s devices now, in {}.\n\
         {} answers for you; this one follows it. Times are shown in {time_zone}, as set there.\n\n\
         Next: sotto run, then sotto devices",
        name(this),
        clean(&status.name),
        context.home.dir().display(),
        name(answers),
    );
    context.out.line(&document, &text)?;
    Ok(Outcome::Done)
}

/// What is new since the last time: the code, or what is wrong.
fn say(
    joining: &JoiningView,
    said: Option<&JoiningView>,
    context: &Context,
) -> Result<(), ApiError> {
    if joining.code.is_some() && said.is_none_or(|said| said.code.is_none()) {
        let document = json!({ "joining": joining });
        let text = devices::joining(joining, &Times::of_system());
        context.out.line(&document, text.trim_end())?;
        context
            .out
            .remark("Waiting. Ctrl-C ends the waiting; run the same again to go on.");
    } else if let Some(detail) = &joining.connection_detail
        && said.is_none_or(|said| said.connection_detail.as_ref() != Some(detail))
    {
        context.out.remark(&clean(detail));
    }
    Ok(())
}
