//! How many records fit, remembered until something changes: to count a large fleet for each page of a list would make a page
//! cost what the fleet costs.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use rusqlite::types::Value as Sql;

/// Conditions that are remembered; beyond that memory begins anew.
const CONDITIONS: usize = 1024;
/// Longest condition that is remembered, bytes, with what it is bound to.
const LONGEST: usize = 4096;

/// Counts and the generations of the store that they hold for.
#[derive(Default)]
pub(super) struct Counts {
    known: Mutex<HashMap<String, (u64, u64)>>,
}

impl Counts {
    /// The count of a statement, taken anew if none is known that holds for `generation`, which must have been current before
    /// the read began.
    pub(super) fn of(
        &self,
        statement: &str,
        bound: &[Sql],
        generation: Option<u64>,
        count: impl FnOnce() -> rusqlite::Result<u64>,
    ) -> rusqlite::Result<u64> {
        let Some(generation) = generation else { return count() };
        let key = key(statement, bound);
        if let Some((counted_at, count)) = self.lock().get(&key)
            && *counted_at == generation
        {
            return Ok(*count);
        }
        let count = count()?;
        if key.len() <= LONGEST {
            let mut known = self.lock();
            if known.len() >= CONDITIONS {
                known.clear();
            }
            known.insert(key, (generation, count));
        }
        Ok(count)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, (u64, u64)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(statement: &str, bound: &[Sql]) -> String {
    use std::fmt::Write as _;
    let mut key = statement.to_owned();
    for value in bound {
        // Lengths and types keep apart what is not the same.
        let _ = match value {
            Sql::Text(text) => write!(key, "\n{} {text}", text.len()),
            other => write!(key, "\n{other:?}"),
        };
    }
    key
}
