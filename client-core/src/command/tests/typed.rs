//! What people type into a command box, and what becomes of it: it is arranged as it was meant,
//! or refused with its own words and a next step. Nothing else is ever arranged.

use super::*;

/// What stands after "no:" is in the refusal.
fn typed(table: &[(&str, &str)]) {
    compare(table, |text, expected| {
        let found = match draft(SATURDAY, &said(text)) {
            Ok(draft) => shown(&draft),
            Err(error) => format!("no: {}", ApiError::from(error)),
        };
        let as_expected = match expected.strip_prefix("no: ") {
            Some(words) => found.starts_with("no: ") && found.contains(words),
            None => found == expected,
        };
        (as_expected, found)
    });
}

#[test]
#[rustfmt::skip]
fn the_opposite_of_a_request_is_refused_by_name() {
    typed(&[
        ("cancel my meeting with Robin", "no: cannot call one off (“cancel”)"),
        ("Please cancel my meeting with Robin tomorrow", "no: Call it off where your meetings are listed."),
        ("call off lunch with Robin", "no: “call off”"),
        ("call Robin off", "no: “off”"),
        ("can you cancel Robin on Tuesday?", "no: “cancel”"),
        ("delete the call with Robin", "no: “delete”"),
        ("drop the meeting with Robin", "no: “drop”"),
        ("move my meeting with Robin to Friday", "no: cannot change one (“move”)"),
        ("reschedule Robin to Tuesday at 3pm", "no: then ask for the new time"),
        ("postpone lunch with Robin by a week", "no: “postpone”"),
        ("push back my call with Robin", "no: “push back”"),
        ("let's do Friday with Robin instead", "no: “instead”"),
        ("accept Robin's proposal", "no: cannot answer a proposal (“accept”"),
        ("decline the meeting with Robin on Monday", "no: Answer it where your proposals are listed."),
        ("don't meet Kim tomorrow", "no: “don't”"),
        ("do not schedule anything with Robin", "no: “do not schedule anything” says what is not"),
        ("no meeting with Robin next week", "no: “no”"),
        ("never meet Robin", "no: says what is not"),
        ("I can’t meet Robin on Monday", "no: “can’t”"),
        ("stop meeting Robin", "no: “stop”"),
        ("meet Robin next week but not on Monday", "no: “but not on Monday”"),
        ("meet Robin next week about the garden, but not on Monday", "no: “but not on Monday”"),
        ("with Robin anytime but Monday", "no: “but Monday”"),
        ("with Robin any day except Monday", "no: “except Monday”"),
        ("Robin not tomorrow but Tuesday", "no: “not tomorrow”"),
        ("not with Robin but with Kim Lee", "no: “not”"),
        ("lunch with Robin is off", "no: “is off”"),
        ("Robin cancelled, meet Will tomorrow", "no: “cancelled”"),
        // Titles may say so.
        ("half an hour with Robin next week about the cancelled trip", "Robin | 30 | 11-23..11-29 | - | The cancelled trip"),
        ("meet Robin tomorrow about how not to move house", "Robin | 30 | 11-22..11-22 | - | How not to move house"),
        ("“Cancel culture” with Robin on Monday", "Robin | 30 | 11-23..11-23 | - | Cancel culture"),
        ("call Robin to discuss why we never delete anything", "Robin | 30 | 11-21..12-05 | - | Why we never delete anything"),
        // These are no refusals.
        ("why don't we meet Robin tomorrow?", "Robin | 30 | 11-22..11-22 | - | Meeting"),
        ("why don't we have lunch with Robin tomorrow?", "Robin | 60 | 11-22..11-22 | 12:00-14:00 | Lunch"),
        ("with Robin tomorrow no later than 4pm", "Robin | 30 | 11-22..11-22 | -16:00 | Meeting"),
    ]);
}

