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
    let device_name = device_name.unwrap_or_else(host_name);
    if let Some(link) = join {
        return join::join(link, device_name, context).await;
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
        device_name,
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
    let devices = session.devices().await?;
    session.close().await?;
    let this = devices.iter().find(|device| device.this);
    let document = json!({
        "name": status.name,
        "account": status.account,
        "relay": status.relay,
        "time_zone": time_zone,
        "home": home.dir(),
        "registered": registered,
        "device": this,
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

/// What a device is called unless the user says so: as the system calls itself.
fn host_name() -> String {
    let system = rustix::system::uname();
    let name = system.nodename().to_string_lossy();
    let named = !["", "localhost"].contains(&name.trim());
    if named {
        name.into_owned()
    } else {
        "Terminal".to_owned()
    }
}
