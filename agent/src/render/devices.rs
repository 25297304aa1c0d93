//! The own devices, and one that is to become one.

use sotto_client_core::api::{DeviceState, DeviceView, JoiningView, LinkView};

use super::{
    qr,
    table::Table,
    text::{clean, short_id},
    times::Times,
};

/// The table of devices, and what to do next.
pub fn devices(devices: &[DeviceView], times: &Times) -> String {
    let mut table = Table::new(["NAME", "FINGERPRINT", "STATE", "KEEPER", "ADDED"]);
    for device in devices {
        let added = device.added_at.map(|at| times.day(at)).unwrap_or_default();
        table.row([
            &device.name,
            &device.fingerprint,
            &state(device, times),
            if device.keeper { "yes" } else { "no" },
            &added,
        ]);
    }
    let mut text = table.render();
    text += "\nA keeper may add and remove devices, and choose the one that answers for you.\n";
    for device in devices {
        if device.state == DeviceState::Listed && !device.came {
            text += &format!("\n{}", absent(device));
        }
        if device.state == DeviceState::Listed && device.parted {
            text += &format!("\n{}", parted(device));
        }
        if let Some(digits) = asks_for(device) {
            text += &format!("\n{}\n{digits}\n", asks(device));
            text += "With the six digits that it shows: sotto devices add --code CODE; if it shows none: sotto devices add --no\n";
        }
    }
    text
}

/// "this one, answers for you", "follows", "asks to be added".
fn state(device: &DeviceView, times: &Times) -> String {
    let state = match &device.state {
        DeviceState::Listed if device.parted => "cannot be read".to_owned(),
        DeviceState::Listed if device.agent => "answers for you".to_owned(),
        DeviceState::Listed if !device.came => "has not come".to_owned(),
        DeviceState::Listed => "follows".to_owned(),
        DeviceState::Leading => "is to answer for you".to_owned(),
        DeviceState::Leaving => "is being removed".to_owned(),
        DeviceState::Removed => match device.removed_at {
            Some(at) => format!("removed {}", times.day(at)),
            None => "removed".to_owned(),
        },
        DeviceState::Asking { .. } => "asks to be added".to_owned(),
        DeviceState::Joining => "is being added".to_owned(),
    };
    if device.this {
        format!("this one, {state}")
    } else {
        state
    }
}

/// What to do about a device that was added and has not been heard of.
fn absent(device: &DeviceView) -> String {
    let name = clean(&device.name);
    format!(
        "{name} has not come since it was added. Open Sotto on it while it is online.\n\
         If that does not help: sotto devices remove {}, then add it again\n",
        short_id(&device.id)
    )
}

/// What to do about a device whose data, or those of this one, are of an older state than the other's.
fn parted(device: &DeviceView) -> String {
    format!(
        "{} and this device cannot read each other any more: one of them was put back to an older copy of its data.\n\
         Remove that one on a device that may, `sotto devices remove NAME`, then add it again.\n",
        clean(&device.name)
    )
}

/// Six digits in two groups.
pub fn spaced(code: &str) -> String {
    match code.split_at_checked(3) {
        Some((first, last)) => format!("{first} {last}"),
        None => code.to_owned(),
    }
}

/// A device that has used the link.
pub fn asks(device: &DeviceView) -> String {
    let may = if device.keeper {
        ", and may add and remove devices then"
    } else {
        ""
    };
    format!("{} asks to be added{may}.", clean(&device.name))
}

/// Whether it has used the link, and the user has not decided yet.
pub fn is_asking(device: &DeviceView) -> bool {
    matches!(device.state, DeviceState::Asking { .. })
}

/// By which digits it can be told that a device that asks was given this account's link.
pub fn asks_for(device: &DeviceView) -> Option<String> {
    let DeviceState::Asking {
        account_fingerprint,
        ..
    } = &device.state
    else {
        return None;
    };
    Some(format!(
        "Compare these digits of your account with those that it shows:\n\n    {}\n\n\
         Where it shows others, the link was swapped on its way: say no.\n",
        digits(account_fingerprint)
    ))
}

