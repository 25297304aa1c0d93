//! What holds for any text at all.

use proptest::prelude::*;

use super::*;

/// Pieces that the grammars know, to be put together at random.
const PIECES: &[&str] = &[
    "Robin",
    "with",
    "Ana",
    "and",
    "tomorrow",
    "next",
    "week",
    "in",
    "the",
    "2",
    "two",
    "hours",
    "30",
    "min",
    "at",
    "10",
    ":",
    "-",
    "..",
    "pm",
    "Tuesday",
    "to",
    "between",
    "December",
    "3rd",
    "2026-12-03",
    "by",
    "about",
    "garden",
    "for",
    "half",
    "an",
    "hour",
    "every",
    "not",
    "before",
    "after",
    ",",
    "\"",
    "99999999999999999999",
    "weekend",
    "month",
    "of",
    "end",
    "from",
    "now",
    "days",
    "lunch",
    "quarter",
    "past",
    "0",
    "31",
    "/",
    ".",
    "李",
    "e\u{301}",
    "\u{202E}",
    "’",
    "s",
    "year",
    "last",
    "this",
    "until",
    "29",
    "February",
    "2027",
    "first",
];

fn pieces() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(PIECES);
    let glue = proptest::sample::select(&[" ", " ", " ", ""][..]);
    proptest::collection::vec((piece, glue), 0..24).prop_map(|all| {
        all.into_iter()
            .flat_map(|(piece, glue)| [piece, glue])
            .collect()
    })
}

fn nows() -> impl Strategy<Value = Timestamp> {
    // From 1970 to 9990
    (0i64..253_000_000_000).prop_map(|second| Timestamp::from_second(second).unwrap())
}

fn holds(now: Timestamp, request: &ScheduleRequest) -> Result<(), TestCaseError> {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let today = now.to_zoned(zone.clone()).date();
    let context = Context {
        now,
        zone: &zone,
        contacts: PEOPLE,
        default_review: true,
        day_ends: None,
    };
    match interpret(request, &context) {
        Ok(draft) => {
            prop_assert!(draft.from <= draft.to);
            prop_assert!(draft.from >= today);
            prop_assert!((SHORTEST_MINUTES..=LONGEST_MINUTES).contains(&draft.duration_minutes));
            let days = today.until(draft.to).unwrap().get_days();
            prop_assert!(i64::from(days) <= FARTHEST_DAYS);
            if let (Some(earliest), Some(latest)) = (draft.earliest, draft.latest) {
                prop_assert!(earliest < latest);
            }
            prop_assert!((1..=LONGEST_TITLE).contains(&draft.title.chars().count()));
            let steering = |c: char| c.is_control() || c == '\u{202E}';
            prop_assert!(!draft.title.contains(steering));
        }
        Err(error) => {
            let error = ApiError::from(error);
            prop_assert!(!error.message.is_empty() && !error.next_step.is_empty());
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), now in nows()) {
        holds(now, &said(&text))?;
    }

    #[test]
    fn any_values_are_read_or_refused(
        values in proptest::array::uniform5(proptest::option::of(prop_oneof![any::<String>(), pieces()])),
        now in nows(),
    ) {
        let [text, with, duration, between, title] = values;
        holds(now, &ScheduleRequest { text, with, duration, between, title, review: None })?;
    }

    #[test]
    fn any_order_of_known_words_is_read_or_refused(text in pieces(), now in nows()) {
        holds(now, &said(&text))?;
        holds(now, &said(&format!("with Robin {text}")))?;
    }
}

