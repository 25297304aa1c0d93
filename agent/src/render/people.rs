//! Contacts and invitations.

use jiff::{SignedDuration, Timestamp};
use sotto_client_core::api::{
    ContactDeviceView, ContactRef, ContactState, ContactView, HoldView, InvitationView,
    ProposalView,
};

use super::{
    devices::{Away, here_or_there},
    keys,
    table::Table,
    text::{clean, count, short, short_id, short_len},
    times::Times,
};

/// After how long without an approval there is more to do than to wait.
const PATIENCE: SignedDuration = SignedDuration::from_hours(3 * 24);

/// The table of contacts, and what to do next.
pub fn contacts(
    contacts: &[ContactView],
    away: Option<&Away>,
    times: &Times,
    now: Timestamp,
) -> String {
    if contacts.is_empty() {
        let invite = here_or_there(away, "Invite somebody: `sotto invite`.", "invite somebody");
        return format!(
            "No contacts yet. {invite} Or accept an invitation: `sotto accept LINK`.\n"
        );
    }
    let len = short_len(contacts.iter().map(|c| c.id.as_str()));
    let mut table = Table::new(["ID", "NAME", "STATE", "VERIFIED", "DEVICES", "SINCE"]);
    for contact in contacts {
        table.row([
            &short(&contact.id, len),
            &contact.name,
            if contact.hold.is_some() {
                STOPPED
            } else {
                contact_state(contact.state)
            },
            verified(contact),
            &contact.devices.len().to_string(),
            &times.day(contact.since),
        ]);
    }
    let mut text = table.render();
    for contact in contacts {
        text += &warnings(contact, &short(&contact.id, len));
    }
    let requested = contacts.iter().filter(|c| {
        c.state == ContactState::Requested && c.hold.is_none() && c.same_name.is_none()
    });
    for contact in requested {
        text += &format!("\n{}", request(contact, away, &short(&contact.id, len)));
    }
    for contact in contacts {
        let name = clean(&contact.name);
        match contact.state {
            ContactState::Unreachable => {
                text += &format!(
                    "\n{name} cannot be reached: the relay does not know their mailbox. {}\n",
                    again_or_anew(&name)
                );
            }
            ContactState::Declined => text += &format!("\n{}\n", not_good(&name)),
            ContactState::Waiting if now.duration_since(contact.since) > PATIENCE => {
                text += &format!(
                    "\n{name} has not approved you since {}. Remind {name}, or ask for a new invitation.\n",
                    times.day(contact.since)
                );
            }
            _ => {}
        }
        if let Some(missing) = keys::missing(contact) {
            text += &format!("\n{missing}\n");
        }
        if contact.unreadable > 0 {
            text += &format!(
                "\n{} from {name} could not be read; see sotto history {}. \
                 If there are more and more, ask {name} for a new invitation.\n",
                count(contact.unreadable as usize, "message", "messages"),
                short(&contact.id, len)
            );
        }
    }
    text
}

/// The state of a contact to whom nothing is sent until the user has decided.
pub const STOPPED: &str = "stopped";

fn verified(contact: &ContactView) -> &'static str {
    match (contact.verified, contact.was_verified) {
        (true, _) => "yes",
        (false, true) => "NOT ANY MORE",
        (false, false) => "no",
    }
}

/// What is to be decided about a contact, and compared anew; each a paragraph.
fn warnings(contact: &ContactView, id: &str) -> String {
    let name = clean(&contact.name);
    let mut text = String::new();
    if let Some(hold) = &contact.hold {
        text += &format!(
            "\nSending to {name} is stopped. {}\n{}\nThen: sotto contacts decide {id}\n",
            clean(&hold.happened),
            clean(&hold.first),
        );
    }
    if let Some(known) = &contact.same_name {
        let known_id = short_id(&known.id);
        text += &format!(
            "\n{name} ({id}) came under the name of {} ({known_id}). Decide first whether they are one person: sotto contacts decide {known_id}\n",
            clean(&known.name),
        );
    }
    if contact.was_verified {
        text += &format!(
            "\n{name} was verified, and is not any more. Compare the safety number anew: sotto contacts verify {id}\n"
        );
    }
    text
}

