//! Middles of pages, remembered for a moment: after a change all who have the same page open ask for the same.
//!
//! What is kept holds for one generation of the project and one second, and for all visitors who may do the same: nothing in it
//! is one visitor's, see [`super::mask`].

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use axum::http::Uri;

use super::{Page, Site, visit::Visit};

/// Pages that are kept; beyond that memory begins anew.
const PAGES: usize = 64;
/// Longest question, bytes.
const LONGEST: usize = 512;

/// See the module.
#[derive(Default)]
pub(super) struct Middles(Mutex<HashMap<String, (Moment, Page)>>);

/// What was asked, and when.
pub(super) struct Question {
    asked: String,
    moment: Moment,
}

/// Generation of the project, and epoch seconds.
type Moment = (u64, i64);

impl Question {
    /// What a visitor asks: to be made before anything is read for the answer.
    pub(super) fn of(site: &Site, visit: &Visit, uri: &Uri) -> Self {
        let place = uri.path_and_query().map_or("", |place| place.as_str());
        let asked = format!("{} {} {place}", visit.project, visit.can_write());
        Self { asked, moment: (site.rest.inventory.store.generation(&visit.project), site.clock.now()) }
    }
}

impl Middles {
    /// What was answered at the same moment.
    pub(super) fn recall(&self, question: &Question) -> Option<Page> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&question.asked).filter(|(moment, _)| *moment == question.moment).map(|(_, page)| page.clone())
    }

    /// Keeps an answer.
    pub(super) fn keep(&self, question: Question, page: &Page) {
        if question.asked.len() > LONGEST {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= PAGES && !kept.contains_key(&question.asked) {
            kept.clear();
        }
        kept.insert(question.asked, (question.moment, page.clone()));
    }
}
