//! From an event to the stretches of time that it takes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::DateTime, tz::TimeZone};

use super::{
    event::{End, Event, Length, Occurrence, Override, When},
    expand::{self, Range},
    rule::Rule,
    zone::Zones,
};
use crate::span::Span;

/// The most occurrences of one event in one window; later ones are left out.
pub const MAX_OCCURRENCES: usize = 10_000;

/// How long an event without a length is shown.
const MOMENT: SignedDuration = SignedDuration::from_secs(60);

/// The length of what ends before it starts because one of its zones is unknown.
const UNKNOWN: Length = Length {
    days: 1,
    seconds: 0,
};

/// No offset from UTC is larger, so this covers every difference between clocks.
const CLOCKS_APART: SignedDuration = SignedDuration::from_hours(50);

impl Event {
    /// What happens in a window, in order of time, as a whole: an occurrence that began before
    /// the window has its true start. Days and floating times are those of `home`.
    ///
    /// A recurring event that began long ago costs no more than a new one, unless it has a COUNT;
    /// reading a file leaves none of these.
    pub fn occurrences(&self, window: Span, home: &TimeZone) -> Vec<Occurrence> {
        self.occurrences_with(window, home, &mut Zones::default(), &mut 0)
    }

    /// The same with a memory for zones and a count of the days that were looked at.
    pub(crate) fn occurrences_with(
        &self,
        window: Span,
        home: &TimeZone,
        zones: &mut Zones,
        steps: &mut usize,
    ) -> Vec<Occurrence> {
        if self.cancelled {
            return Vec::new();
        }
        let series = Series::new(self, home, zones);
        let mut found = series.regular(window, steps);
        found.extend(series.moved());
        found.retain(|occurrence| occurrence.span.overlaps(&window));
        found.sort_unstable();
        found.truncate(MAX_OCCURRENCES);
        found
    }
}

type Expand = fn(&Rule, DateTime, Range, &mut usize) -> Vec<DateTime>;

/// An event with its clocks.
struct Series<'a> {
    event: &'a Event,
    own: Form<'a>,
    /// With RANGE=THISANDFUTURE, by their original time.
    phases: Vec<(&'a Override, Form<'a>)>,
    singles: Vec<(&'a Override, Form<'a>)>,
}

/// How one occurrence looks, apart from when it is.
struct Form<'a> {
    start: &'a When,
    clock: TimeZone,
    length: Length,
    busy: bool,
    title: &'a str,
    location: Option<&'a str>,
}

impl<'a> Series<'a> {
    fn new(event: &'a Event, home: &TimeZone, zones: &mut Zones) -> Self {
        let (mut phases, mut singles) = (Vec::new(), Vec::new());
        for differs in &event.overrides {
            let form = Form {
                start: &differs.start,
                clock: clock(&differs.start, home, zones),
                length: length(&differs.start, &differs.end, home, zones).unwrap_or(UNKNOWN),
                busy: differs.busy,
                title: &differs.title,
                location: differs.location.as_deref(),
            };
            if differs.and_future {
                phases.push((differs, form));
            } else {
                singles.push((differs, form));
            }
        }
        phases.sort_by_key(|(differs, _)| differs.original);
        let own = Form {
            start: &event.start,
            clock: clock(&event.start, home, zones),
            length: length(&event.start, &event.end, home, zones).unwrap_or(UNKNOWN),
            busy: event.busy,
            title: &event.title,
            location: event.location.as_deref(),
        };
        Self {
            event,
            own,
            phases,
            singles,
        }
    }

    /// What the rules and dates give.
    fn regular(&self, window: Span, steps: &mut usize) -> Vec<Occurrence> {
        let range = self.range(window);
        let recurrence = &self.event.recurrence;
        let start = self.event.start.local();
        let within = |local: &DateTime| range.from <= *local && *local <= range.to;
        let mut all = |rules: &[Rule], expand: Expand| -> BTreeSet<DateTime> {
            let each = rules.iter().map(|rule| expand(rule, start, range, steps));
            each.flatten().collect()
        };
        let mut starts = all(&recurrence.rules, expand::expand);
        // The first occurrence is an exception only if the rule says so.
        let mut except = all(&recurrence.except_rules, expand::generated);
        except.extend(&recurrence.except);
        except.extend(self.singles.iter().map(|(differs, _)| differs.original));
        starts.extend(Some(start).filter(within));
        starts.extend(
            recurrence
                .dates
                .iter()
                .map(|date| date.start)
                .filter(within),
        );
        let lengths: BTreeMap<_, _> = recurrence
            .dates
            .iter()
            .filter_map(|date| Some((date.start, date.length?)))
            .collect();
        let place = |local: &DateTime| self.regular_one(*local, lengths.get(local).copied());
        starts.difference(&except).filter_map(place).collect()
    }

