//! Agenda, calendars, proposals, messages and preferences.

use jiff::civil::{Date, Time};
use sotto_client_core::{
    api::{
        Approval, AskedHours, CalendarView, Direction, EventKind, EventView, ImportReport,
        MessageStatus, MessageView, Preferences, ProposalState, ProposalView, ScheduleDraft,
        SlotView, Weekday,
    },
    receipt::{Agreement, Signer},
};

use super::{
    devices::{Away, here_or_there},
    table::Table,
    text::{clean, count, minutes, short, short_id, short_len},
    times::{Times, day},
};

/// What a receipt proves.
pub fn agreement(proven: &Agreement, times: &Times) -> String {
    let slot = SlotView {
        start: proven.slot.start(),
        end: proven.slot.end(),
    };
    let mut text = format!(
        "Proven: “{}”, {}.\n",
        clean(&proven.title),
        times.slot(&slot)
    );
    let mut line = |what: &str, who: &Signer, at| {
        text += &format!("  {what}  {}  {}\n", who.fingerprint, times.moment(at));
    };
    line("proposed by  ", &proven.proposed_by, proven.proposed_at);
    line("confirmed by ", &proven.confirmed_by, proven.confirmed_at);
    match &proven.called_off {
        Some(end) => {
            line("called off by", &end.by, end.at);
            let note = end
                .note
                .as_deref()
                .map(|note| format!(": “{}”", clean(note)));
            text += &format!("It does not take place{}.\n", note.unwrap_or_default());
        }
        None => {
            text +=
                "Whether it was called off later, this file does not say: ask the other one too.\n";
        }
    }
    text += "\nThe digits are each one’s half of a safety number: compare them with yours, or ask the two.\n";
    text += &format!(
        "Times are in {}, as the clocks of the two had them.\n",
        times.name()
    );
    text
}

/// The events, under their days.
pub fn agenda(events: &[EventView], away: Option<&Away>, times: &Times) -> String {
    if events.is_empty() {
        let import = here_or_there(
            away,
            "Import a calendar with `sotto calendar import FILE.ics`.",
            "calendars are imported",
        );
        return format!("Nothing in these days. {import}\n");
    }
    let mut text = String::new();
    let mut today = None;
    for event in events {
        let first = event
            .all_day
            .unwrap_or_else(|| times.at(event.start).date());
        if today.replace(first) != Some(first) {
            let gap = if text.is_empty() { "" } else { "\n" };
            text += &format!("{gap}{}\n", day(first));
        }
        text += &format!("  {}  {}\n", when(event, times), what(event));
    }
    text += &format!("\nTimes are in {}.\n", times.name());
    text
}

fn when(event: &EventView, times: &Times) -> String {
    let (start, end) = (times.at(event.start), times.at(event.end));
    if event.all_day.is_some() {
        return "all day    ".into();
    }
    let until = if start.date() == end.date() {
        times.time(event.end)
    } else {
        times.moment(event.end)
    };
    format!("{}–{until}", times.time(event.start))
}

fn what(event: &EventView) -> String {
    let mut text = clean(&event.title).into_owned();
    if let Some(location) = &event.location {
        text += &format!(", {}", clean(location));
    }
    let mut notes = Vec::new();
    match event.kind {
        EventKind::Imported => {}
        EventKind::Meeting => notes.push("arranged".to_owned()),
        EventKind::Hold => notes.push("held, not confirmed".to_owned()),
    }
    if let Some(contact) = &event.contact {
        notes.push(format!("with {}", clean(&contact.name)));
    }
    if !event.busy {
        notes.push("free".into());
    }
    if let Some(calendar) = &event.calendar {
        notes.push(clean(calendar).into_owned());
    }
    if !notes.is_empty() {
        text += &format!("  ({})", notes.join(", "));
    }
    text
}

/// The imported calendars.
pub fn calendars(calendars: &[CalendarView], away: Option<&Away>, times: &Times) -> String {
    if calendars.is_empty() {
        let import = here_or_there(
            away,
            "Import one with `sotto calendar import FILE.ics`.",
            "import one",
        );
        return format!("No calendars yet. {import}\n");
    }
    let len = short_len(calendars.iter().map(|c| c.id.as_str()));
    let mut table = Table::new(["ID", "NAME", "EVENTS", "IMPORTED"]);
    for calendar in calendars {
        table.row([
            &short(&calendar.id, len),
            &calendar.name,
            &calendar.events.to_string(),
            &times.moment(calendar.imported_at),
        ]);
    }
    table.render()
}