/// What is to be decided about a contact.
pub fn hold(contact: &ContactView, hold: &HoldView) -> String {
    let name = clean(&contact.name);
    let mut text = format!("Sending to {name} is stopped. {}\n", clean(&hold.happened));
    if hold.waiting > 0 {
        text += &format!(
            "{} for {name} until you have decided.\n",
            match hold.waiting {
                1 => "1 message waits".to_owned(),
                more => format!("{more} messages wait"),
            }
        );
    }
    text += &format!("\n{}\n", clean(&hold.first));
    for (option, choice) in [("keep", &hold.keep), ("take", &hold.take)] {
        text += &format!(
            "\n  {option}  {}\n        {}\n",
            clean(&choice.label),
            clean(&choice.meaning)
        );
    }
    text
}

/// What an invitation is accepted in spite of.
pub fn same_name(name: &str, known: &ContactRef) -> String {
    format!(
        "You know a {} already ({}), under another account key. The one who made this invitation may have begun anew, be somebody else, or pretend.\nIf you accept it, nothing more is sent to the {} whom you know until you have decided whether they are one person.\n",
        clean(&known.name),
        short_id(&known.id),
        clean(name),
    )
}

/// Somebody who used an invitation.
fn request(contact: &ContactView, away: Option<&Away>, id: &str) -> String {
    let approve = format!("Let them in: sotto contacts approve {id}");
    format!(
        "{} used your invitation. {}\n",
        clean(&contact.name),
        here_or_there(away, &approve, "let them in")
    )
}

/// What became of one contact.
pub fn contact(contact: &ContactView, away: Option<&Away>) -> String {
    let name = clean(&contact.name);
    let id = short_id(&contact.id);
    let warnings = warnings(contact, &id);
    let said = match contact.state {
        ContactState::Waiting => {
            format!("{name} was asked ({id}). They have to approve; then your agents can talk.\n")
        }
        _ if contact.hold.is_some() => format!("{name} is a contact ({id}).\n"),
        ContactState::Requested if contact.same_name.is_some() => {
            format!("{name} used your invitation ({id}).\n")
        }
        ContactState::Requested => request(contact, away, &id),
        ContactState::Active if contact.was_verified => format!("{name} is a contact ({id}).\n"),
        ContactState::Active if contact.verified => {
            format!("{name} is a contact ({id}), and verified.\n")
        }
        ContactState::Active => {
            format!(
                "{name} is a contact ({id}). Compare the safety number: sotto contacts verify {id}\n"
            )
        }
        ContactState::Unreachable => {
            format!(
                "{name} cannot be reached ({id}): the relay does not know their mailbox. They have ended the acquaintance, or the relay has lost it.\n{}\n",
                again_or_anew(&name)
            )
        }
        ContactState::Declined => {
            format!("{name} is no contact ({id}). {}\n", not_good(&name))
        }
        ContactState::Blocked => format!("{name} is blocked ({id}).\n"),
    };
    said + &warnings
}

/// One contact, and their devices.
pub fn details(contact: &ContactView, away: Option<&Away>, times: &Times) -> String {
    let mut table = Table::new(["FINGERPRINT", "KNOWN SINCE", "STATE"]);
    for device in &contact.devices {
        table.row([
            &device.fingerprint,
            &times.day(device.since),
            &device_state(device),
        ]);
    }
    format!(
        "{}\nSince {}, by way of {}. Their devices:\n\n{}",
        self::contact(contact, away),
        times.day(contact.since),
        clean(&contact.relay),
        table.render()
    )
}

/// "answers for them, not met yet".
fn device_state(device: &ContactDeviceView) -> String {
    let leads = if device.leads {
        "answers for them"
    } else {
        "follows"
    };
    match device.reachable {
        true => leads.to_owned(),
        false => format!("{leads}, cannot be written to from here yet"),
    }
}