fn digits(fingerprint: &str) -> String {
    let groups: Vec<&str> = fingerprint.split_whitespace().collect();
    clean(&groups.join("  ")).into_owned()
}

/// A link to open on the new device.
pub fn link(link: &LinkView, draw: bool, times: &Times) -> String {
    let mut text = format!("{}\n\n", link.link.as_str());
    if draw {
        let code = qr::render(link.link.as_str());
        text += &code.unwrap_or_else(|| "(The link is too long for a QR code.)\n".into());
        text.push('\n');
    }
    text += &format!(
        "Open it on the new device, in a browser or with `sotto init --join LINK --device-name NAME`.\n\
         It is good for one device, until {} ({}). Show it to nobody else.\n",
        times.time(link.expires_at),
        times.name()
    );
    text
}

/// A device that was added.
pub fn added(device: &DeviceView) -> String {
    format!(
        "{} is one of your devices now ({}).\n",
        clean(&device.name),
        short_id(&device.id)
    )
}

/// What a user should know before a device is removed.
pub fn removal(device: &DeviceView, devices: &[DeviceView]) -> String {
    let name = clean(&device.name);
    let mut text = format!(
        "{name} is shut out for good: it gets no more messages, and your contacts are told. \
         What is stored on it stays there until somebody deletes it.\n"
    );
    if device.agent {
        let mut others = devices
            .iter()
            .filter(|other| other.id != device.id && other.state == DeviceState::Listed);
        text += &match others.next() {
            Some(next) => format!(
                "It answers for you; from then on {} does, which knows nothing of what {name} had going on.\n",
                clean(&next.name)
            ),
            None => "It answers for you, and you have no other.\n".to_owned(),
        };
    }
    text
}

/// What a user should know before another device answers for them.
pub fn handover(device: &DeviceView, devices: &[DeviceView]) -> String {
    let name = clean(&device.name);
    let former = devices.iter().find(|other| other.agent);
    let former = former.map_or_else(|| "the one before".into(), |former| clean(&former.name));
    format!(
        "From then on {name} answers for you, and your other devices follow it. It knows your contacts,\n\
         your preferences and the meetings that are agreed. What is under way on {former} is called off.\n\
         Imported calendars are not handed over: import them on {name}.\n"
    )
}

/// A device that was made the one that answers for the user.
pub fn answers(device: &DeviceView) -> String {
    let name = clean(&device.name);
    match device.state {
        DeviceState::Leading => format!("{name} answers for you as soon as the relay is told.\n"),
        _ if device.this => format!(
            "{name} answers for you now, and your other devices follow it.\n\
             It works around the calendars that were imported here: sotto calendar import FILE.ics\n"
        ),
        _ => format!(
            "{name} answers for you now, and your other devices follow it.\n\
             It works around the calendars that were imported there.\n"
        ),
    }
}

/// Said before the reason.
pub const NOT_ADDED: &str = "This device was not added.";

/// How far a device has come that asks to be added to an account.
pub fn joining(joining: &JoiningView, times: &Times) -> String {
    let mut text = format!(
        "{} asks to be added to an account at {}. The account is:\n\n    {}\n\n",
        clean(&joining.name),
        clean(&joining.relay),
        digits(&joining.account_fingerprint)
    );
    text += &match (&joining.problem, &joining.code) {
        (Some(problem), _) => format!(
            "{NOT_ADDED} {}\n{}\n",
            clean(&problem.message),
            clean(&problem.next_step)
        ),
        (None, Some(code)) => format!(
            "Compare these digits with those that the other device shows. Where it shows others, the link was\n\
             swapped on its way: do not type the code.\n\n\
             The code is  {}\n\nType it into the other device, until {} ({}).\n",
            spaced(code),
            times.time(joining.expires_at),
            times.name()
        ),
        (None, None) => "It has not reached the other device yet.\n".to_owned(),
    };
    text
}

/// Whether the account has removed the device in hand.
pub fn is_removed(devices: &[DeviceView]) -> bool {
    let mut this = devices.iter().filter(|device| device.this);
    this.any(|device| device.state == DeviceState::Removed)
}

/// Why the device in hand does not act for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Away {
    /// Another one does, which is called so.
    Follows(String),
    /// It was removed from the account.
    Removed,
}