/// Sentences that are arranged, up to where their title begins.
const GOOD: &[&str] = &[
    "half an hour with Robin next week",
    "30 min with robin tomorrow afternoon",
    "schedule lunch with Ana on Friday",
    "find 45 minutes with Robin this week in the mornings",
    "1h with Robin from Dec 1 to Dec 5 before noon",
    "two hours w/ Robin in the next 10 days",
    "Robin, Tuesday, 20 minutes",
    "with Robin the week after next",
    "call Robin asap",
    "with Robin December 3rd at 10",
    "lunch with Robin tomorrow for 3 hours",
    "30m with jean-luc van der berg next week",
    "Will you find 30 minutes with Robin tomorrow?",
    "Please book Robin's time for an hour on Monday",
    "Could you set up a meeting with Robin next week, please?",
    "I'd like to see Robin this weekend",
    "with Robin tomorrow or the day after tomorrow",
    "video call with Robin, Monday at 9, 20 min",
    "with Robin Monday to Wednesday from 10 to 12",
    "30 minutes between now and Friday with Robin",
    "with Robin by the end of next week",
    "with Robin on Monday at half past ten",
    "with Robin tomorrow no later than 4pm",
    "dinner with 3fa94c on Friday at 8",
    "how about coffee with Robin on Monday?",
    "is it possible to meet Robin on Monday?",
    "good morning, lunch with \"Kim Lee\" next month",
    "why don't we meet Robin in an hour",
    "with Robin and me on the 3rd, if possible",
    "1:1 with Robin on Monday",
];

proptest! {
    #[test]
    fn a_word_that_nobody_knows_is_always_named(
        sentence in proptest::sample::select(GOOD),
        at in any::<proptest::sample::Index>(),
        stranger in "[B-DF-HJ-NP-TV-Xb-df-hj-np-tv-x]{5,9}|[ぁ-ん]{2,5}|(b|t|w)q[0-9]{1,3}x",
    ) {
        prop_assert!(draft(SATURDAY, &said(sentence)).is_ok(), "{sentence}");
        // Between two words, and outside of what is in quotes.
        let gaps: Vec<usize> = sentence
            .match_indices(' ')
            .map(|(at, _)| at)
            .filter(|at| sentence[..*at].matches('"').count() % 2 == 0)
            .chain([0, sentence.len()])
            .collect();
        let at = *at.get(&gaps);
        let text = format!("{} {stranger} {}", &sentence[..at], &sentence[at..]);
        match draft(SATURDAY, &said(&text)) {
            Ok(draft) => prop_assert!(false, "{text}: {}", shown(&draft)),
            Err(error) => {
                let error = ApiError::from(error);
                prop_assert!(error.message.contains(&stranger), "{text}: {error}");
            }
        }
    }

    #[test]
    fn what_is_arranged_leaves_no_word_out(
        words in proptest::collection::vec(
            prop_oneof![
                4 => proptest::sample::select(PIECES),
                1 => proptest::sample::select(STRANGERS),
            ],
            1..10,
        ),
    ) {
        let text = format!("with Robin {}", words.join(" "));
        if let Ok(draft) = draft(SATURDAY, &said(&text)) {
            for stranger in words.iter().filter(|word| STRANGERS.contains(word)) {
                let title = draft.title.to_lowercase();
                prop_assert!(title.contains(&stranger.to_lowercase()), "{text}: {}", shown(&draft));
            }
        }
    }
}

/// Words that no grammar knows.
const STRANGERS: &[&str] = &[
    "garden", "Dienstag", "café", "4711", "cancel", "don’t", "zoom",
];

/// What makes grammars look ahead again and again must still end soon.
#[test]
fn long_repetitions_are_read_or_refused() {
    let pieces = [
        "about 1h ",
        "1h ",
        "with ",
        "for x hour ",
        "Robin and ",
        "\"",
        "“",
        "to ",
        "in the next ",
        "Mon, ",
        "1-",
        "every ",
        "not ",
        "a couple of ",
        "twenty-",
    ];
    for piece in pieces {
        for (start, end) in [("", ""), ("about ", "x"), ("with Robin for ", "x")] {
            let middle: String = piece.chars().cycle().take(480).collect();
            let text = format!("{start}{middle}{end}");
            holds(Timestamp::UNIX_EPOCH, &said(&text)).unwrap();
        }
    }
}
