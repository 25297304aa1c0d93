//! `sotto accept` and `sotto contacts`.

use jiff::Timestamp;
use serde_json::json;
use sotto_client_core::{
    api::{
        Answer, ApiError, ApiErrorCode, Command, ContactView, HoldDecision, HoldView,
        InvitationLink, ProposalState, ProposalView, Query,
    },
    invitation::inspect,
};

use super::{
    Context, Outcome,
    args::{Accept, Contacts, ContactsVerb, Decide, Verify},
    ask::{agreed, answer, asks, confirmed},
    safety_code,
    session::{Need, Session, expect_reply},
};
use crate::{
    error::value_invalid,
    render::{keys, people, text::clean, times::Times},
};

pub(super) async fn accept(args: Accept, context: &Context) -> Result<Outcome, ApiError> {
    let link: InvitationLink = args.link.into();
    // What is no invitation is said before anything else is asked or waited for.
    let preview = inspect(&link)?;
    if args.look {
        context.out.show(&preview, || keys::preview(&preview))?;
        return Ok(Outcome::Done);
    }
    context.out.remark(&keys::preview(&preview));
    let mut session = Session::open(context, Need::Fresh).await?;
    check_name(&mut session, &link, args.yes, context).await?;
    let command = Command::AcceptInvitation { link };
    let reply = session.command_online(command, context).await?;
    let contact = expect_reply!(reply, Contact)?;
    session.settle(context).await?;
    let text = || people::contact(&contact, None);
    context.out.show(&contact, text)?;
    Ok(Outcome::Done)
}

/// That the user knows nobody of the inviter's name under another key, or wants it all the same.
async fn check_name(
    session: &mut Session,
    link: &InvitationLink,
    yes: bool,
    context: &Context,
) -> Result<(), ApiError> {
    let link = link.clone();
    let looked = session.query(Query::InspectInvitation { link }).await?;
    let Answer::InvitationPreview(preview) = looked else {
        return Ok(());
    };
    let Some(known) = preview.same_name.filter(|_| !yes) else {
        return Ok(());
    };
    let told = people::same_name(&preview.name, &known);
    if asks(context) && confirmed(&format!("{told}Accept it? [y/N] ")) {
        return Ok(());
    }
    let name = clean(&known.name);
    Err(ApiError::new(
        ApiErrorCode::ContactHeld,
        format!(
            "The invitation was not accepted: you know a {name} already, under another account key."
        ),
        format!(
            "Ask {name} by another way whether they have begun anew; then say yes when it asks, or --yes."
        ),
    ))
}

pub(super) async fn contacts(args: Contacts, context: &Context) -> Result<Outcome, ApiError> {
    let mut session = Session::open(context, Need::Fresh).await?;
    match args.verb.unwrap_or(ContactsVerb::List) {
        ContactsVerb::List => {
            let contacts = session.contacts().await?;
            let (times, away) = (session.times().await?, session.away().await?);
            session.close().await?;
            context.out.show(&contacts, || {
                people::contacts(&contacts, away.as_ref(), &times, Timestamp::now())
            })?;
        }
        ContactsVerb::Show { contact } => {
            let contact = find(&session.contacts().await?, &contact)?;
            let (times, away) = (session.times().await?, session.away().await?);
            session.close().await?;
            let text = || people::details(&contact, away.as_ref(), &times);
            context.out.show(&contact, text)?;
        }
        ContactsVerb::Approve { contact } => {
            change(session, Command::ApproveContact { contact }, context).await?;
        }
        ContactsVerb::Block { contact } => {
            let contact = find(&session.contacts().await?, &contact)?;
            if !contact.of_agent {
                let (meetings, times) = ahead(&mut session, &contact).await?;
                warn_of_meetings(&contact, &meetings, &times, context);
            }
            let contact = contact.id;
            change(session, Command::BlockContact { contact }, context).await?;
        }
        ContactsVerb::Rename { contact, name } => {
            let command = Command::RenameContact { contact, name };
            let renamed = expect_reply!(session.command(command).await?, Contact)?;
            let away = session.away().await?;
            session.close().await?;
            let text = || people::contact(&renamed, away.as_ref());
            context.out.show(&renamed, text)?;
        }
        ContactsVerb::Decide(args) => decide(session, &args, context).await?,
        ContactsVerb::Verify(args) => match (args.contact.as_deref(), args.code.clone()) {
            (named, Some(code)) => {
                safety_code::compare(session, code, named, args.yes, context).await?;
            }
            (Some(named), None) if args.qr => safety_code::show(session, named, context).await?,
            (Some(named), None) => verify(session, named, &args, context).await?,
            // Not let through by the command line.
            (None, None) => {}
        },
        ContactsVerb::Remove { contact, yes } => remove(session, &contact, yes, context).await?,
    }
    Ok(Outcome::Done)
}

