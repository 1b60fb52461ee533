//! Typed asynchronous client of the Edge Orchestrator API.