    fn regular_one(&self, local: DateTime, own_length: Option<Length>) -> Option<Occurrence> {
        let id = self.event.start.recurrence_id(local);
        let passed = self
            .phases
            .partition_point(|(differs, _)| differs.original <= local);
        let phase = passed.checked_sub(1).and_then(|last| self.phases.get(last));
        let Some((differs, form)) = phase else {
            return self.own.place(local, own_length, id);
        };
        if differs.cancelled {
            return None;
        }
        let moved = shift(differs).and_then(|by| local.checked_add(by).ok())?;
        form.place(moved, own_length, id)
    }

    /// The single occurrences that differ.
    fn moved(&self) -> impl Iterator<Item = Occurrence> {
        let held = self
            .singles
            .iter()
            .filter(|(differs, _)| !differs.cancelled);
        held.filter_map(|(differs, form)| {
            let id = self.event.start.recurrence_id(differs.original);
            form.place(form.start.local(), None, id)
        })
    }

    /// The local starts that may reach into a window.
    fn range(&self, window: Span) -> Range {
        let reach = |length: Length| {
            let days = SignedDuration::from_hours(i64::from(length.days).saturating_mul(24));
            let seconds = i64::try_from(length.seconds).unwrap_or(i64::MAX);
            days.saturating_add(SignedDuration::from_secs(seconds))
        };
        let dates = self.event.recurrence.dates.iter();
        let lengths = dates.filter_map(|date| date.length);
        let forms = std::iter::once(&self.own).chain(self.phases.iter().map(|(_, form)| form));
        let longest = lengths
            .chain(forms.map(|form| form.length))
            .map(reach)
            .max();
        let shifts = self.phases.iter().filter_map(|(differs, _)| shift(differs));
        let shifted = shifts.map(|by| by.abs()).max().unwrap_or_default();
        let margin = CLOCKS_APART.saturating_add(shifted);
        let early = margin.saturating_add(longest.unwrap_or_default());
        let local = |at: Timestamp| self.own.clock.to_datetime(at);
        Range {
            from: local(window.start()).saturating_sub(early),
            to: local(window.end()).saturating_add(margin),
            limit: MAX_OCCURRENCES,
        }
    }
}

impl Form<'_> {
    fn place(&self, local: DateTime, own_length: Option<Length>, id: String) -> Option<Occurrence> {
        let length = own_length.unwrap_or(self.length);
        let date = self.start.is_date();
        let end = local.checked_add(i64::from(length.days).days()).ok()?;
        // A gap takes the offset before it, a fold the first of both (RFC 5545 3.3.5).
        let start = self.clock.to_timestamp(local).ok()?;
        let end = self.clock.to_timestamp(end).ok()?;
        let seconds = SignedDuration::from_secs(i64::try_from(length.seconds).ok()?);
        let end = end.checked_add(seconds).ok()?;
        let (end, moment) = match end > start {
            true => (end, false),
            false => (start.checked_add(MOMENT).ok()?, true),
        };
        Some(Occurrence {
            span: Span::new(start, end).ok()?,
            all_day: date.then(|| local.date()),
            busy: self.busy && !moment,
            title: self.title.to_owned(),
            location: self.location.map(str::to_owned),
            recurrence_id: id,
        })
    }
}

/// How far THISANDFUTURE moves each occurrence.
fn shift(differs: &Override) -> Option<SignedDuration> {
    Some(differs.start.local().duration_since(differs.original))
}

/// The clock of a time. A zone that this build does not know was known when the event was stored:
/// the clock at home may be hours off, but to leave the event out would offer its time as free.
fn clock(when: &When, home: &TimeZone, zones: &mut Zones) -> TimeZone {
    let known = match when {
        When::Date(_) | When::Floating(_) => None,
        When::Zoned { zone, .. } => zones.time_zone(zone),
    };
    known.unwrap_or_else(|| home.clone())
}

fn instant(when: &When, home: &TimeZone, zones: &mut Zones) -> Option<Timestamp> {
    clock(when, home, zones).to_timestamp(when.local()).ok()
}

/// How long an event takes, judged by its own start and end.
pub(crate) fn length(
    start: &When,
    end: &End,
    home: &TimeZone,
    zones: &mut Zones,
) -> Option<Length> {
    let end = match end {
        End::After(length) => return Some(*length),
        End::At(end) => end,
    };
    if let (When::Date(from), When::Date(to)) = (start, end) {
        let hours = to.duration_since(*from).as_hours();
        let days = u32::try_from(hours / 24).ok()?;
        return Some(Length { days, seconds: 0 });
    }
    let (from, to) = (instant(start, home, zones)?, instant(end, home, zones)?);
    let seconds = u64::try_from(to.duration_since(from).as_secs()).ok()?;
    Some(Length { days: 0, seconds })
}

#[cfg(test)]
mod tests {
    use jiff::civil;

    use super::*;
    use crate::calendar::{event::Recurrence, zone::Zone};

    fn window(from: &str, to: &str) -> Span {
        Span::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
    }

    fn daily_since_2006() -> Event {
        Event {
            uid: "1".to_owned(),
            title: "Stand-up".to_owned(),
            location: None,
            start: When::Zoned {
                local: civil::datetime(2006, 1, 2, 9, 0, 0, 0),
                zone: Zone::Named("Europe/Berlin".to_owned()),
            },
            end: End::After(Length {
                days: 0,
                seconds: 900,
            }),
            busy: true,
            cancelled: false,
            recurrence: Recurrence {
                rules: vec!["FREQ=DAILY".parse().unwrap()],
                ..Recurrence::default()
            },
            overrides: Vec::new(),
        }
    }

