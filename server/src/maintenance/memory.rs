//! Answers that hold until something in the project changes, so that a poll of a node with nothing new costs no look into
//! the store.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use emt_api::maintmgr::{Extras, PlatformUpdateStatusRequest, PlatformUpdateStatusResponse};
use prost::Message;

use super::Reporter;

/// Nodes that are remembered; beyond that memory begins anew.
const NODES: usize = 131_072;

/// What nodes were told last.
#[derive(Default)]
pub(super) struct Memory {
    known: Mutex<Known>,
    /// Drawn anew by each process: nobody can make two requests look alike.
    hashes: RandomState,
}

#[derive(Default)]
struct Known {
    nodes: HashMap<String, Told>,
    /// Most nodes are told the same, but for the extras.
    last: Arc<PlatformUpdateStatusResponse>,
}

struct Told {
    generation: u64,
    /// Epoch seconds between which the same window is told.
    during: Range<i64>,
    who: Reporter,
    /// Of the request.
    fingerprint: u64,
    /// Without the extras.
    answer: Arc<PlatformUpdateStatusResponse>,
    extras: Option<Arc<Extras>>,
}

impl Memory {
    /// The answer to the same request of the same node at the same generation of its project.
    pub(super) fn recall(
        &self,
        who: &Reporter,
        request: &PlatformUpdateStatusRequest,
        generation: u64,
        now: i64,
    ) -> Option<PlatformUpdateStatusResponse> {
        let (answer, extras) = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let told = known.nodes.get(&who.host_uuid)?;
            let holds = told.generation == generation && told.during.contains(&now) && told.who == *who;
            if !holds || told.fingerprint != self.fingerprint(request) {
                return None;
            }
            (Arc::clone(&told.answer), told.extras.clone())
        };
        let mut answer = PlatformUpdateStatusResponse::clone(&answer);
        answer.extras = extras.as_deref().cloned();
        Some(answer)
    }

    /// Remembers the answer to a request that changed nothing.
    pub(super) fn keep(
        &self,
        who: &Reporter,
        request: &PlatformUpdateStatusRequest,
        generation: u64,
        during: Range<i64>,
        answer: &PlatformUpdateStatusResponse,
    ) {
        let mut answer = answer.clone();
        let extras = answer.extras.take().map(Arc::new);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.nodes.len() >= NODES {
            known.nodes.clear();
        }
        if *known.last != answer {
            known.last = Arc::new(answer);
        }
        let fingerprint = self.fingerprint(request);
        let told = Told { generation, during, who: who.clone(), fingerprint, answer: Arc::clone(&known.last), extras };
        known.nodes.insert(who.host_uuid.clone(), told);
    }

    /// What a request is known by, so that not all of it has to be kept.
    fn fingerprint(&self, request: &PlatformUpdateStatusRequest) -> u64 {
        self.hashes.hash_one(request.encode_to_vec())
    }
}
