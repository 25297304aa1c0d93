//! The real binary, in homes of its own, without a relay.

mod agent;
mod harness;
mod refusals;
mod verbs;