#[test]
#[rustfmt::skip]
fn what_asks_for_no_meeting_arranges_none() {
    typed(&[
        ("when did I meet Robin", "no: “when did I meet” asks for no meeting"),
        ("do I have a meeting with Robin?", "no: “do I have a” asks for no meeting"),
        ("show my meetings with Robin", "no: “show my meetings with”"),
        ("what is on tomorrow with Robin", "no: “what is on tomorrow”"),
        ("when is Robin free next week?", "no: “when is Robin free”"),
        ("is Robin free tomorrow?", "no: “is Robin free tomorrow”"),
        ("does Robin have time on Monday", "no: “does Robin have time”"),
        ("will Robin be there on Monday?", "no: “will Robin be there”"),
        ("who is Robin", "no: calendar"),
        ("how long is my call with Robin?", "no: “how long is my”"),
        ("remind me to call Robin", "no: “remind me to call”"),
        ("I have a call with Robin on Monday", "no: “I have a call”"),
        ("I'm meeting Robin tomorrow", "no: “I'm meeting Robin tomorrow”"),
        ("Robin is free on Monday", "no: “is”"),
        ("Robin", "no: “Robin” asks for no meeting"),
        ("thank you Robin!", "no: asks for no meeting"),
        ("ask Robin", "no: asks for no meeting"),
        ("hello", "no: names nobody"),
        ("see you tomorrow Robin", "no: “see you tomorrow Robin”"),
        ("good night Robin", "no: asks for no meeting"),
        ("text Robin", "no: asks for no meeting"),
        ("I have to meet Robin tomorrow", "Robin | 30 | 11-22..11-22 | - | Meeting"),
        ("how about lunch with Robin on Monday?", "Robin | 60 | 11-23..11-23 | 12:00-14:00 | Lunch"),
        ("Is it possible to meet Robin on Monday?", "Robin | 30 | 11-23..11-23 | - | Meeting"),
        ("Good morning, can you arrange a call with Robin tomorrow?", "Robin | 30 | 11-22..11-22 | - | Call"),
        ("meet Robin", "Robin | 30 | 11-21..12-05 | - | Meeting"),
        ("Robin tomorrow?", "Robin | 30 | 11-22..11-22 | - | Meeting"),
    ]);
}

#[test]
#[rustfmt::skip]
fn words_that_are_not_understood_are_quoted() {
    typed(&[
        ("with Robin on tuesdy", "no: “on tuesdy” was not understood. Did you mean “Tuesday”?"),
        ("with Robin on Tuesdy", "no: “Tuesday”"),
        ("lunch with Robin tommorrrow", "no: Did you mean “tomorrow”?"),
        ("meet robbin tomorrow", "no: “robbin” was not understood. Did you mean “Robin”?"),
        ("with Robbin tomorrow", "no: nobody called “Robbin”. Did you mean “Robin”?"),
        ("with Robin Hood tomorrow", "no: nobody called “Robin Hood”"),
        ("Treffen mit Robin nächste Woche", "no: “Treffen mit” and “nächste Woche” were not understood"),
        ("eine halbe Stunde mit Robin am Montag", "no: “eine halbe Stunde mit”"),
        ("demain avec Robin", "no: “demain avec”"),
        ("coffee with Robin tomorrow in Café Bar", "no: “in Café Bar” was not understood. If that is where to meet"),
        ("with Robin at the office tomorrow", "no: “at the office”"),
        ("with Robin on Zoom tomorrow", "no: meetings have no place yet"),
        ("meet Robin tomorrow in person", "no: “in person”"),
        ("meet Robin about about", "no: “about about”"),
        ("meet Robin tomorrow about", "no: “about”"),
        ("with Robin tomorrow at 3pm CET", "no: “CET” was not understood. Times are read in the time zone"),
        ("with Robin tomorrow at 3pm Robin's time", "no: “Robin's time”"),
        ("with Robin tomorrow at 3pm his time", "no: “his time”"),
        ("drinks at Robin's on Friday", "no: “at Robin's” was not understood. If that is where to meet"),
        ("meet at the park with Robin", "no: “at the park” was not understood. If that is where to meet"),
        ("meet Robin for a bit", "no: “for a bit”"),
        ("from 2 to 4 hours with Robin", "no: “from 2”"),
        ("with Robin for at least an hour", "no: “for at least” was not understood. Say it"),
        ("with Robin > 30 minutes", "no: “>”"),
        ("with Robin tomorrow 3pm London time", "no: “London” was not understood. Times are read"),
        ("with Robin on Good Friday", "no: “on Good”"),
        ("meet Robin about 3 tomorrow", "no: “about 3” was not understood. If that is the title, put it in quotes"),
        ("meet Robin about next week", "no: “about next week”"),
        ("urgent: meet Robin", "no: “urgent”"),
        ("meet Robin tomorrow if it rains", "no: “if it rains”"),
        ("meet Robin around Tuesday", "no: “around”"),
        ("two meetings with Robin next week", "no: “two meetings”"),
        ("a long meeting with Robin", "no: “a long”"),
        ("meet Robin on Monday, same time", "no: “same”"),
        ("the next meeting with Robin", "no: “the next”"),
        ("with Robin 50% tomorrow", "no: “50%”"),
        ("an hour with Robin on Monday for zwei Stunden", "no: “for zwei Stunden”"),
    ]);
}