/// What the other side is to notice.
async fn change(mut session: Session, command: Command, context: &Context) -> Result<(), ApiError> {
    let changed = expect_reply!(session.command(command).await?, Contact)?;
    session.hand_over().await?;
    // What the relay said to it may have changed it once more.
    let contacts = session.contacts().await?;
    let by_now = contacts.into_iter().find(|now| now.id == changed.id);
    let contact = by_now.unwrap_or(changed);
    let away = session.away().await?;
    session.settle(context).await?;
    context
        .out
        .show(&contact, || people::contact(&contact, away.as_ref()))
}

async fn remove(
    mut session: Session,
    named: &str,
    yes: bool,
    context: &Context,
) -> Result<(), ApiError> {
    let contact = find(&session.contacts().await?, named)?;
    let name = clean(&contact.name);
    // What the core refuses anyway is not asked about.
    if !contact.of_agent {
        let (meetings, times) = ahead(&mut session, &contact).await?;
        if yes {
            warn_of_meetings(&contact, &meetings, &times, context);
        } else {
            let question = removal(&contact, &meetings, &times);
            agreed(&question, &format!("{name} was not removed."), context)?;
        }
    }
    let command = Command::RemoveContact {
        contact: contact.id.clone(),
    };
    session.command(command).await?;
    session.settle(context).await?;
    let removed = || {
        format!(
            "{name} is removed. What was said stays in the history, and agreed meetings in the agenda.\n"
        )
    };
    context.out.show(&json!({"done": true}), removed)
}

/// The agreed meetings with somebody that are not over, the next one first.
async fn ahead(
    session: &mut Session,
    contact: &ContactView,
) -> Result<(Vec<ProposalView>, Times), ApiError> {
    let now = Timestamp::now();
    let mut ahead = session.proposals().await?;
    ahead.retain(|meeting| {
        meeting.contact.id == contact.id
            && meeting.state == ProposalState::Confirmed
            && meeting.slot.is_some_and(|slot| slot.end > now)
    });
    ahead.sort_by_key(|meeting| meeting.slot.map(|slot| slot.start));
    Ok((ahead, session.times().await?))
}

/// Where nobody is asked, the meetings are named all the same.
fn warn_of_meetings(
    contact: &ContactView,
    meetings: &[ProposalView],
    times: &Times,
    context: &Context,
) {
    if !meetings.is_empty() {
        context.out.warn(&ApiError::new(
            ApiErrorCode::WrongState,
            people::meetings_left(contact, meetings, times),
            format!(
                "`sotto proposals cancel ID` calls one off, but only before this: if you cannot come, tell {} yourself.",
                contact.name
            ),
        ));
    }
}

fn removal(contact: &ContactView, meetings: &[ProposalView], times: &Times) -> String {
    let question = format!("Remove {}? [y/N] ", clean(&contact.name));
    people::meetings_ahead(contact, meetings, times) + &question
}

async fn decide(mut session: Session, args: &Decide, context: &Context) -> Result<(), ApiError> {
    let contacts = session.contacts().await?;
    // Somebody else may have come under the name: of the two, the one about whom to decide is meant.
    let held: Vec<ContactView> = contacts
        .iter()
        .filter(|c| c.hold.is_some())
        .cloned()
        .collect();
    let contact = find(&held, &args.contact).or_else(|_| find(&contacts, &args.contact))?;
    let decision = match (args.keep, args.take, &contact.hold) {
        (true, ..) => HoldDecision::Keep,
        (_, true, _) => HoldDecision::Take,
        (.., Some(hold)) => asked(&contact, hold, context)?,
        // The core says that there is nothing to be decided.
        (.., None) => HoldDecision::Keep,
    };
    let contact = contact.id;
    change(session, Command::DecideHold { contact, decision }, context).await
}