/// The table of open invitations.
pub fn invitations(invitations: &[InvitationView], away: Option<&Away>, times: &Times) -> String {
    if invitations.is_empty() {
        let make = here_or_there(away, "Make one with `sotto invite`.", "make one");
        return format!("No open invitations. {make}\n");
    }
    let len = short_len(invitations.iter().map(|i| i.id.as_str()));
    let mut table = Table::new(["ID", "FOR", "UNTIL"]);
    for invitation in invitations {
        table.row([
            &short(&invitation.id, len),
            &guests(invitation.uses_left),
            &times.moment(invitation.expires_at),
        ]);
    }
    format!("{}\nTimes are in {}.\n", table.render(), times.name())
}

/// How many may use an invitation: "1 person", "20 people".
pub fn guests(uses: u32) -> String {
    count(uses as usize, "person", "people")
}

/// What to do about a contact whose mailbox is gone. Their invitation renews the
/// acquaintance; one of mine would not, where all is well as they see it.
fn again_or_anew(name: &str) -> String {
    format!("Ask for a meeting again later, or ask {name} for a new invitation.")
}

/// All that is known when the relay refused my answer to an invitation.
fn not_good(name: &str) -> String {
    format!(
        "The invitation had been used or taken back, or its time was over. Ask {name} for a new one."
    )
}

/// The safety number, for reading aloud.
pub fn safety_number(contact: &ContactView) -> String {
    let groups: Vec<&str> = contact.safety_number.split_whitespace().collect();
    let mut text = format!("Your safety number with {}:\n\n", clean(&contact.name));
    for line in groups.chunks(4) {
        text += &format!("    {}\n", clean(&line.join("  ")));
    }
    text += "\nCompare it with the one that they see, over another channel than Sotto.\n";
    text
}

/// The agreed meetings with somebody whom one is about to leave, each with what calls it off
/// first; nothing where there are none.
pub fn meetings_ahead(contact: &ContactView, meetings: &[ProposalView], times: &Times) -> String {
    if meetings.is_empty() {
        return String::new();
    }
    let mut text = "You have agreed on:\n".to_owned();
    for meeting in meetings {
        text += &format!(
            "  {}: sotto proposals cancel {}\n",
            clean(&meeting_words(meeting, times)),
            short_id(&meeting.id)
        );
    }
    let name = clean(&contact.name);
    let (it, it_stays) = match meetings {
        [_] => ("it", "it stays"),
        _ => ("them", "they stay"),
    };
    text + &if contact.state == ContactState::Active {
        format!(
            "Call {it} off first, and {name}'s agent hears of it; otherwise {it_stays} in both calendars.\n"
        )
    } else {
        format!(
            "Call {it} off first, or {it_stays} in your calendar. {name}'s agent cannot be reached: tell {name} yourself.\n"
        )
    }
}

/// What becomes of the agreed meetings with somebody whom one leaves, in a sentence.
pub fn meetings_left(contact: &ContactView, meetings: &[ProposalView], times: &Times) -> String {
    let named: Vec<String> = meetings
        .iter()
        .map(|meeting| {
            let id = short_id(&meeting.id);
            format!("{} ({id})", meeting_words(meeting, times))
        })
        .collect();
    let stays = match meetings {
        [_] => "stays",
        _ => "stay",
    };
    let calendars = if contact.state == ContactState::Active {
        "both calendars"
    } else {
        "your calendar"
    };
    format!(
        "You have agreed on {}, which {stays} in {calendars}.",
        named.join(" and ")
    )
}

/// "\"Garden\", Tue 1 Dec 2026 09:30–10:00".
fn meeting_words(meeting: &ProposalView, times: &Times) -> String {
    let slot = meeting.slot.map(|slot| format!(", {}", times.slot(&slot)));
    format!("\"{}\"{}", meeting.title, slot.unwrap_or_default())
}

/// How far an acquaintance has come, in words.
pub fn contact_state(state: ContactState) -> &'static str {
    match state {
        ContactState::Waiting => "waits for them",
        ContactState::Requested => "waits for you",
        ContactState::Active => "active",
        ContactState::Unreachable => "unreachable",
        ContactState::Declined => "invitation refused",
        ContactState::Blocked => "blocked",
    }
}

#[cfg(test)]
mod tests {
    use sotto_client_core::api::{ChoiceView, HoldKind, MissingPrekey};

    use super::*;

