//! The native shell around `sotto-client-core`.
