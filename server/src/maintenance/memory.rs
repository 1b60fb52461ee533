//! Answers that hold until something in the project changes, so that a poll of a node with nothing new costs no look into
//! the store.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use emt_api::maintmgr::{PlatformUpdateStatusRequest, PlatformUpdateStatusResponse};
use prost::Message;

use super::Reporter;

/// Nodes that are remembered; beyond that memory begins anew.
const NODES: usize = 131_072;
/// Longest request that is remembered, bytes; those that nodes send at rest are far shorter.
const REQUEST: usize = 1024;

/// What nodes were told last.
#[derive(Default)]
pub(super) struct Memory {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    nodes: HashMap<String, Told>,
    /// Most nodes are told the same.
    last: Arc<PlatformUpdateStatusResponse>,
}

struct Told {
    generation: u64,
    /// Epoch seconds between which the same window is told.
    during: Range<i64>,
    who: Reporter,
    request: Box<[u8]>,
    answer: Arc<PlatformUpdateStatusResponse>,
}

impl Memory {
    /// The answer to the same request of the same node at the same generation of its project.
    pub(super) fn recall(
        &self,
        who: &Reporter,
        request: &PlatformUpdateStatusRequest,
        generation: u64,
        now: i64,
    ) -> Option<Arc<PlatformUpdateStatusResponse>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let told = known.nodes.get(&who.host_uuid)?;
        let holds = told.generation == generation && told.during.contains(&now) && told.who == *who;
        (holds && *told.request == *request.encode_to_vec()).then(|| Arc::clone(&told.answer))
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
        if request.encoded_len() > REQUEST {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.nodes.len() >= NODES {
            known.nodes.clear();
        }
        if *known.last != *answer {
            known.last = Arc::new(answer.clone());
        }
        let request = request.encode_to_vec().into_boxed_slice();
        let told = Told { generation, during, who: who.clone(), request, answer: Arc::clone(&known.last) };
        known.nodes.insert(who.host_uuid.clone(), told);
    }
}
