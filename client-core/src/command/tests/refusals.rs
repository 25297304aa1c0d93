//! Requests that cannot be followed, and what is said about them.

use super::*;

fn refused(text: &str) -> ApiError {
    match draft(SATURDAY, &said(text)) {
        Ok(draft) => panic!("{text}: {}", shown(&draft)),
        Err(error) => error.into(),
    }
}

#[test]
fn each_refusal_has_its_code() {
    use ApiErrorCode::*;
    for (text, code, words) in [
        (
            "with Robin every second Tuesday",
            NotUnderstood,
            "every second Tuesday",
        ),
        ("weekly call with Robin", NotUnderstood, "weekly"),
        (
            "call Robin about the garden every Tuesday",
            NotUnderstood,
            "every Tuesday",
        ),
        (
            "with Robin at the full moon",
            NotUnderstood,
            "at the full moon",
        ),
        (
            "with Robin next week but not on Monday",
            NotUnderstood,
            "not on Monday",
        ),
        ("with Robin early next week", NotUnderstood, "early"),
        (
            "with Robin on the second Tuesday of December",
            NotUnderstood,
            "second Tuesday of December",
        ),
        ("with Robin on Tuesdays", NotUnderstood, "Tuesdays"),
        ("with Robin in the summer", NotUnderstood, "summer"),
        (
            "with Robin after my holiday",
            NotUnderstood,
            "after my holiday",
        ),
        (
            "with Robin during the first week of December",
            NotUnderstood,
            "first week of December",
        ),
        ("with Robin Thu or Fri pm", NotUnderstood, "pm"),
        ("with Robin 17", NotUnderstood, "17"),
        ("with Robin 30-45 minutes", NotUnderstood, "30"),
        ("with Robin at 10 or at 11", NotUnderstood, "10"),
        ("30 minutes or an hour with Robin", NotUnderstood, "an hour"),
        (
            "with Robin on Monday or Thursday",
            NotUnderstood,
            "Monday or Thursday",
        ),
        ("with Robin tomorrow morning at 3pm", NotUnderstood, "3pm"),
        ("half an hour next week", NotUnderstood, "nobody"),
        ("", NotUnderstood, "nobody"),
        ("with Bob tomorrow", NotFound, "“Bob”"),
        ("with Bob Miller tomorrow", NotFound, "“Bob Miller”"),
        ("with Ana Silvo tomorrow", NotFound, "“Ana Silvo”"),
        ("Bob, Tuesday, 20 minutes", NotFound, "“Bob”"),
        ("a call about the garden with Bob", NotFound, "“Bob”"),
        (
            "with Kim tomorrow",
            Ambiguous,
            "“Kim Lee” (aa01f3b2) and “Kim Park” (aa02f3b2)",
        ),
        (
            "with Robin and Ana tomorrow",
            LimitReached,
            "“Robin” and “Ana”",
        ),
        ("Robin and Ana, tomorrow", LimitReached, "“Robin” and “Ana”"),
        (
            "with Robin and Bob tomorrow",
            LimitReached,
            "“Robin” and “Bob”",
        ),
        ("4 minutes with Robin", ValueInvalid, "4 minutes"),
        ("9 hours with Robin", ValueInvalid, "9 hours"),
        ("two weeks with Robin", ValueInvalid, "two weeks"),
        (
            "with Robin on 30 February",
            DateInvalid,
            "February 2027 has 28 days",
        ),
        (
            "with Robin on 2026-02-30",
            DateInvalid,
            "February 2026 has 28 days",
        ),
        (
            "with Robin on 31 November",
            DateInvalid,
            "November 2026 has 30 days",
        ),
        ("with Robin tomorrow at 25:00", DateInvalid, "25:00"),
        ("with Robin on 3/4", DateInvalid, "3/4"),
        (
            "with Robin on Monday 3 December",
            DateInvalid,
            "is a Thursday",
        ),
        ("with Robin yesterday", WindowImpossible, "over"),
        ("with Robin last week", WindowImpossible, "over"),
        (
            "with Robin on 2026-11-20",
            WindowImpossible,
            "Fri 20 Nov 2026",
        ),
        ("with Robin on 2028-01-01", WindowImpossible, "365 days"),
        (
            "with Robin from 2026-12-01 to 2027-05-01",
            WindowImpossible,
            "92 days",
        ),
        (
            "with Robin from 5 December 2026 to 1 December 2026",
            WindowImpossible,
            "before the first",
        ),
        ("with Robin today at 9am", WindowImpossible, "today"),
        (
            "with Robin on Friday this week",
            WindowImpossible,
            "no such day",
        ),
        (
            "2 hours with Robin between 2 and 3pm",
            WindowImpossible,
            "2 hours",
        ),
        (
            "an hour with Robin tomorrow at 23:30",
            WindowImpossible,
            "midnight",
        ),
    ] {
        let error = refused(text);
        assert_eq!(error.code, code, "{text}: {error}");
        assert!(error.message.contains(words), "{text}: {error}");
        assert!(
            error.message.ends_with('.') && error.next_step.ends_with('.'),
            "{error}"
        );
    }
}

