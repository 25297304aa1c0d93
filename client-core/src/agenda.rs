//! The user's time as it is stored: imported calendars and arranged meetings.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp, ToSpan as _, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    api::{
        AlsoIn, ApiError, ApiErrorCode, BlockedDays, CalendarView, ContactRef, EventKind,
        EventView, ImportReport,
    },
    calendar::{Event, When, availability, ics},
    connection::later,
    contacts::find,
    engine::{Context, Store},
    local_id::{CalendarId, ContactId, ConversationId},
    message::MAX_TEXT_CHARS,
    record,
    span::Span,
};

/// Most imported calendars.
pub(crate) const MAX_CALENDARS: usize = 50;

/// How far ahead an import looks for clashes and blocked days.
const IMPORT_HORIZON: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Most blocked days that an import names; all are counted.
const MAX_NAMED: usize = 3;

/// A calendar file that was read.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Imported {
    id: CalendarId,
    name: String,
    events: u32,
    imported_at: Timestamp,
}

impl Imported {
    fn view(&self) -> CalendarView {
        CalendarView {
            id: self.id.to_string(),
            name: self.name.clone(),
            events: self.events,
            imported_at: self.imported_at,
        }
    }
}

/// A meeting that agents arranged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Meeting {
    pub(crate) event: Event,
    pub(crate) contact: ContactId,
    pub(crate) proposal: ConversationId,
}

/// A time that is held while its proposal is open.
#[derive(Debug, Clone)]
pub(crate) struct Hold {
    pub(crate) slot: Span,
    pub(crate) title: String,
    pub(crate) contact: ContactId,
    pub(crate) proposal: ConversationId,
}

/// Where the name of an imported calendar may come from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Naming<'a> {
    /// What the user calls it.
    pub(crate) name: Option<&'a str>,
    /// The file's name on disk.
    pub(crate) file_name: Option<&'a str>,
}

