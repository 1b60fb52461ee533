//! Who is at an image right now, so that none is removed under somebody's hands.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Images that share a lock.
const SHARDS: usize = 64;

/// Project and digest.
pub(super) type Key = (String, String);

/// See the module.
#[derive(Clone)]
pub(super) struct Usage(Arc<Inner>);

struct Inner {
    /// Held for reading while an image is looked up or put in its place, for writing while it is removed.
    gates: [RwLock<()>; SHARDS],
    /// Downloads that go on.
    held: Mutex<HashMap<Key, u32>>,
    /// Images that somebody used since the last look.
    touched: Mutex<HashSet<Key>>,
}

impl Usage {
    pub(super) fn new() -> Self {
        let gates = std::array::from_fn(|_| RwLock::new(()));
        Self(Arc::new(Inner { gates, held: Mutex::default(), touched: Mutex::default() }))
    }

    fn gate(&self, sha256: &str) -> &RwLock<()> {
        let number = sha256.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or_default();
        &self.0.gates[usize::from(number) % SHARDS]
    }

    /// Nothing is removed while this lives.
    pub(super) async fn look(&self, sha256: &str) -> RwLockReadGuard<'_, ()> {
        self.gate(sha256).read().await
    }

    /// Nobody looks while this lives.
    pub(super) async fn alone(&self, sha256: &str) -> RwLockWriteGuard<'_, ()> {
        self.gate(sha256).write().await
    }

    /// Notes that somebody has used an image.
    pub(super) fn touch(&self, project: &str, sha256: &str) {
        let key = (project.to_owned(), sha256.to_owned());
        self.0.touched.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
    }

    /// Whether somebody is using an image, or has since it was last asked. It counts as asked only with `forget`.
    pub(super) fn is_used(&self, key: &Key, forget: bool) -> bool {
        let held = self.0.held.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key);
        let mut touched = self.0.touched.lock().unwrap_or_else(PoisonError::into_inner);
        let touched = if forget { touched.remove(key) } else { touched.contains(key) };
        held || touched
    }

    /// Holds an image while it is being downloaded.
    pub(super) fn hold(&self, project: &str, sha256: &str) -> Hold {
        let key = (project.to_owned(), sha256.to_owned());
        *self.0.held.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_default() += 1;
        Hold { usage: self.clone(), key }
    }
}

/// A download that goes on.
pub(super) struct Hold {
    usage: Usage,
    key: Key,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.usage.touch(&self.key.0, &self.key.1);
        let mut held = self.usage.0.held.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get_mut(&self.key) {
            Some(count @ 2..) => *count -= 1,
            _ => drop(held.remove(&self.key)),
        }
    }
}
