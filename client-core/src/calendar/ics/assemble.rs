//! From many VEVENTs to events: revisions, occurrences that differ, UIDs that are used twice.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::{
    vevent::{Context, Read},
    zones::Zones,
};
use crate::calendar::{
    event::{Event, Override, When},
    zone,
};

/// Puts together what belongs together, in the order of the file.
pub(super) fn assemble(read: Vec<Read>, home: &TimeZone, clocks: &mut zone::Zones) -> Vec<Event> {
    let (instances, masters): (Vec<_>, Vec<_>) =
        read.into_iter().partition(|read| read.instance.is_some());
    let mut kept: Vec<Read> = Vec::new();
    let mut by_uid: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for master in masters {
        let same = by_uid.entry(master.event.uid.clone()).or_default();
        // Several with one UID are revisions of one event, as long as the sequence number or
        // the start says so. Else a careless producer gave it to different events.
        let older = same.iter().copied().find(|at| {
            kept.get(*at).is_some_and(|known| {
                known.revision.0 != master.revision.0 || known.event.start == master.event.start
            })
        });
        match older.and_then(|at| kept.get_mut(at)) {
            Some(known) if known.revision <= master.revision => *known = master,
            Some(_) => {}
            None => {
                same.push(kept.len());
                kept.push(master);
            }
        }
    }
    let zones = Zones::none();
    let mut context = Context {
        zones: &zones,
        home,
        clocks,
    };
    let mut orphans: Vec<Read> = Vec::new();
    let mut revisions = BTreeMap::new();
    for instance in instances {
        let owner = by_uid.get(&instance.event.uid).and_then(|at| at.first());
        match owner.and_then(|at| kept.get_mut(*at).map(|known| (at, known))) {
            Some((at, owner)) => {
                let Some(differs) = differing(&instance, &owner.event.start, &mut context) else {
                    continue;
                };
                let key = (*at, differs.original, differs.and_future);
                let newest = revisions
                    .entry(key)
                    .or_insert_with(|| instance.revision.clone());
                if *newest <= instance.revision {
                    *newest = instance.revision.clone();
                    owner.event.overrides.retain(|known| {
                        (known.original, known.and_future) != (differs.original, differs.and_future)
                    });
                    owner.event.overrides.push(differs);
                }
            }
            None => orphans.push(instance),
        }
    }
    // An occurrence without its event, of an invitation to one meeting of a series, stands alone.
    let newest = newest_of_each(orphans);
    let events = kept.into_iter().chain(newest).map(|read| read.event);
    with_own_uids(events)
}

fn differing(instance: &Read, start: &When, context: &mut Context<'_>) -> Option<Override> {
    let event = instance.event.clone();
    Some(Override {
        original: context.localised(instance.instance.as_ref()?, start)?,
        and_future: instance.and_future,
        cancelled: event.cancelled,
        title: event.title,
        location: event.location,
        start: event.start,
        end: event.end,
        busy: event.busy,
    })
}

fn newest_of_each(orphans: Vec<Read>) -> Vec<Read> {
    let mut newest: BTreeMap<(String, Option<When>), Read> = BTreeMap::new();
    for orphan in orphans {
        let key = (orphan.event.uid.clone(), orphan.instance.clone());
        match newest.get(&key) {
            Some(known) if known.revision > orphan.revision => {}
            _ => {
                newest.insert(key, orphan);
            }
        }
    }
    newest.into_values().collect()
}

/// Numbers the second and further events of one UID.
fn with_own_uids(events: impl Iterator<Item = Event>) -> Vec<Event> {
    let mut taken = BTreeSet::new();
    let mut next: BTreeMap<String, usize> = BTreeMap::new();
    let mut all = Vec::new();
    for mut event in events {
        let own = event.uid.clone();
        while !taken.insert(event.uid.clone()) {
            let number = next.entry(own.clone()).or_insert(1);
            *number += 1;
            event.uid = format!("{own}#{number}");
        }
        all.push(event);
    }
    all
}