/// What was read from a file.
pub fn import(report: &ImportReport, times: &Times) -> String {
    let calendar = &report.calendar;
    let mut text = format!(
        "{} \"{}\" with {} ({}).\n",
        if report.replaced {
            "Replaced"
        } else {
            "Imported"
        },
        clean(&calendar.name),
        count(calendar.events as usize, "event", "events"),
        short_id(&calendar.id),
    );
    if !report.skipped.is_empty() {
        let skipped = count(report.skipped.len(), "part", "parts");
        text += &format!("{skipped} could not be read:\n");
    }
    for part in &report.skipped {
        text += &format!("  {}: {}\n", clean(&part.what), clean(&part.why));
    }
    if let Some(also) = &report.also_in {
        text += &format!(
            "{} of them are in \"{}\" as well; if it is the same calendar, remove one of the two.\n",
            also.events,
            clean(&also.calendar),
        );
    }
    if !report.blocked_days.is_empty() {
        text += "No meeting will be on these whole days; mark an event as free in your calendar, and import it again, where one could:\n";
    }
    for blocked in &report.blocked_days {
        let days = span_of_days(blocked.from, blocked.to);
        text += &format!("  {days}  {}\n", clean(&blocked.title));
    }
    let named = u32::try_from(report.blocked_days.len()).unwrap_or(u32::MAX);
    if report.all_day_busy > named {
        text += &format!("  and {} more\n", report.all_day_busy - named);
    }
    if !report.clashes.is_empty() {
        text += "Now at the same time as something in it, so look at them again:\n";
    }
    for clash in &report.clashes {
        text += &format!(
            "  {}  {}\n",
            times.slot(&SlotView {
                start: clash.start,
                end: clash.end
            }),
            clean(&clash.title),
        );
    }
    text
}

/// The table of negotiations, and what waits for the user.
pub fn proposals(proposals: &[ProposalView], away: Option<&Away>, times: &Times) -> String {
    if proposals.is_empty() {
        let ask = here_or_there(
            away,
            "Ask for a meeting with `sotto schedule \"half an hour with NAME next week\"`.",
            "ask for a meeting",
        );
        return format!("No proposals yet. {ask}\n");
    }
    let len = short_len(proposals.iter().map(|p| p.id.as_str()));
    let mut table = Table::new(["ID", "WITH", "TITLE", "STATE", "TIME"]);
    for proposal in proposals {
        table.row([
            &short(&proposal.id, len),
            &proposal.contact.name,
            &proposal.title,
            proposal_state(proposal.state),
            &proposal
                .slot
                .map_or_else(String::new, |slot| times.slot(&slot)),
        ]);
    }
    let mut text = table.render();
    text += &format!("\nTimes are in {}.\n", times.name());
    for proposal in proposals {
        text += &next_step(proposal, &short(&proposal.id, len), times);
    }
    text
}

/// One negotiation as it is now.
pub fn proposal(proposal: &ProposalView, times: &Times) -> String {
    let id = short_id(&proposal.id);
    let mut text = format!("{} [{id}]\n", headline(proposal, times));
    if let Some(reason) = &proposal.reason {
        text += &format!("  {}\n", clean(reason));
    }
    text + &next_step(proposal, &id, times)
}

/// A negotiation whose first message is still here.
pub fn not_asked_yet(proposal: &ProposalView) -> String {
    format!(
        "Queued, not asked yet: \"{}\" with {}, {}. [{}]\n",
        clean(&proposal.title),
        clean(&proposal.contact.name),
        minutes(proposal.duration_minutes),
        short_id(&proposal.id),
    )
}

/// "Tue 1 Dec 2026", or "Tue 1 Dec 2026 – Wed 2 Dec 2026".
fn span_of_days(from: Date, to: Date) -> String {
    if from == to {
        return day(from);
    }
    format!("{} – {}", day(from), day(to))
}

/// The days and hours in which a time is sought.
pub fn window(draft: &ScheduleDraft, times: &Times) -> String {
    let days = span_of_days(draft.from, draft.to);
    let clock = |time: Time| time.strftime("%H:%M").to_string();
    let hours = match (draft.earliest.map(clock), draft.latest.map(clock)) {
        (Some(from), Some(to)) => format!(", {from}–{to}"),
        (Some(from), None) => format!(", after {from}"),
        (None, Some(to)) => format!(", before {to}"),
        (None, None) => String::new(),
    };
    let within = match draft.hours {
        AskedHours::Within => "In your working hours of",
        AskedHours::Partly => "Also outside your working hours,",
        AskedHours::Outside => "Outside your working hours,",
    };
    format!("  {within} {days}{hours} ({}).\n", times.name())
}

