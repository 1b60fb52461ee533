//! When nodes last reported. In memory: a poll that says nothing new is not written anywhere.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Epoch seconds of the last report by host.
pub(super) struct Heard {
    /// Since when nodes could be heard.
    since: u32,
    last: Mutex<HashMap<uuid::Uuid, u32>>,
}

impl Heard {
    pub(super) fn new(since: u32) -> Self {
        Self { since, last: Mutex::default() }
    }

    /// Notes a report.
    pub(super) fn note(&self, uuid: &str, now: u32) {
        if let Ok(uuid) = uuid::Uuid::try_parse(uuid) {
            self.last.lock().unwrap_or_else(PoisonError::into_inner).insert(uuid, now);
        }
    }

    /// The last report of a host; of one that was not heard yet, when the server started.
    pub(super) fn last(&self, uuid: &str) -> u32 {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        uuid::Uuid::try_parse(uuid).ok().and_then(|uuid| last.get(&uuid).copied()).unwrap_or(self.since)
    }
}
