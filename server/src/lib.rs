//! A lightweight Edge Orchestrator in one binary.
