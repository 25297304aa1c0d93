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