impl Away {
    /// Nothing, where it does act.
    pub fn of(devices: &[DeviceView]) -> Option<Self> {
        if is_removed(devices) {
            return Some(Self::Removed);
        }
        followed(devices).map(|agent| Self::Follows(agent.name.clone()))
    }
}

/// The device that answers for the user, where it is another one, which this one follows.
pub fn followed(devices: &[DeviceView]) -> Option<&DeviceView> {
    let agent = listed(devices).find(|device| device.agent);
    agent.filter(|agent| !agent.this && !is_removed(devices))
}

fn listed(devices: &[DeviceView]) -> impl Iterator<Item = &DeviceView> {
    devices.iter().filter(|device| device.state.is_listed())
}

/// What may be done `here`, a sentence; or, where another device answers for the user, that it is done
/// there: `what`, a few words.
pub fn here_or_there(away: Option<&Away>, here: &str, what: &str) -> String {
    match away {
        None => here.to_owned(),
        Some(Away::Follows(name)) => format!("{} answers for you: {what} there.", clean(name)),
        Some(Away::Removed) => "This device was removed: go on with another of yours.".to_owned(),
    }
}

/// Which device answers for the user, as this one sees it; nothing where it is this one alone.
pub fn who_answers(devices: &[DeviceView]) -> Option<String> {
    let this = devices.iter().find(|device| device.this)?;
    if is_removed(devices) {
        return Some(format!(
            "this one, {}, was removed; go on with another of yours",
            clean(&this.name)
        ));
    }
    let count = listed(devices).count();
    let agent = listed(devices).find(|device| device.agent)?;
    match (agent.this, count) {
        (true, 0 | 1) => None,
        (true, _) => Some(format!(
            "{count}; this one, {}, answers for you",
            clean(&this.name)
        )),
        (false, _) => Some(format!(
            "{count}; this one, {}, follows {}, which answers for you",
            clean(&this.name),
            clean(&agent.name)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &str, state: DeviceState) -> DeviceView {
        DeviceView {
            id: "4f2a9c0177e0c2d4".repeat(4),
            fingerprint: "4f2a 9c01 77e0 c2d4".into(),
            name: name.into(),
            this: false,
            agent: false,
            keeper: false,
            added_at: Some("2026-12-01T08:00:00Z".parse().unwrap()),
            removed_at: None,
            came: true,
            parted: false,
            state,
        }
    }

    fn laptop() -> DeviceView {
        DeviceView {
            agent: true,
            keeper: true,
            ..device("Laptop", DeviceState::Listed)
        }
    }

    #[test]
    fn a_list_says_who_answers_and_who_asks() {
        let this = DeviceView {
            this: true,
            ..laptop()
        };
        let state = DeviceState::Asking {
            link: "5be9".into(),
            tries_left: 3,
            account_fingerprint: "01234 56789 01234 56789 01234 56789".into(),
        };
        let gone = DeviceView {
            removed_at: Some("2026-12-02T08:00:00Z".parse().unwrap()),
            ..device("Tablet", DeviceState::Removed)
        };
        let all = [this, gone, device("Ph\x1bone", state)];
        assert_eq!(
            devices(&all, &Times::new("UTC")),
            "NAME    FINGERPRINT          STATE                      KEEPER  ADDED\n\
             Laptop  4f2a 9c01 77e0 c2d4  this one, answers for you  yes     Tue 1 Dec 2026\n\
             Tablet  4f2a 9c01 77e0 c2d4  removed Wed 2 Dec 2026     no      Tue 1 Dec 2026\n\
             Ph\u{fffd}one  4f2a 9c01 77e0 c2d4  asks to be added           no      Tue 1 Dec 2026\n\
             \nA keeper may add and remove devices, and choose the one that answers for you.\n\
             \nPh\u{fffd}one asks to be added.\n\
             Compare these digits of your account with those that it shows:\n\n    \
             01234  56789  01234  56789  01234  56789\n\n\
             Where it shows others, the link was swapped on its way: say no.\n\n\
             With the six digits that it shows: sotto devices add --code CODE; if it shows none: sotto devices add --no\n"
        );
    }

    #[test]
    fn a_device_that_never_came_comes_with_what_to_do() {
        let never = DeviceView {
            came: false,
            ..device("Ph\x1bone", DeviceState::Listed)
        };
        let text = devices(&[laptop(), never], &Times::new("UTC"));
        assert!(text.contains("  has not come  "), "{text}");
        assert!(
            text.contains("\nPh\u{fffd}one has not come since it was added."),
            "{text}"
        );
        assert!(
            text.contains("sotto devices remove 4f2a9c01, then"),
            "{text}"
        );
        let came = devices(
            &[laptop(), device("Phone", DeviceState::Listed)],
            &Times::new("UTC"),
        );
        assert!(!came.contains("come"), "{came}");
    }

    #[test]
    fn a_device_that_cannot_be_read_comes_with_what_to_do() {
        let old = DeviceView {
            parted: true,
            ..device("Ph\x1bone", DeviceState::Listed)
        };
        let text = devices(&[laptop(), old], &Times::new("UTC"));
        assert!(text.contains("  cannot be read  "), "{text}");
        assert!(
            text.contains("\nPh\u{fffd}one and this device cannot read each other any more"),
            "{text}"
        );
    }

    #[test]
    fn whoever_lets_another_device_answer_hears_what_is_not_handed_over_and_how_it_went() {
        let phone = device("Ph\x1bone", DeviceState::Listed);
        let text = handover(&phone, &[laptop(), phone.clone()]);
        for said in [
            "From then on Ph\u{fffd}one answers for you",
            "Imported calendars are not handed over",
            "What is under way on Laptop is called off.",
        ] {
            assert!(text.contains(said), "{text}");
        }
        let leading = device("Phone", DeviceState::Leading);
        assert!(answers(&leading).ends_with("as soon as the relay is told.\n"));
        let table = devices(&[laptop(), leading], &Times::new("UTC"));
        assert!(table.contains("  is to answer for you  "), "{table}");
        assert!(answers(&phone).ends_with("imported there.\n"));
        let this = DeviceView {
            this: true,
            ..phone
        };
        assert!(answers(&this).ends_with("sotto calendar import FILE.ics\n"));
    }

    #[test]
    fn a_status_says_who_answers_where_there_are_several() {
        let this = |device: DeviceView| DeviceView {
            this: true,
            ..device
        };
        let phone = || device("Phone", DeviceState::Listed);
        assert_eq!(who_answers(&[this(laptop())]), None);
        let said = who_answers(&[this(laptop()), phone()]);
        assert_eq!(said.unwrap(), "2; this one, Laptop, answers for you");
        let said = who_answers(&[laptop(), this(phone())]);
        assert_eq!(
            said.unwrap(),
            "2; this one, Phone, follows Laptop, which answers for you"
        );
    }

    #[test]
    fn a_device_that_was_removed_follows_nobody() {
        let gone = DeviceView {
            this: true,
            ..device("Phone", DeviceState::Removed)
        };
        let removed = [laptop(), gone];
        assert_eq!(followed(&removed), None);
        assert_eq!(
            who_answers(&removed).unwrap(),
            "this one, Phone, was removed; go on with another of yours"
        );
        let here = DeviceView {
            this: true,
            ..device("Phone", DeviceState::Listed)
        };
        let all = [laptop(), here];
        assert_eq!(followed(&all), Some(&laptop()));
        let said = |all: &[DeviceView]| {
            here_or_there(Away::of(all).as_ref(), "Import one here.", "import one")
        };
        assert_eq!(said(&all), "Laptop answers for you: import one there.");
        assert_eq!(said(&all[..0]), "Import one here.");
        assert_eq!(
            said(&removed),
            "This device was removed: go on with another of yours."
        );
    }

    #[test]
    fn whoever_removes_the_one_that_answers_hears_who_does_then() {
        let phone = device("Phone", DeviceState::Listed);
        let mut other = laptop();
        other.id = "00".into();
        let said = removal(&other, &[other.clone(), phone.clone()]);
        assert!(said.contains("from then on Phone does"), "{said}");
        let said = removal(&phone, &[other, phone.clone()]);
        assert!(!said.contains("from then on"), "{said}");
    }
}
