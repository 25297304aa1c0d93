//! Several clients, their stores and a relay in one process and in virtual
//! time: whole stories without a socket or a disk.

pub mod asks;
pub mod fuzzing;
pub mod outsider;
pub mod relay_model;
pub mod world;

pub use asks::NOW;
pub use outsider::{Outsider, sign_list};
pub use world::{Fault, Person, RELAY, World};
