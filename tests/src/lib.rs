//! What needs more than one part of Sotto.
