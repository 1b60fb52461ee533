//! Who was heard of when, and whose silence is due to be judged. In memory: a sign of life that says nothing new costs one
//! look-up, and time finds the silent ones in a queue by deadline, not by a walk through the fleet.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// How long a node may be silent, in seconds: three heartbeats of ten seconds (southbound contract, Host Manager).
pub(super) const TIMEOUT: i64 = 30;

/// The nodes that have shown that they are alive.
#[derive(Default)]
pub(super) struct Liveness {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// By UUID of the host in lower case.
    nodes: HashMap<Arc<str>, Node>,
    /// One entry a node at most: when to look at it. Signs of life do not touch it; whoever comes up and was heard of
    /// meanwhile goes back in.
    queue: BinaryHeap<Reverse<(i64, Arc<str>)>>,
}

struct Node {
    project: Arc<str>,
    /// Last sign of life, epoch seconds.
    heard: i64,
    queued: bool,
    said: Option<Said>,
}

/// A sign of life that changed nothing.
#[derive(PartialEq, Eq)]
struct Said {
    /// Generation of the project for which that holds.
    generation: u64,
    message: Box<[u8]>,
}

/// A node that has been silent for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Silent {
    pub(super) project: Arc<str>,
    pub(super) uuid: Arc<str>,
    /// Last sign of life, epoch seconds.
    pub(super) heard: i64,
}

impl Liveness {
    /// Notes a sign of life. `true` if the same message is known to change nothing at this generation of the project.
    pub(super) fn hear(&self, project: &str, uuid: &str, message: &[u8], generation: u64, now: i64) -> bool {
        let mut inner = self.inner();
        if let Some(node) = inner.nodes.get_mut(uuid)
            && node.queued
        {
            node.heard = now;
            return &*node.project == project
                && node.said.as_ref().is_some_and(|said| said.generation == generation && *said.message == *message);
        }
        inner.add(project, uuid, now, now + TIMEOUT);
        false
    }

    /// Remembers that a message changed nothing at a generation.
    pub(super) fn keep(&self, uuid: &str, message: &[u8], generation: u64) {
        if let Some(node) = self.inner().nodes.get_mut(uuid) {
            node.said = Some(Said { generation, message: message.into() });
        }
    }

    /// Expects a sign of life until `due`, though none was heard by this process.
    pub(super) fn expect(&self, project: &str, uuid: &str, heard: i64, due: i64) {
        self.inner().add(project, uuid, heard, due);
    }

    /// The next node whose silence is to be judged at `now`. It is then out of the queue until it is heard of, or expected
    /// again.
    pub(super) fn next_silent(&self, now: i64) -> Option<Silent> {
        let mut inner = self.inner();
        while let Some(Reverse((due, uuid))) = inner.queue.pop() {
            if due > now {
                inner.queue.push(Reverse((due, uuid)));
                return None;
            }
            let Some(node) = inner.nodes.get_mut(&uuid) else { continue };
            let (heard, project) = (node.heard, Arc::clone(&node.project));
            // Only what was heard after the entry was made moves the deadline: it may lie later for a reason.
            if heard + TIMEOUT > now {
                inner.queue.push(Reverse((heard + TIMEOUT, uuid)));
                continue;
            }
            node.queued = false;
            return Some(Silent { project, uuid, heard });
        }
        None
    }

    /// Last sign of life of a node, epoch seconds.
    pub(super) fn heard(&self, uuid: &str) -> Option<i64> {
        self.inner().nodes.get(uuid).map(|node| node.heard)
    }

    /// Forgets a node that is silent for good.
    pub(super) fn forget(&self, silent: &Silent) {
        let mut inner = self.inner();
        if inner.nodes.get(&silent.uuid).is_some_and(|node| !node.queued && node.heard == silent.heard) {
            inner.nodes.remove(&silent.uuid);
        }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn add(&mut self, project: &str, uuid: &str, heard: i64, due: i64) {
        let uuid: Arc<str> = self.nodes.get_key_value(uuid).map_or_else(|| uuid.into(), |(uuid, _)| Arc::clone(uuid));
        let node = self.nodes.entry(Arc::clone(&uuid)).or_insert_with(|| Node {
            project: project.into(),
            heard,
            queued: false,
            said: None,
        });
        if *node.project != *project {
            node.project = project.into();
        }
        node.heard = node.heard.max(heard);
        if !node.queued {
            node.queued = true;
            self.queue.push(Reverse((due, uuid)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "u";

    fn hear(liveness: &Liveness, now: i64) -> bool {
        liveness.hear("p", UUID, b"beat", 1, now)
    }

    fn silent(liveness: &Liveness, now: i64) -> Option<i64> {
        liveness.next_silent(now).map(|silent| silent.heard)
    }

    #[test]
    fn only_silence_comes_up_and_only_once() {
        let liveness = Liveness::default();
        assert_eq!(silent(&liveness, 0), None);
        for now in [0, 10, 20] {
            hear(&liveness, now);
        }
        assert_eq!(silent(&liveness, 30), None, "heard of at 20");
        assert_eq!(silent(&liveness, 49), None);
        assert_eq!(silent(&liveness, 50), Some(20));
        assert_eq!(silent(&liveness, 500), None, "known");
        hear(&liveness, 600);
        assert_eq!(silent(&liveness, 630), Some(600));
        liveness.expect("p", UUID, 600, 700);
        assert_eq!(silent(&liveness, 699), None);
        assert_eq!(silent(&liveness, 700), Some(600), "expected back until then");
    }

    #[test]
    fn a_node_has_one_entry_however_often_it_is_heard_of() {
        let liveness = Liveness::default();
        for now in 0..1000 {
            hear(&liveness, now);
            assert_eq!(silent(&liveness, now), None);
        }
        assert_eq!(liveness.inner().queue.len(), 1);
    }

    #[test]
    fn what_changes_nothing_is_remembered_for_one_generation() {
        let liveness = Liveness::default();
        assert!(!hear(&liveness, 0));
        assert!(!hear(&liveness, 1));
        liveness.keep(UUID, b"beat", 1);
        assert!(hear(&liveness, 2));
        assert!(!liveness.hear("p", UUID, b"other", 1, 3));
        assert!(!liveness.hear("p", UUID, b"beat", 2, 3));
        assert!(!liveness.hear("q", UUID, b"beat", 1, 3), "the host belongs to another project now");
        assert!(silent(&liveness, 33).is_some());
        assert!(!hear(&liveness, 40), "who was lost is looked at");
    }

    #[test]
    fn forgetting_is_undone_by_a_sign_of_life() {
        let liveness = Liveness::default();
        hear(&liveness, 0);
        let gone = liveness.next_silent(30).unwrap();
        hear(&liveness, 31);
        liveness.forget(&gone);
        assert_eq!(liveness.heard(UUID), Some(31));
        let gone = liveness.next_silent(61).unwrap();
        liveness.forget(&gone);
        assert_eq!(liveness.heard(UUID), None);
    }
}