/// One negotiation in one sentence.
pub fn headline(proposal: &ProposalView, times: &Times) -> String {
    let name = clean(&proposal.contact.name);
    let title = clean(&proposal.title);
    let time = proposal.slot.map_or_else(
        || minutes(proposal.duration_minutes),
        |slot| format!("{} ({})", times.slot(&slot), times.name()),
    );
    let what = format!("\"{title}\" with {name}, {time}");
    match proposal.state {
        ProposalState::Asking => format!("Asking {name}'s agent for times: \"{title}\", {time}."),
        ProposalState::Review => format!("Times found, to be chosen: {what}."),
        ProposalState::Proposed => format!("Proposed and held: {what}."),
        ProposalState::Answered => {
            format!("{name}'s agent asked for times and was answered: \"{title}\", {time}.")
        }
        ProposalState::Approval => format!("{name} proposes \"{title}\", {time}."),
        ProposalState::Confirmed => format!("Confirmed: {what}."),
        ProposalState::Rejected => format!("No meeting: {what}."),
        ProposalState::Expired => format!("Nobody answered in time: {what}."),
        ProposalState::Cancelled => format!("Called off: {what}."),
    }
}

fn next_step(proposal: &ProposalView, id: &str, times: &Times) -> String {
    if proposal.stopped {
        let name = clean(&proposal.contact.name);
        return format!(
            "  It waits, since sending to {name} is stopped: sotto contacts decide {}\n",
            short_id(&proposal.contact.id)
        );
    }
    match proposal.state {
        ProposalState::Approval => format!(
            "  Agree: sotto proposals approve {id}    Refuse: sotto proposals reject {id}\n"
        ),
        ProposalState::Review => {
            let mut text = format!("  Propose the first: sotto proposals approve {id}\n");
            for option in proposal.options.iter().skip(1) {
                let start = times.at(option.start).strftime("%Y-%m-%dT%H:%M");
                text += &format!("  or {}: --start {start}\n", times.slot(option));
            }
            text
        }
        _ => String::new(),
    }
}

/// How far a negotiation is, in a word or two.
pub fn proposal_state(state: ProposalState) -> &'static str {
    match state {
        ProposalState::Asking => "asking",
        ProposalState::Review => "choose a time",
        ProposalState::Proposed => "proposed",
        ProposalState::Answered => "answered",
        ProposalState::Approval => "waits for you",
        ProposalState::Confirmed => "confirmed",
        ProposalState::Rejected => "rejected",
        ProposalState::Expired => "expired",
        ProposalState::Cancelled => "cancelled",
    }
}

/// What the agents said, oldest first.
pub fn history(messages: &[MessageView], times: &Times) -> String {
    if messages.is_empty() {
        return "No messages yet.\n".into();
    }
    let len = short_len(messages.iter().map(|m| m.conversation.as_str()));
    let mut table = Table::new(["WHEN", "CONVERSATION", "WITH", "KIND", "SUMMARY"]);
    for message in messages {
        let arrow = match message.direction {
            _ if message.kind == "HOLD" => format!("about {}", message.contact.name),
            Direction::Outgoing => format!("to {}", message.contact.name),
            Direction::Incoming => format!("from {}", message.contact.name),
        };
        let summary = match message.status {
            MessageStatus::Queued => format!("{} (queued)", message.summary),
            MessageStatus::Held => format!("{} (waits for your decision)", message.summary),
            MessageStatus::Failed => format!("{} (refused by the relay)", message.summary),
            MessageStatus::Accepted | MessageStatus::Received => message.summary.clone(),
        };
        table.row([
            &times.moment(message.at),
            &short(&message.conversation, len),
            &arrow,
            &message.kind,
            &summary,
        ]);
    }
    table.render() + &format!("\nTimes are in {}.\n", times.name())
}

/// When meetings suit.
pub fn preferences(preferences: &Preferences) -> String {
    let approval = |approval| match approval {
        Approval::Ask => "ask me",
        Approval::Auto => "the agent decides",
    };
    let mut rows = vec![("Time zone", preferences.time_zone.clone())];
    let mut label = "Hours";
    for hours in &preferences.working_hours {
        let times = format!(
            "{} {}–{}",
            weekday(hours.weekday),
            hours.from.strftime("%H:%M"),
            hours.to.strftime("%H:%M")
        );
        rows.push((std::mem::take(&mut label), times));
    }
    if preferences.working_hours.is_empty() {
        rows.push((label, "none: no meetings at all".to_owned()));
    }
    let review = if preferences.review { "on" } else { "off" };
    rows.extend([
        ("Buffer", minutes(preferences.buffer_minutes)),
        ("Meetings", approval(preferences.approve_meetings).into()),
        ("Contacts", approval(preferences.approve_contacts).into()),
        ("Review", review.to_owned()),
    ]);
    rows.iter()
        .map(|(key, value)| format!("{key:<11}{}\n", clean(value)))
        .collect()
}

/// "Mon".
pub fn weekday(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "Mon",
        Weekday::Tuesday => "Tue",
        Weekday::Wednesday => "Wed",
        Weekday::Thursday => "Thu",
        Weekday::Friday => "Fri",
        Weekday::Saturday => "Sat",
        Weekday::Sunday => "Sun",
    }
}

#[cfg(test)]
mod tests;
