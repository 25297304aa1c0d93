//! What the preview of a request says, sending it says too.

use jiff::{SignedDuration, civil::Time, tz::TimeZone};
use proptest::prelude::*;

use super::*;
use crate::{
    agenda::Meeting,
    api::{Answer, ApiError, AskedHours, Preferences, Query as Look, ScheduleDraft, Weekday},
    calendar::Event,
    engine::meetings::MAX_OPEN_PER_CONTACT,
};

const LENGTHS: &[&str] = &["", "half an hour", "an hour", "8 hours", "5 minutes"];
const DAYS: &[&str] = &[
    "",
    "today",
    "tomorrow",
    "on friday",
    "on sunday",
    "friday or saturday",
    "this week",
    "next week",
    "at the weekend",
    "by friday",
    "yesterday",
    "in the next 80 days",
    "on 28 March 2027",
];
const TIMES: &[&str] = &[
    "",
    "at 7pm",
    "at 6 in the morning",
    "at 2:30",
    "after 4pm",
    "before 9am",
    "between 4 and 7pm",
    "in the evening",
    "around noon",
    "in 20 minutes",
];
const KINDS: &[&str] = &["meet", "dinner", "lunch", "breakfast", "call"];

fn choice(all: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::sample::select(all)
}

fn sentences() -> impl Strategy<Value = String> {
    let parts = (choice(KINDS), choice(LENGTHS), choice(DAYS), choice(TIMES));
    parts.prop_map(|(kind, length, days, times)| {
        format!("{kind} with Robin {length} {days} {times}")
    })
}

/// Everything on which a request may depend.
#[derive(Debug, Clone)]
struct State {
    now: Timestamp,
    contact: ContactState,
    open: usize,
    full_outbox: bool,
    session: bool,
    /// Hours from now, and how many: when the user is busy.
    busy: Vec<(i64, i64)>,
    /// On which days and from when to when.
    hours: Vec<(Weekday, i8, i8)>,
}

fn states() -> impl Strategy<Value = State> {
    use ContactState::{Active, Blocked, Declined, Requested, Unreachable, Waiting};
    use Weekday::{Friday, Monday, Saturday, Sunday, Thursday};
    let contact = prop_oneof![
        8 => Just(Active),
        1 => proptest::sample::select(&[Blocked, Declined, Requested, Unreachable, Waiting][..]),
    ];
    let open = prop_oneof![4 => Just(0), 1 => Just(MAX_OPEN_PER_CONTACT)];
    let weekday = proptest::sample::select(&[Monday, Thursday, Friday, Saturday, Sunday][..]);
    let hours = (weekday, 0i8..20, 1i8..4).prop_map(|(day, from, long)| (day, from, from + long));
    (
        0i64..9 * 24 * 60,
        contact,
        open,
        proptest::bool::weighted(0.05),
        proptest::bool::weighted(0.95),
        proptest::collection::vec((0i64..300, 1i64..100), 0..4),
        proptest::collection::vec(hours, 0..5),
    )
        .prop_map(
            |(minutes, contact, open, full_outbox, session, busy, hours)| State {
                now: later(now(), SignedDuration::from_mins(minutes)),
                contact,
                open,
                full_outbox,
                session,
                busy,
                hours,
            },
        )
}

