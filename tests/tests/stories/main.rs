//! Whole stories between several clients and a relay, in virtual time.

#![allow(missing_docs, reason = "tests")]

mod acquaintance;
mod agreed;
mod devices;
mod healing;
mod holds;
mod imports;
mod intruders;
mod keys;
mod leading;
mod lies;
mod limits;
mod linking;
mod meeting;
mod namesakes;
mod naming;
mod other_keys;
mod others_mistakes;
mod own_devices;
mod parting;
mod put_back;
mod receipts;
mod refusing;
mod renewal;
mod repair;
mod siblings;
mod survival;
