//! Answers to reads, remembered until something in their project changes: screens and scripts ask the same again and again.
//!
//! An answer is kept with the generation of its project that was current before anything was read for it, so that it is
//! never told once a later change is acknowledged. What an answer depends on beside the project's records must be part of the
//! question.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::body::Body;
use bytes::Bytes;
use emt_api::{error::ApiError, spec::Spec};

use super::Parts;

/// Bytes of all answers that are kept. What goes when they are more is drawn: who asks for one record after the other, round
/// and round, would never meet an answer again if the oldest went.
const BYTES: usize = 4 * 1024 * 1024;
/// Longest answer that is kept: one long list is not worth all others.
const LONGEST: usize = BYTES / 8;
/// Longest question that is kept, bytes.
const QUESTION: usize = 1024;

/// What was answered last.
#[derive(Default)]
pub struct Memory(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    answers: HashMap<Arc<str>, (u64, Bytes)>,
    questions: Vec<Arc<str>>,
    bytes: usize,
    /// Where the last one went.
    drawn: usize,
}

impl Memory {
    /// What was answered at the same generation.
    fn recall(&self, question: &str, generation: u64) -> Option<Bytes> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.answers.get(question).filter(|(at, _)| *at == generation).map(|(_, answer)| answer.clone())
    }

    fn keep(&self, question: String, generation: u64, answer: &Bytes) {
        if question.len() > QUESTION || answer.len() > LONGEST {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { answers, questions, bytes, drawn } = &mut *kept;
        if let Some(known) = answers.get_mut(question.as_str()) {
            *bytes = *bytes + answer.len() - known.1.len();
            *known = (generation, answer.clone());
        } else {
            let question: Arc<str> = question.into();
            *bytes += answer.len() + question.len();
            questions.push(Arc::clone(&question));
            answers.insert(question, (generation, answer.clone()));
        }
        while *bytes > BYTES && !questions.is_empty() {
            // No secret depends on it: a stride that meets all places in an order that nobody asks in.
            *drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let question = questions.swap_remove((*drawn >> 33) % questions.len());
            if let Some((_, answer)) = answers.remove(&question) {
                *bytes -= answer.len() + question.len();
            }
        }
    }
}

/// An answer as it was made.
pub(super) enum Written {
    /// At once.
    Whole(Vec<u8>),
    /// Piece by piece, as the client takes it; too long to be kept.
    Flowing(Body),
}

impl Parts {
    /// The answer to a question about a project's records of a kind: as it was told last if nothing has changed since, else as
    /// `write` makes it now.
    pub(super) async fn remembered(
        &self,
        project: &str,
        spec: &'static Spec,
        asked: &str,
        write: impl AsyncFnOnce() -> Result<Written, ApiError>,
    ) -> Result<Body, ApiError> {
        // Before anything is read.
        let generation = self.inventory.store.generation(project);
        let question = [project, spec.prefix, asked].concat();
        if let Some(answer) = self.memory.recall(&question, generation) {
            return Ok(answer.into());
        }
        match write().await? {
            Written::Flowing(body) => Ok(body),
            Written::Whole(answer) if answer.len() > LONGEST => Ok(answer.into()),
            Written::Whole(mut answer) => {
                answer.shrink_to_fit();
                let answer = Bytes::from(answer);
                self.memory.keep(question, generation, &answer);
                Ok(answer.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_hold_for_their_generation() {
        let memory = Memory::default();
        let (first, second) = (Bytes::from_static(b"first"), Bytes::from_static(b"second one"));
        memory.keep("a".to_owned(), 1, &first);
        assert_eq!(memory.recall("a", 1), Some(first.clone()));
        assert_eq!(memory.recall("a", 2), None);
        assert_eq!(memory.recall("b", 1), None);
        memory.keep("a".to_owned(), 2, &second);
        assert_eq!((memory.recall("a", 1), memory.recall("a", 2)), (None, Some(second)));
    }

    #[test]
    fn memory_is_bounded_and_its_books_are_right() {
        let memory = Memory::default();
        let answer = |length: usize| Bytes::from(vec![b'x'; length]);
        memory.keep("long".to_owned(), 1, &answer(LONGEST + 1));
        memory.keep("q".repeat(QUESTION + 1), 1, &answer(1));
        assert!(memory.0.lock().unwrap().answers.is_empty());
        for round in 0..200_usize {
            memory.keep(format!("{}", round % 90), round as u64, &answer(round * 7919 % LONGEST));
            let kept = memory.0.lock().unwrap();
            let held: usize = kept.answers.iter().map(|(question, (_, answer))| question.len() + answer.len()).sum();
            assert_eq!(held, kept.bytes);
            assert!(kept.bytes <= BYTES && kept.answers.len() == kept.questions.len());
        }
    }

    /// Twice as many answers as there is room for, asked for one after the other, again and again.
    #[test]
    fn what_is_asked_round_and_round_is_met_again() {
        let (memory, answer) = (Memory::default(), Bytes::from(vec![b'x'; BYTES / 64]));
        let mut met = 0;
        for asked in (0..128).cycle().take(1280) {
            let question = asked.to_string();
            if memory.recall(&question, 1).is_some() {
                met += 1;
            } else {
                memory.keep(question, 1, &answer);
            }
        }
        assert!(met > 128, "{met}");
    }
}
