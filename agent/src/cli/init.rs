//! `sotto init`.

use serde_json::json;
use sotto_client_core::{
    api::{ApiError, ApiErrorCode},
    client::Profile,
    vault::strength,
};

use super::{
    Context, Outcome,
    args::Init,
    connection::cut_off,
    join, passphrase,
    session::{Found, Session, find},
};
use crate::{
    error::{vault_busy, vault_exists},
    render::{text::clean, times::system_zone},
    vault,
};

pub(super) async fn init(args: Init, context: &Context) -> Result<Outcome, ApiError> {
    let Init {
        relay,
        name,
        time_zone,
        join,
        device_name,
    } = args;
    if let (Some(link), Some(device)) = (join, device_name) {
        return join::join(link, device, context).await;
    }
    let home = &context.home;
    if vault::exists(home)? {
        return Err(vault_exists(home.dir()));
    }
    let (time_zone, assumed) = match time_zone {
        Some(zone) => (zone, false),
        None => system_zone().map_or_else(|| ("UTC".to_owned(), true), |zone| (zone, false)),
    };
    let profile = Profile {
        // One that is missing is wrong usage, which was said before.
        name: name.unwrap_or_default(),
        relay: relay.unwrap_or_default(),
        time_zone: time_zone.clone(),
    };
    profile.check()?;
    let passphrase = passphrase::new(passphrase::NEW)?;
    home.create()?;
    let Found::Free(lock) = find(context).await? else {
        return Err(vault_busy(home.dir()));
    };
    let strength = strength::measure(&passphrase);
    let vault = vault::create(home, lock, profile, passphrase).await?;
    passphrase::warn_of_weak(&strength, context);
    if assumed {
        context.out.warn(&ApiError::new(
            ApiErrorCode::ValueInvalid,
            "This system does not say which time zone it is in; UTC is taken.",
            "Set yours with `sotto preferences set --time-zone Europe/Berlin`.",
        ));
    }
    let mut session = Session::own(vault, context.reach)?;
    let registered = session.hand_over().await?.is_none();
    let status = session.status().await?;
    if !registered {
        context.out.warn(&ApiError::new(
            ApiErrorCode::RelayUnreachable,
            format!("The vault is made, but the relay does not know it yet. {}", cut_off(&status)),
            "Check the URL; `sotto run` or the next command registers it as soon as the relay answers.",
        ));
    }
    session.close().await?;
    let document = json!({
        "name": status.name,
        "account": status.account,
        "relay": status.relay,
        "time_zone": time_zone,
        "home": home.dir(),
        "registered": registered,
    });
    context.out.show(&document, || {
        format!(
            "Made a vault for {} in {}.\nRelay {}, time zone {time_zone}.\n\n\
             Next: sotto calendar import FILE.ics, then sotto invite\n",
            clean(&status.name),
            home.dir().display(),
            clean(&status.relay),
        )
    })?;
    Ok(Outcome::Done)
}