    fn robin(state: ContactState) -> ContactView {
        ContactView {
            id: "c0ffee00aa".into(),
            their_name: "Robin".into(),
            unreadable: 0,
            missing_prekeys: Vec::new(),
            of_agent: false,
            name: "Robin\x1b[0m".into(),
            state,
            verified: false,
            safety_number: "12345 ".repeat(12).trim().into(),
            relay: "http://127.0.0.1:8787".into(),
            since: "2026-12-01T08:00:00Z".parse().unwrap(),
            devices: Vec::new(),
            was_verified: false,
            hold: None,
            same_name: None,
        }
    }

    /// As it is shown an hour after `since`.
    fn shown(contact: ContactView) -> String {
        let now = contact.since + SignedDuration::from_hours(1);
        contacts(&[contact], None, &Times::new("UTC"), now)
    }

    #[test]
    fn a_request_comes_with_the_command_that_answers_it() {
        let text = shown(robin(ContactState::Requested));
        assert!(text.contains("sotto contacts approve c0ffee00\n"), "{text}");
        assert!(!text.contains('\x1b'));
        // Where another device answers, it does not.
        let there = contact(
            &robin(ContactState::Requested),
            Some(&Away::Follows("Laptop".into())),
        );
        let said = " used your invitation. Laptop answers for you: let them in there.\n";
        assert!(there.ends_with(said), "{there}");
    }