/// What the user says when asked.
fn asked(
    contact: &ContactView,
    hold: &HoldView,
    context: &Context,
) -> Result<HoldDecision, ApiError> {
    let name = clean(&contact.name);
    if !asks(context) {
        return Err(value_invalid(
            format!("Nothing was decided about {name}: nobody could be asked."),
            format!(
                "Ask {name} by another way, then add --keep or --take; `sotto contacts` says what happened."
            ),
        ));
    }
    let question = people::hold(contact, hold) + "\nkeep, take, or Enter to decide later: ";
    match answer(&question).as_str() {
        "keep" => Ok(HoldDecision::Keep),
        "take" => Ok(HoldDecision::Take),
        _ => Err(value_invalid(
            format!("Nothing was decided about {name}."),
            "Say keep or take when it asks, or --keep or --take. Until then nothing is sent.",
        )),
    }
}

async fn verify(
    mut session: Session,
    named: &str,
    args: &Verify,
    context: &Context,
) -> Result<(), ApiError> {
    let before = find(&session.contacts().await?, named)?;
    if !args.undo {
        if !context.out.is_json() {
            context.out.show(&(), || people::safety_number(&before))?;
        }
        check_compared(&before, args, context)?;
    }
    // The contact may have been named by a beginning that another one has by now.
    let command = Command::VerifyContact {
        contact: before.id,
        verified: !args.undo,
    };
    let after = expect_reply!(session.command(command).await?, Contact)?;
    session.close().await?;
    let state = if after.verified {
        "verified"
    } else {
        "not verified any more"
    };
    context
        .out
        .show(&after, || format!("{} is {state}.\n", clean(&after.name)))
}

/// That somebody compared the number: it was given, or the user says so.
fn check_compared(contact: &ContactView, args: &Verify, context: &Context) -> Result<(), ApiError> {
    let name = clean(&contact.name);
    if let Some(number) = &args.number {
        return check_number(contact, number);
    }
    if args.yes {
        return Ok(());
    }
    if !asks(context) {
        return Err(value_invalid(
            "Nothing was recorded: nobody said that the safety number was compared.",
            format!(
                "Compare it with {name}, then add --number with the digits that they read to you, or --yes."
            ),
        ));
    }
    if confirmed("\nDo they agree? [y/N] ") {
        return Ok(());
    }
    Err(value_invalid(
        format!("{name} is not verified: nothing was recorded."),
        format!(
            "If the numbers differ, somebody may be listening: block {name}, and meet anew with an invitation over a channel that you trust."
        ),
    ))
}

fn check_number(contact: &ContactView, number: &str) -> Result<(), ApiError> {
    let digits = |text: &str| -> String { text.split_whitespace().collect() };
    let (given, expected) = (digits(number), digits(&contact.safety_number));
    if given == expected {
        return Ok(());
    }
    let name = clean(&contact.name);
    if given.len() != expected.len() || !given.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(value_invalid(
            format!(
                "Expected a safety number of {} digits, found {number:?}.",
                expected.len()
            ),
            format!("Let {name} read all of it to you; spaces do not count."),
        ));
    }
    Err(value_invalid(
        format!("This is not the safety number of you and {name}: nothing was recorded."),
        format!(
            "Compare it once more. If it still differs, somebody may be listening: block {name}, and meet anew with an invitation over a channel that you trust."
        ),
    ))
}

/// The contact that the user names, as the core resolves it.
pub(super) fn find(contacts: &[ContactView], named: &str) -> Result<ContactView, ApiError> {
    let items = contacts.iter().map(|c| (c.id.as_str(), c.name.as_str(), c));
    sotto_client_core::find("contact", named, items).cloned()
}