fn engine_in(state: &State, rng: &mut ChaCha20Rng) -> Engine {
    let (mut engine, robin, _) = engine(rng);
    engine.preferences = Preferences::new("Europe/Berlin");
    engine
        .preferences
        .working_hours
        .extend(state.hours.iter().map(|(weekday, from, to)| {
            let at = |hour: &i8| Time::constant(*hour, 0, 0, 0);
            let (from, to) = (at(from), at(to));
            crate::api::WorkingHours {
                weekday: *weekday,
                from,
                to,
            }
        }));
    if state.hours.len() == 4 {
        engine.preferences.working_hours.clear();
    }
    let contact = Contact {
        state: state.contact,
        ..engine.contacts.get(&robin).unwrap().clone()
    };
    engine.contacts.insert(contact);
    if !state.session {
        engine.sessions.clear();
    }
    for _ in 0..state.open {
        let open = open_negotiation(&robin, rng);
        engine.negotiations.insert(open.id.clone(), open);
    }
    let mut cx = Context::new(state.now, rng);
    for (number, (from, long)) in state.busy.iter().enumerate() {
        let hours = |hours: i64| later(state.now, SignedDuration::from_hours(hours));
        let slot = Span::new(hours(*from), hours(from + long)).unwrap();
        let event = Event::single(format!("{number}"), "Busy", slot, &TimeZone::UTC);
        let (contact, proposal) = (robin.clone(), ConversationId::random(cx.rng));
        engine.agenda.book(
            Meeting {
                event,
                contact,
                proposal,
            },
            &mut cx,
        );
    }
    if state.full_outbox {
        fill_outbox(&mut engine, &robin, &mut cx);
    }
    engine
}

fn preview(engine: &Engine, text: &str, now: Timestamp) -> Result<ScheduleDraft, ApiError> {
    let request = ScheduleRequest {
        text: Some(text.to_owned()),
        ..ScheduleRequest::default()
    };
    match engine.query(&Look::Interpret { request }, std::iter::empty(), now)? {
        Answer::Draft(draft) => Ok(draft),
        other => panic!("a draft, not {other:?}"),
    }
}

fn send(engine: &mut Engine, text: &str, now: Timestamp, rng: &mut ChaCha20Rng) -> Output {
    let request = ScheduleRequest {
        text: Some(text.to_owned()),
        ..ScheduleRequest::default()
    };
    let command = Command::Schedule { request };
    let request = RequestId(1);
    engine.handle(Input::Command { request, command }, now, rng)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_the_preview_takes_is_sent_and_what_it_refuses_is_refused(
        text in sentences(),
        state in states(),
    ) {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let mut engine = engine_in(&state, rng);
        let previewed = preview(&engine, &text, state.now);
        let before = engine.negotiations.len();
        let output = send(&mut engine, &text, state.now, rng);
        let sent = output.effects.into_iter().find_map(|effect| match effect {
            Effect::Reply { result, .. } => Some(*result),
            _ => None,
        });
        match (previewed, sent.unwrap()) {
            (Ok(draft), Ok(Reply::Proposal(proposal))) => {
                prop_assert_eq!(draft.title, proposal.title);
                prop_assert_eq!(draft.duration_minutes, proposal.duration_minutes);
                prop_assert_eq!(engine.negotiations.len(), before + 1);
                let posted = output.persist.iter().any(|change| change.store == Store::Outbox);
                prop_assert!(posted, "the other side is asked");
            }
            (Err(previewed), Err(sent)) => {
                prop_assert_eq!(previewed, sent);
                prop_assert_eq!(engine.negotiations.len(), before);
            }
            (previewed, sent) => prop_assert!(false, "{previewed:?} and {sent:?}"),
        }
    }
}

#[test]
fn what_the_user_says_counts_more_than_their_working_hours() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (engine, ..) = engine(rng);
    use AskedHours::{Outside, Partly, Within};
    for (text, hours) in [
        ("dinner with Robin on friday", Outside),
        ("with Robin on sunday", Outside),
        ("with Robin next week at 7pm", Outside),
        ("with Robin on tuesday at 6 in the morning", Outside),
        ("with Robin at the weekend", Outside),
        ("with Robin next week in the evening", Outside),
        ("with Robin next week on friday or saturday", Partly),
        ("with Robin on monday between 4 and 7pm", Partly),
        ("with Robin on monday after 4pm", Within),
        ("with Robin next week in the morning", Within),
        ("lunch with Robin next week", Within),
        ("with Robin next week", Within),
    ] {
        let draft = preview(&engine, text, now()).unwrap();
        assert_eq!(draft.hours, hours, "{text}");
    }
}

