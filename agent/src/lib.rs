//! The Platform Update Agent for immutable A/B edge nodes.