    #[test]
    fn a_contact_has_so_many_devices_and_these_are_they() {
        let device = |start: &str, leads: bool| ContactDeviceView {
            fingerprint: format!("{start} 9c01 77e0 c2d4"),
            since: "2026-12-02T08:00:00Z".parse().unwrap(),
            reachable: leads,
            leads,
        };
        let twice = ContactView {
            devices: vec![device("4f2a", true), device("5be9", false)],
            ..robin(ContactState::Active)
        };
        let row = "active  no        2        Tue 1 Dec 2026";
        let text = shown(twice.clone());
        assert!(text.lines().nth(1).unwrap().ends_with(row), "{text}");
        let text = details(&twice, None, &Times::new("UTC"));
        assert!(
            text.starts_with("Robin\u{fffd}[0m is a contact (c0ffee00)."),
            "{text}"
        );
        assert!(
            text.ends_with(
                "\nSince Tue 1 Dec 2026, by way of http://127.0.0.1:8787. Their devices:\n\n\
                 FINGERPRINT          KNOWN SINCE     STATE\n\
                 4f2a 9c01 77e0 c2d4  Wed 2 Dec 2026  answers for them\n\
                 5be9 9c01 77e0 c2d4  Wed 2 Dec 2026  follows, cannot be written to from here yet\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn what_is_wrong_with_a_contact_is_said_under_the_table() {
        let lost = ContactView {
            unreadable: 2,
            ..robin(ContactState::Unreachable)
        };
        let text = shown(lost.clone());
        assert!(text.contains("cannot be reached"), "{text}");
        // An invitation of mine heals nothing where they think that all is well.
        let ask = "ask Robin\u{fffd}[0m for a new invitation.\n";
        assert_eq!(text.matches(ask).count(), 2, "{text}");
        assert!(
            contact(&lost, None).ends_with(ask),
            "{}",
            contact(&lost, None)
        );
        assert!(
            text.contains(
                "2 messages from Robin\u{fffd}[0m could not be read; see sotto history c0ffee00."
            ),
            "{text}"
        );
        let fine = shown(robin(ContactState::Active));
        assert_eq!(fine.lines().count(), 2, "{fine}");
    }

    #[test]
    fn whom_nothing_is_sent_to_is_named_with_what_to_do() {
        let choice = |label: &str| ChoiceView {
            label: label.into(),
            meaning: "So it goes on.".into(),
        };
        let held = ContactView {
            hold: Some(HoldView {
                kind: HoldKind::ListForked,
                since: "2026-12-01T09:00:00Z".parse().unwrap(),
                other: None,
                happened: "Two lists.".into(),
                first: "Ask.".into(),
                keep: choice("Keep what I know"),
                take: choice("Believe the other"),
                waiting: 2,
            }),
            was_verified: true,
            ..robin(ContactState::Active)
        };
        let text = shown(held.clone());
        let row = text.lines().nth(1).unwrap();
        assert!(
            row.contains("stopped") && row.contains("NOT ANY MORE"),
            "{text}"
        );
        assert!(
            text.contains("Two lists.\nAsk.\nThen: sotto contacts decide c0ffee00\n"),
            "{text}"
        );
        assert!(text.contains("was verified, and is not any more"), "{text}");
        let asked = hold(&held, held.hold.as_ref().unwrap());
        assert!(asked.contains("2 messages wait for Robin"), "{asked}");
        assert!(asked.contains("\n  keep  Keep what I know\n"), "{asked}");
        assert!(asked.contains("\n  take  Believe the other\n"), "{asked}");
        assert!(!asked.contains('\x1b'));

        let newcomer = ContactView {
            same_name: Some(ContactRef {
                id: "abcdef0123".into(),
                name: "Robin".into(),
            }),
            ..robin(ContactState::Requested)
        };
        let text = shown(newcomer);
        assert!(text.contains("sotto contacts decide abcdef01\n"), "{text}");
        assert!(!text.contains("contacts approve"), "{text}");
    }

    #[test]
    fn what_a_first_contact_went_without_is_said_under_the_table() {
        let lacking = |missing: &[MissingPrekey]| {
            shown(ContactView {
                missing_prekeys: missing.to_vec(),
                ..robin(ContactState::Active)
            })
        };
        assert_eq!(lacking(&[]).lines().count(), 2);
        let (one_time, ml_kem) = (MissingPrekey::OneTime, MissingPrekey::MlKem);
        for (missing, said) in [
            (
                &[one_time][..],
                "without a one-time key, of which none was left. Until you both",
            ),
            (&[ml_kem], "without a one-time post-quantum key, of which"),
            (
                &[one_time, ml_kem],
                "without one-time keys, of which none was left. Until a few",
            ),
        ] {
            let text = lacking(missing);
            assert!(text.contains(said), "{text}");
        }
    }

    #[test]
    fn a_refused_invitation_is_nobodys_no() {
        let known = "The invitation had been used or taken back, or its time was over. Ask Robin\u{fffd}[0m for a new one.\n";
        let refused = robin(ContactState::Declined);
        assert!(
            contact(&refused, None).ends_with(known),
            "{}",
            contact(&refused, None)
        );
        let text = shown(refused);
        assert!(text.ends_with(known), "{text}");
        assert!(!text.contains("declined"), "{text}");
    }

    #[test]
    fn who_waits_for_long_hears_what_to_do() {
        let waiting = robin(ContactState::Waiting);
        let after = |time: SignedDuration| {
            let now = waiting.since + time;
            contacts(
                std::slice::from_ref(&waiting),
                None,
                &Times::new("UTC"),
                now,
            )
        };
        assert_eq!(after(PATIENCE).lines().count(), 2);
        let text = after(PATIENCE + SignedDuration::from_secs(1));
        assert!(
            text.contains("since Tue 1 Dec 2026. Remind Robin\u{fffd}[0m, or ask"),
            "{text}"
        );
    }

    #[test]
    fn invitations_are_listed_without_their_links() {
        let open = InvitationView {
            id: "5be90d17aa".into(),
            link: "https://sotto.example/#invite=secret".to_owned().into(),
            expires_at: "2026-12-08T08:12:00Z".parse().unwrap(),
            uses_left: 20,
            account_fingerprint: "12345 ".repeat(6).trim().into(),
        };
        let times = Times::new("Europe/Berlin");
        assert_eq!(
            invitations(&[open], None, &times),
            "ID        FOR        UNTIL\n\
             5be90d17  20 people  Tue 8 Dec 2026 09:12\n\
             \nTimes are in Europe/Berlin.\n"
        );
        assert!(invitations(&[], None, &times).contains("sotto invite"));
    }

    #[test]
    fn the_safety_number_is_in_three_lines_of_four_groups() {
        let text = safety_number(&robin(ContactState::Active));
        let line = "    12345  12345  12345  12345\n";
        assert_eq!(text.matches(line).count(), 3, "{text}");
    }
}