#[test]
fn a_meal_is_sought_outside_the_working_hours_where_these_are_taken() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    // Tuesday, 08:30; Wednesday is taken from 08:30 to 12:30.
    let state = State {
        now: "2026-11-24T08:30:00+01:00".parse().unwrap(),
        contact: ContactState::Active,
        open: 0,
        full_outbox: false,
        session: true,
        busy: vec![(24, 4)],
        hours: Vec::new(),
    };
    let engine = engine_in(&state, rng);
    let said = |text: &str| preview(&engine, text, state.now).map(|draft| draft.hours);
    assert_eq!(
        said("breakfast with Robin tomorrow"),
        Ok(AskedHours::Outside)
    );
    assert_eq!(said("lunch with Robin tomorrow"), Ok(AskedHours::Within));
    let refused = said("with Robin tomorrow at 9").unwrap_err();
    assert!(refused.message.contains("at the asked time"), "{refused:?}");
    let full = State {
        busy: vec![(24, 14)],
        ..state.clone()
    };
    let engine = engine_in(&full, rng);
    let refused = preview(&engine, "with Robin tomorrow", full.now).unwrap_err();
    assert!(
        refused.message.contains("in your working hours"),
        "{refused:?}"
    );
}

#[test]
fn a_day_of_the_week_is_the_next_one_once_its_working_hours_are_too_short() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, ..) = engine(rng);
    engine.preferences = Preferences::new("Europe/Berlin");
    // Tuesday; the hours end at 17:00.
    let at = |time: &str| format!("2026-11-24T{time}+01:00").parse().unwrap();
    for (time, text, day) in [
        ("16:30:00", "with Robin on tuesday", "2026-11-24"),
        ("16:30:01", "with Robin on tuesday", "2026-12-01"),
        (
            "16:15:00",
            "with Robin on tuesday for an hour",
            "2026-12-01",
        ),
        ("18:00:00", "with Robin by tuesday", "2026-12-01"),
        ("18:00:00", "with Robin on tuesday at 8pm", "2026-11-24"),
        ("18:00:00", "dinner with Robin on tuesday", "2026-11-24"),
        (
            "18:00:00",
            "with Robin in the evening on tuesday",
            "2026-11-24",
        ),
        ("18:00:00", "with Robin on wednesday", "2026-11-25"),
    ] {
        let draft = preview(&engine, text, at(time)).unwrap();
        assert_eq!(draft.to.to_string(), day, "{text} at {time}");
    }
    let refused = preview(&engine, "with Robin today", at("18:00:00")).unwrap_err();
    assert!(refused.message.contains("they end at 17:00"), "{refused:?}");
    engine.preferences.working_hours.clear();
    let refused = preview(&engine, "with Robin on tuesday", at("18:00:00")).unwrap_err();
    assert!(refused.message.contains("no working hours"), "{refused:?}");
}

#[test]
fn the_preview_refuses_whom_nothing_can_be_sent_to() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let state = State {
        now: now(),
        contact: ContactState::Active,
        open: 0,
        full_outbox: false,
        session: true,
        busy: Vec::new(),
        hours: Vec::new(),
    };
    use ContactState::{Blocked, Declined, Requested, Waiting};
    let refused = |state: State, rng: &mut ChaCha20Rng| {
        let engine = engine_in(&state, rng);
        preview(&engine, "with Robin next week", state.now)
            .map(|_| ())
            .map_err(|error| error.code)
    };
    assert_eq!(refused(state.clone(), rng), Ok(()));
    for contact in [Blocked, Declined, Requested, Waiting] {
        let state = State {
            contact,
            ..state.clone()
        };
        assert_eq!(refused(state, rng), Err(ApiErrorCode::ContactNotReady));
    }
    let lost = State {
        session: false,
        ..state.clone()
    };
    assert_eq!(refused(lost, rng), Err(ApiErrorCode::ContactNotReady));
    let open = State {
        open: MAX_OPEN_PER_CONTACT,
        ..state.clone()
    };
    assert_eq!(refused(open, rng), Err(ApiErrorCode::LimitReached));
    let full = State {
        full_outbox: true,
        ..state
    };
    assert_eq!(refused(full, rng), Err(ApiErrorCode::LimitReached));
}