#[test]
#[rustfmt::skip]
fn what_cannot_be_arranged_yet_is_refused_by_name() {
    typed(&[
        ("coffee with Robin every week", "no: repeat (“every week”)"),
        ("weekly sync with Robin", "no: repeat (“weekly”)"),
        ("with Robin on Tuesdays at 10", "no: repeat (“Tuesdays”)"),
        ("call Robin twice next week", "no: repeat (“twice”)"),
        ("30 minutes once a week with Robin", "no: repeat (“once a week”)"),
        ("with Robin and Kim tomorrow", "no: this names “Robin” and “Kim”"),
        ("with Robin or Kim tomorrow", "no: this names “Robin” and “Kim”"),
        ("with Robin or Ana tomorrow", "no: this names “Robin” and “Ana”"),
        ("meet robin, ana tomorrow", "no: this names “robin” and “ana”"),
        ("with Robin, Ana and Mark tomorrow", "no: “Robin”, “Ana” and “Mark”"),
        ("with Robin tomorrow and Mark", "no: “Robin” and “Mark”"),
        ("with the team tomorrow", "no: nobody called “the team”"),
        ("about the garden with Robin and Ana", "no: this names “Robin” and “Ana”"),
        ("about the garden with Robin in Berlin", "no: the title: “The garden with Robin in Berlin”"),
        ("with Robin all day on Monday", "no: “all day” is no length"),
        ("an all-day workshop with Robin", "no: “all-day” is no length"),
        ("half a day with Robin", "no: at most 8 hours"),
        ("a day with Robin", "no: between 5 minutes and 8 hours, found “a day”"),
        ("meet Robin for 0 minutes", "no: between 5 minutes and 8 hours, found “0 minutes”"),
        ("meet Robin for 25 hours", "no: between 5 minutes and 8 hours, found “25 hours”"),
        ("lunch or coffee with Robin tomorrow", "no: “Lunch” and “coffee” do not go together"),
        ("Monday morning or Tuesday afternoon with Robin", "no: do not go together"),
        ("“Roadmap” with Robin about the garden", "no: “Roadmap” and “The garden” do not go together"),
    ]);
}

