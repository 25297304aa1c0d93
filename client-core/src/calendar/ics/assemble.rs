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
    let (mut instances, masters): (Vec<_>, Vec<_>) =
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
        counted: 0,
    };
    instances.sort_by(|earlier, later| earlier.revision.cmp(&later.revision));
    // Later revisions replace earlier ones.
    let (mut differing, mut orphans) = (BTreeMap::new(), BTreeMap::new());
    for instance in instances {
        let owner = by_uid.get(&instance.event.uid).and_then(|at| at.first());
        match owner.and_then(|at| Some((*at, kept.get(*at)?))) {
            Some((at, owner)) => {
                if let Some(differs) = differs(&instance, &owner.event.start, &mut context) {
                    differing.insert((at, differs.original, differs.and_future), differs);
                }
            }
            None => {
                let key = (instance.event.uid.clone(), instance.instance.clone());
                orphans.insert(key, instance);
            }
        }
    }
    for ((at, ..), differs) in differing {
        if let Some(owner) = kept.get_mut(at) {
            owner.event.overrides.push(differs);
        }
    }
    // An occurrence without its event, of an invitation to one meeting of a series, stands alone.
    let events = kept.into_iter().chain(orphans.into_values());
    with_own_uids(events.map(|read| read.event))
}

fn differs(instance: &Read, start: &When, context: &mut Context<'_>) -> Option<Override> {
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