#[test]
fn unknown_people_are_answered_with_those_known() {
    let error = refused("with Bob tomorrow");
    assert!(error.next_step.contains("“Robin”, “Ana Silva”"), "{error}");
    assert!(error.next_step.contains("and 5 more"), "{error}");
    let context = Context {
        now: Timestamp::UNIX_EPOCH,
        zone: &TimeZone::UTC,
        contacts: &[],
        default_review: true,
        day_ends: None,
    };
    let error = ApiError::from(interpret(&said("with Bob"), &context).unwrap_err());
    assert!(error.next_step.starts_with("Invite them"), "{error}");
}

#[test]
fn every_slip_is_named_and_the_whole_sentence_is_mended() {
    for (text, message, next_step, mended) in [
        (
            "half an hour with Robin on tuesdy",
            "“on tuesdy” was not understood.",
            "Did you mean “Tuesday”? If not, leave it out; a title goes after “about”.",
            Some("half an hour with Robin on Tuesday"),
        ),
        (
            "lunch with Robin on tuesdy aftrenoon about the tuesdy report",
            "“on tuesdy aftrenoon” was not understood.",
            "Did you mean “Tuesday” for “tuesdy” and “afternoon” for “aftrenoon”? \
             If not, leave them out; a title goes after “about”.",
            Some("lunch with Robin on Tuesday afternoon about the tuesdy report"),
        ),
        (
            "  lnuch meet robbin on tuesdy, plaese ",
            "“lnuch meet robbin on tuesdy, plaese” was not understood.",
            "Did you mean “lunch” for “lnuch”, “Robin” for “robbin”, “Tuesday” for “tuesdy” and \
             “please” for “plaese”? If not, leave them out; a title goes after “about”.",
            Some("  lunch meet Robin on Tuesday, please "),
        ),
        (
            "half an hour with Robbin tuesdy mornig",
            "You know nobody called “Robbin”, and “tuesdy mornig” was not understood.",
            "Did you mean “Robin” for “Robbin”, “Tuesday” for “tuesdy” and “morning” for “mornig”? \
             If not, invite them first.",
            Some("half an hour with Robin Tuesday morning"),
        ),
        (
            "with Robin Hood tomorrow",
            "You know nobody called “Robin Hood”.",
            "Did you mean “Robin”? If not, invite them first.",
            Some("with Robin tomorrow"),
        ),
        // What would be refused again is not suggested.
        (
            "with Robin on tuesdy in Berlin",
            "“on tuesdy in Berlin” was not understood.",
            "Did you mean “Tuesday”? If that is where to meet: meetings have no place yet, so put \
             it into the title, after “about”.",
            None,
        ),
        (
            "with Robin on tuesdy at 25:00",
            "“on tuesdy” was not understood.",
            "Did you mean “Tuesday”? If not, leave it out; a title goes after “about”.",
            None,
        ),
    ] {
        let error = refused(text);
        assert_eq!(error.message, message, "{text}");
        assert_eq!(error.next_step, next_step, "{text}");
        let suggestion = error.suggestions.first().map(String::as_str);
        assert_eq!(
            (suggestion, error.suggestions.len() < 2),
            (mended, true),
            "{text}"
        );
        if let Some(mended) = mended {
            assert!(draft(SATURDAY, &said(mended)).is_ok(), "{mended}");
        }
    }
}

#[test]
fn no_refusal_speaks_of_a_command_of_one_shell() {
    for text in [
        "cancel my meeting with Robin",
        "move my meeting with Robin to Friday",
        "accept Robin's proposal",
        "don't meet Kim tomorrow",
        "with Robin tomorrow at 3pm CET",
    ] {
        let said = refused(text).to_string();
        assert!(
            !said.contains(['`']) && !said.contains("terminal"),
            "{said}"
        );
    }
}

#[test]
fn long_values_are_refused() {
    let long = |count| Some("é".repeat(count));
    let with = Some("Robin".to_owned());
    for request in [
        ScheduleRequest {
            text: long(501),
            ..ScheduleRequest::default()
        },
        ScheduleRequest {
            with: long(501),
            ..ScheduleRequest::default()
        },
        ScheduleRequest {
            with: with.clone(),
            title: long(201),
            ..ScheduleRequest::default()
        },
        ScheduleRequest {
            with: with.clone(),
            duration: long(501),
            ..ScheduleRequest::default()
        },
        ScheduleRequest {
            with,
            text: Some(format!("about {}", "x".repeat(201))),
            ..ScheduleRequest::default()
        },
    ] {
        let error = ApiError::from(draft(SATURDAY, &request).unwrap_err());
        assert_eq!(error.code, ApiErrorCode::ValueInvalid, "{error}");
    }
}

#[test]
fn single_values_are_checked() {
    let with = |duration: &str, between: &str| ScheduleRequest {
        with: Some("Robin".to_owned()),
        duration: Some(duration.to_owned()),
        between: Some(between.to_owned()),
        ..ScheduleRequest::default()
    };
    for (duration, between, code) in [
        ("soon", "", ApiErrorCode::ValueInvalid),
        ("9h", "", ApiErrorCode::ValueInvalid),
        ("", "whenever", ApiErrorCode::DateInvalid),
        ("", "2026-12-01..", ApiErrorCode::DateInvalid),
        ("", "2026-02-30", ApiErrorCode::DateInvalid),
        ("", "2026-12-05..2026-12-01", ApiErrorCode::WindowImpossible),
        ("", "2025-12-05..2025-12-06", ApiErrorCode::WindowImpossible),
    ] {
        let error = ApiError::from(draft(SATURDAY, &with(duration, between)).unwrap_err());
        assert_eq!(error.code, code, "{duration} {between}: {error}");
    }
}