#[test]
#[rustfmt::skip]
fn everyday_words_are_arranged_as_meant() {
    typed(&[
        ("arrange a meeting between Robin and me next week", "Robin | 30 | 11-23..11-29 | - | Meeting"),
        ("find time for me and Robin next week to talk about the roadmap?", "Robin | 30 | 11-23..11-29 | - | The roadmap"),
        ("with Robin after 2 but before 4", "Robin | 30 | 11-21..12-05 | 14:00-16:00 | Meeting"),
        ("with Robin tomorrow at 10 about seeds until 11:30", "Robin | 90 | 11-22..11-22 | 10:00-11:30 | Seeds"),
        ("meeting with Robin now", "Robin | 30 | 11-21..11-21 | 10:05-10:35 | Meeting"),
        ("with Robin about moving the fair to friday", "Robin | 30 | 11-27..11-27 | - | Moving the fair"),
        ("meeting with Robin tomorrow at 10 for 90 minutes until 11", "no: “90 minutes” and “until 11” do not go together"),
        ("30 minutes with Robin tomorrow at 10 until 12", "no: “30 minutes” and “at 10 to 12” do not go together"),
        ("30 minutes with Robin tomorrow at 10 by 10:15", "no: “before 10:15” and “at 10” do not go together"),
        ("with Robin tomorrow at 10 until 11:30", "Robin | 90 | 11-22..11-22 | 10:00-11:30 | Meeting"),
        ("with Robin tomorrow at 2-3pm", "Robin | 60 | 11-22..11-22 | 14:00-15:00 | Meeting"),
        ("half an hour with Robin tomorrow at 2-3pm", "no: “half an hour” and “at 2 to 3pm” do not go together"),
        ("with Robin by Friday at the latest", "Robin | 30 | 11-21..11-27 | - | Meeting"),
        ("with Robin on Tuesday or later", "Robin | 30 | 11-24..12-08 | - | Meeting"),
        ("with Robin not later than Tuesday", "Robin | 30 | 11-21..11-24 | - | Meeting"),
        ("with Robin no sooner than Tuesday", "Robin | 30 | 11-24..12-08 | - | Meeting"),
        ("with Robin either Monday or Tuesday, at 10 sharp", "Robin | 30 | 11-23..11-24 | 10:00-10:30 | Meeting"),
        ("meet Robin about chapter 3", "Robin | 30 | 11-21..12-05 | - | Chapter 3"),
        ("meet Robin about “next week”", "Robin | 30 | 11-21..12-05 | - | next week"),
        ("Robin .5h", "Robin | 30 | 11-21..12-05 | - | Meeting"),
        ("coffee with Robin", "Robin | 30 | 11-21..12-05 | - | Coffee"),
        ("drinks with Robin tonight", "Robin | 60 | 11-21..11-21 | 17:00-22:00 | Drinks"),
        ("beer with Robin on Friday", "Robin | 60 | 11-27..11-27 | 18:00-22:00 | Drinks"),
        ("with Robin this afternoon", "Robin | 30 | 11-21..11-21 | 12:00-18:00 | Meeting"),
        ("robin tmrw 2pm 30min", "Robin | 30 | 11-22..11-22 | 14:00-14:30 | Meeting"),
        ("an hour-long call with Robin tomorrow", "Robin | 60 | 11-22..11-22 | - | Call"),
        ("1:1 with Robin on Monday", "Robin | 30 | 11-23..11-23 | - | One-on-one"),
        ("one-on-one with Robin on Monday", "Robin | 30 | 11-23..11-23 | - | One-on-one"),
        ("another half hour with Robin next week", "Robin | 30 | 11-23..11-29 | - | Meeting"),
        ("can we touch base with Robin on Tuesday", "Robin | 30 | 11-24..11-24 | - | Meeting"),
        ("lunch meeting with Robin on Monday", "Robin | 60 | 11-23..11-23 | 12:00-14:00 | Lunch"),
        ("a walk with Robin on Monday, if possible", "Robin | 30 | 11-23..11-23 | - | Walk"),
        // A bare hour is in the working day, unless something says otherwise; the draft shows it.
        ("with Robin tomorrow at 9", "Robin | 30 | 11-22..11-22 | 09:00-09:30 | Meeting"),
        ("with Robin tomorrow at 5", "Robin | 30 | 11-22..11-22 | 17:00-17:30 | Meeting"),
        ("with Robin tomorrow evening at 9", "Robin | 30 | 11-22..11-22 | 21:00-21:30 | Meeting"),
        ("dinner with Robin tomorrow at 9", "Robin | 90 | 11-22..11-22 | 21:00-22:30 | Dinner"),
        ("an hour with Robin on Monday for the budget review", "Robin | 60 | 11-23..11-23 | - | The budget review"),
    ]);
}

#[test]
#[rustfmt::skip]
fn people_are_named_by_id_and_in_quotes() {
    typed(&[
        ("half an hour with 3fa9 next week", "Robin | 30 | 11-23..11-29 | - | Meeting"),
        ("half an hour with 3FA94C01B2D4 next week", "Robin | 30 | 11-23..11-29 | - | Meeting"),
        ("3fa94c01, tomorrow, 20 minutes", "Robin | 20 | 11-22..11-22 | - | Meeting"),
        ("call 5a6d tomorrow", "Will | 30 | 11-22..11-22 | - | Call"),
        ("with Kim aa02 tomorrow", "Kim Park | 30 | 11-22..11-22 | - | Meeting"),
        ("with “Kim” (aa01f3b2) tomorrow", "no: nobody called “Kim”"),
        ("with Kim (aa01f3b2) tomorrow", "Kim Lee | 30 | 11-22..11-22 | - | Meeting"),
        ("with \"Kim Lee\" tomorrow", "Kim Lee | 30 | 11-22..11-22 | - | Meeting"),
        ("“ana silva” tomorrow", "Ana Silva | 30 | 11-22..11-22 | - | Meeting"),
        ("lunch with “3fa9” tomorrow", "Robin | 60 | 11-22..11-22 | 12:00-14:00 | Lunch"),
        ("with “Robin Smith” tomorrow", "no: nobody called “Robin Smith”"),
        ("with aa01 and 3fa9 tomorrow", "no: names “aa01” and “3fa9”"),
        ("with 3fa tomorrow", "no: nobody called “3fa”"),
        ("with 4fa94c tomorrow", "no: nobody called “4fa94c”"),
        ("with aa tomorrow", "no: nobody called “aa”"),
    ]);
}
