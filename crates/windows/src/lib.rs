//! Maintenance windows: when they open, when they close, and why.
