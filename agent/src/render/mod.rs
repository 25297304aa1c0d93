//! How things look in a terminal.
//!
//! Names, titles and reasons come from other people: [`text::clean`] takes
//! out what a terminal would obey, before they are printed.

pub mod devices;
pub mod keys;
pub mod meetings;
pub mod people;
pub mod qr;
pub mod status;
pub mod table;
pub mod text;
pub mod times;