impl Naming<'_> {
    /// The user's name for it, else its own, else the file's.
    fn choose(&self, own: Option<&str>) -> String {
        let stem = self.file_name.map(|name| name.trim_end_matches(".ics"));
        let name = self
            .name
            .or(own)
            .or(stem.filter(|stem| !stem.trim().is_empty()));
        let name = name.unwrap_or("Calendar").trim();
        name.chars()
            .filter(|c| !c.is_control())
            .take(MAX_TEXT_CHARS)
            .collect()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Agenda {
    calendars: BTreeMap<CalendarId, Imported>,
    /// By calendar and place in it.
    events: BTreeMap<(CalendarId, u32), Event>,
    meetings: BTreeMap<String, Meeting>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Record {
    Calendar(Imported),
    Event {
        calendar: CalendarId,
        index: u32,
        event: Event,
    },
    Meeting(Meeting),
}

fn calendar_key(id: &CalendarId) -> String {
    format!("calendar/{id}")
}

fn event_key(id: &CalendarId, index: u32) -> String {
    format!("event/{id}/{index:05}")
}

fn meeting_key(uid: &str) -> String {
    format!("meeting/{uid}")
}

impl Agenda {
    pub(crate) fn load(&mut self, bytes: &[u8]) -> Result<(), serde_json::Error> {
        match record::decode(bytes)? {
            Record::Calendar(calendar) => {
                self.calendars.insert(calendar.id.clone(), calendar);
            }
            Record::Event {
                calendar,
                index,
                event,
            } => {
                self.events.insert((calendar, index), event);
            }
            Record::Meeting(meeting) => {
                self.meetings.insert(meeting.event.uid.clone(), meeting);
            }
        }
        Ok(())
    }

    /// Reads a calendar file; nothing changes when it cannot be read.
    pub(crate) fn import(
        &mut self,
        naming: Naming<'_>,
        ics: &str,
        home: &TimeZone,
        cx: &mut Context<'_>,
    ) -> Result<ImportReport, ApiError> {
        let parsed = ics::parse(ics, home).map_err(|error| {
            ApiError::new(
                ApiErrorCode::CalendarInvalid,
                error.to_string(),
                error.next_step(),
            )
        })?;
        let name = naming.choose(parsed.name.as_deref());
        if name.is_empty() {
            return Err(ApiError::new(
                ApiErrorCode::ValueInvalid,
                "The calendar's name is empty.",
                "Give it a name of at least one letter.",
            ));
        }
        let same = self
            .calendars
            .values()
            .find(|c| c.name.to_lowercase() == name.to_lowercase());
        let replaced = same.map(|calendar| (calendar.id.clone(), calendar.events));
        if replaced.is_none() && self.calendars.len() >= MAX_CALENDARS {
            return Err(ApiError::new(
                ApiErrorCode::LimitReached,
                format!("There are {MAX_CALENDARS} calendars already."),
                "Remove one that you do not need any more, then import again.",
            ));
        }
        let id = match &replaced {
            Some((id, _)) => id.clone(),
            None => CalendarId::random(cx.rng),
        };
        let before = replaced.as_ref().map_or(0, |(_, events)| *events);
        let mut after = 0;
        for (index, event) in (0..).zip(parsed.events) {
            let record = Record::Event {
                calendar: id.clone(),
                index,
                event,
            };
            cx.put(Store::CalendarEvents, event_key(&id, index), &record);
            if let Record::Event { event, .. } = record {
                self.events.insert((id.clone(), index), event);
            }
            after = index + 1;
        }
        self.drop_events(&id, after..before, cx);
        let calendar = Imported {
            id: id.clone(),
            name,
            events: after,
            imported_at: cx.now,
        };
        let view = calendar.view();
        cx.put(
            Store::CalendarEvents,
            calendar_key(&id),
            &Record::Calendar(calendar.clone()),
        );
        let mut blocked = self.blocked_days(&id, cx.now, home);
        let all_day_busy = u32::try_from(blocked.len()).unwrap_or(u32::MAX);
        blocked.truncate(MAX_NAMED);
        let report = ImportReport {
            calendar: view,
            replaced: replaced.is_some(),
            skipped: parsed.skipped,
            clashes: Vec::new(),
            also_in: self.also_in(&id),
            all_day_busy,
            blocked_days: blocked,
        };
        self.calendars.insert(id, calendar);
        Ok(report)
    }

    /// The calendar that has most of the events of this one as well, if that is half of them.
    fn also_in(&self, id: &CalendarId) -> Option<AlsoIn> {
        let mine: HashSet<_> = self.events_of(id).map(|event| &event.uid).collect();
        let others = self.calendars.values().filter(|other| other.id != *id);
        let shared = others.map(|other| {
            let shared = self.events_of(&other.id).filter(|e| mine.contains(&e.uid));
            (shared.count(), other)
        });
        let (events, other) = shared.max_by_key(|(events, _)| *events)?;
        (events > 0 && events * 2 >= mine.len()).then(|| AlsoIn {
            calendar: other.name.clone(),
            events: u32::try_from(events).unwrap_or(u32::MAX),
        })
    }

    /// The all-day events that take up their days, each with its next time, in order of time.
    fn blocked_days(&self, id: &CalendarId, now: Timestamp, home: &TimeZone) -> Vec<BlockedDays> {
        let Some(window) = soon(now) else {
            return Vec::new();
        };
        let all_day = self
            .events_of(id)
            .filter(|event| matches!(event.start, When::Date(_)));
        let next = |event: &Event| {
            let mut busy = event.occurrences(window, home);
            busy.retain(|occurrence| occurrence.busy);
            let next = busy.into_iter().min_by_key(|o| o.span.start())?;
            // The end is the first instant after it.
            let last = next.span.end().checked_sub(1.second()).ok()?;
            Some(BlockedDays {
                title: next.title,
                from: next.all_day?,
                to: home.to_datetime(last).date(),
            })
        };
        let mut blocked: Vec<_> = all_day.filter_map(next).collect();
        blocked.sort_by_key(|days| days.from);
        blocked
    }

    fn events_of(&self, id: &CalendarId) -> impl Iterator<Item = &Event> {
        self.events
            .range((id.clone(), 0)..=(id.clone(), u32::MAX))
            .map(|(_, event)| event)
    }

    /// Meetings and holds at whose times a calendar has something else.
    pub(crate) fn clashes(
        &self,
        calendar: &str,
        now: Timestamp,
        home: &TimeZone,
        holds: &[Hold],
        name_of: impl Fn(&ContactId) -> Option<ContactRef>,
    ) -> Vec<EventView> {
        let Some(window) = soon(now) else {
            return Vec::new();
        };
        let ours = self.calendars.keys().filter(|id| id.as_str() == calendar);
        let busy = availability::busy(ours.flat_map(|id| self.events_of(id)), window, home);
        let clashes = |view: &EventView| {
            Span::new(view.start, view.end)
                .is_ok_and(|meeting| busy.iter().any(|span| span.overlaps(&meeting)))
        };
        let mut arranged = self.arranged(window, home, holds, name_of);
        arranged.retain(clashes);
        arranged.sort_by_key(|view| view.start);
        arranged
    }

    pub(crate) fn remove_calendar(
        &mut self,
        reference: &str,
        cx: &mut Context<'_>,
    ) -> Result<(), ApiError> {
        let named = self
            .calendars
            .values()
            .map(|c| (c.id.as_str(), c.name.as_str(), c));
        let calendar = find("calendar", reference, named)?;
        let (id, events) = (calendar.id.clone(), calendar.events);
        self.drop_events(&id, 0..events, cx);
        cx.delete(Store::CalendarEvents, calendar_key(&id));
        self.calendars.remove(&id);
        Ok(())
    }

    fn drop_events(&mut self, id: &CalendarId, range: std::ops::Range<u32>, cx: &mut Context<'_>) {
        for index in range {
            self.events.remove(&(id.clone(), index));
            cx.delete(Store::CalendarEvents, event_key(id, index));
        }
    }

    pub(crate) fn calendars(&self) -> Vec<CalendarView> {
        let mut views: Vec<_> = self.calendars.values().map(Imported::view).collect();
        views.sort_by(|a, b| a.name.cmp(&b.name));
        views
    }

    /// Puts a meeting in; the same UID again replaces it.
    pub(crate) fn book(&mut self, meeting: Meeting, cx: &mut Context<'_>) {
        let record = Record::Meeting(meeting.clone());
        cx.put(
            Store::CalendarEvents,
            meeting_key(&meeting.event.uid),
            &record,
        );
        self.meetings.insert(meeting.event.uid.clone(), meeting);
    }

    /// Takes a meeting out again.
    pub(crate) fn unbook(&mut self, uid: &str, cx: &mut Context<'_>) {
        if self.meetings.remove(uid).is_some() {
            cx.delete(Store::CalendarEvents, meeting_key(uid));
        }
    }

    /// What takes up time within `window`.
    pub(crate) fn busy(&self, window: Span, home: &TimeZone) -> Vec<Span> {
        let events = self
            .events
            .values()
            .chain(self.meetings.values().map(|m| &m.event));
        availability::busy(events, window, home)
    }

    /// Everything within `window`, in order of time.
    pub(crate) fn view(
        &self,
        window: Span,
        home: &TimeZone,
        holds: &[Hold],
        name_of: impl Fn(&ContactId) -> Option<ContactRef>,
    ) -> Vec<EventView> {
        let mut views = self.arranged(window, home, holds, name_of);
        let named = |id: &CalendarId| self.calendars.get(id).map(|calendar| calendar.name.clone());
        for ((calendar, index), event) in &self.events {
            for occurrence in event.occurrences(window, home) {
                views.push(EventView {
                    id: format!("{calendar}/{index}/{}", occurrence.recurrence_id),
                    uid: event.uid.clone(),
                    kind: EventKind::Imported,
                    title: occurrence.title,
                    location: occurrence.location,
                    start: occurrence.span.start(),
                    end: occurrence.span.end(),
                    all_day: occurrence.all_day,
                    busy: occurrence.busy,
                    calendar: named(calendar),
                    contact: None,
                    proposal: None,
                });
            }
        }
        views.sort_by(|a, b| (a.start, a.end, &a.id).cmp(&(b.start, b.end, &b.id)));
        views
    }

    /// The meetings and holds within `window`.
    fn arranged(
        &self,
        window: Span,
        home: &TimeZone,
        holds: &[Hold],
        name_of: impl Fn(&ContactId) -> Option<ContactRef>,
    ) -> Vec<EventView> {
        let mut views = Vec::new();
        for meeting in self.meetings.values() {
            for occurrence in meeting.event.occurrences(window, home) {
                views.push(EventView {
                    id: meeting.event.uid.clone(),
                    uid: meeting.event.uid.clone(),
                    kind: EventKind::Meeting,
                    title: occurrence.title,
                    location: occurrence.location,
                    start: occurrence.span.start(),
                    end: occurrence.span.end(),
                    all_day: None,
                    busy: true,
                    calendar: None,
                    contact: name_of(&meeting.contact),
                    proposal: Some(meeting.proposal.to_string()),
                });
            }
        }
        for hold in holds.iter().filter(|hold| hold.slot.overlaps(&window)) {
            views.push(EventView {
                id: format!("hold/{}", hold.proposal),
                uid: String::new(),
                kind: EventKind::Hold,
                title: hold.title.clone(),
                location: None,
                start: hold.slot.start(),
                end: hold.slot.end(),
                all_day: None,
                busy: true,
                calendar: None,
                contact: name_of(&hold.contact),
                proposal: Some(hold.proposal.to_string()),
            });
        }
        views
    }
}

/// The time ahead that an import is checked against.
fn soon(now: Timestamp) -> Option<Span> {
    Span::new(now, later(now, IMPORT_HORIZON)).ok()
}