    #[test]
    fn twenty_years_cost_what_a_week_costs() {
        let week = window("2026-11-02T00:00:00Z", "2026-11-09T00:00:00Z");
        let mut steps = 0;
        let found = daily_since_2006().occurrences_with(
            week,
            &TimeZone::UTC,
            &mut Zones::default(),
            &mut steps,
        );
        assert_eq!(found.len(), 7);
        assert!(steps < 20, "{steps}");
    }

    #[test]
    fn occurrences_are_bounded() {
        let ages = window("2006-01-01T00:00:00Z", "2400-01-01T00:00:00Z");
        assert_eq!(
            daily_since_2006().occurrences(ages, &TimeZone::UTC).len(),
            MAX_OCCURRENCES
        );
    }

    /// The zone of an event comes from a build that knows more of them.
    #[test]
    fn an_unknown_zone_is_home_and_keeps_its_time_taken() {
        let home = TimeZone::get("Asia/Tokyo").unwrap();
        let zoned = |hour, zone: &str| When::Zoned {
            local: civil::datetime(2026, 11, 2, hour, 0, 0, 0),
            zone: Zone::Named(zone.to_owned()),
        };
        let mut event = daily_since_2006();
        event.start = zoned(9, "Mars/Olympus");
        let day = window("2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z");
        let found = event.occurrences(day, &home);
        assert_eq!(
            found[0].span,
            window("2026-11-02T00:00:00Z", "2026-11-02T00:15:00Z")
        );
        assert!(found[0].busy);
        // Ten in London is after nine wherever Mars/Olympus is; at home it is nineteen.
        event.recurrence = Recurrence::default();
        event.end = End::At(zoned(10, "Europe/London"));
        let found = event.occurrences(day, &home);
        assert_eq!(
            found[0].span,
            window("2026-11-02T00:00:00Z", "2026-11-02T10:00:00Z")
        );
        // At home it ends before it starts.
        event.end = End::At(zoned(8, "Pacific/Kiritimati"));
        assert!(event.occurrences(day, &home)[0].busy);
    }

    /// Only the first occurrence that the rule itself gives is an exception.
    #[test]
    fn an_exception_rule_spares_a_first_occurrence_that_does_not_fit_it() {
        let week = window("2006-01-02T00:00:00Z", "2006-01-09T00:00:00Z");
        let mut event = daily_since_2006();
        let days = |event: &Event| {
            let found = event.occurrences(week, &TimeZone::UTC);
            found
                .iter()
                .map(|o| o.recurrence_id[6..8].to_owned())
                .collect::<Vec<_>>()
        };
        event.recurrence.except_rules = vec!["FREQ=WEEKLY;BYDAY=WE,SA,SU".parse().unwrap()];
        assert_eq!(days(&event), ["02", "03", "05", "06"]);
        event.recurrence.except_rules = vec!["FREQ=WEEKLY;BYDAY=MO".parse().unwrap()];
        assert_eq!(days(&event), ["03", "04", "05", "06", "07", "08"]);
    }

    #[test]
    fn the_stored_form() {
        let mut event = daily_since_2006();
        event
            .recurrence
            .except
            .push(civil::datetime(2006, 1, 3, 9, 0, 0, 0));
        insta::assert_snapshot!(serde_json::to_string_pretty(&event).unwrap(), @r#"
        {
          "uid": "1",
          "title": "Stand-up",
          "start": {
            "zoned": {
              "local": "2006-01-02T09:00:00",
              "zone": {
                "named": "Europe/Berlin"
              }
            }
          },
          "end": {
            "after": {
              "days": 0,
              "seconds": 900
            }
          },
          "busy": true,
          "recurrence": {
            "rules": [
              "FREQ=DAILY"
            ],
            "except": [
              "2006-01-03T09:00:00"
            ]
          }
        }
        "#);
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
    }

    #[test]
    fn what_it_may_lack_is_filled_in() {
        let json = r#"{"uid":"1","title":"Tea","start":{"date":"2026-12-01"},
            "end":{"after":{"days":1,"seconds":0}},"busy":false,"later":"unknown"}"#;
        let event: Event = serde_json::from_str(json).unwrap();
        let found = event.occurrences(
            window("2026-12-01T12:00:00Z", "2026-12-01T13:00:00Z"),
            &TimeZone::get("Pacific/Auckland").unwrap(),
        );
        assert_eq!(found, []);
        let found = event.occurrences(
            window("2026-12-01T10:00:00Z", "2026-12-01T13:00:00Z"),
            &TimeZone::get("Pacific/Auckland").unwrap(),
        );
        assert_eq!(found[0].all_day, Some(civil::date(2026, 12, 1)));
        assert_eq!(
            found[0].span,
            window("2026-11-30T11:00:00Z", "2026-12-01T11:00:00Z")
        );
    }
}
