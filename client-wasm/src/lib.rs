//! The browser shell around `sotto-client-core`.
