//! One schedule: what it says, whom it holds for, when it opens next.

use askama::Template;
use axum::extract::State;
use emt_windows::{Explanation, State as Now};
use jiff::Timestamp;

use super::{
    Failure, Page, Web,
    facts::{self, facts},
    known::{self, Schedule},
    target::{Hosts, Targets},
    visit::{Id, Visit},
    windows::{Shown, shown},
};
use crate::{
    oidc::percent_encoded,
    web::words::{Prose, quoted},
};

#[derive(Template)]
#[template(path = "schedules_one.html")]
struct OneText<'a> {
    project: &'a str,
    form: String,
    can_write: bool,
    schedule: &'a Schedule,
    facts: Vec<(&'static str, String)>,
    state: Prose,
    is_open: bool,
    windows: Vec<Shown>,
    hosts: Hosts,
}

impl OneText<'_> {
    fn counted(&self) -> String {
        facts::hosts(self.hosts.count)
    }

    fn filter(&self) -> String {
        percent_encoded(&self.hosts.filter)
    }
}

/// `GET /ui/p/{project}/schedules/{id}`.
pub(in crate::web) async fn one(State(site): State<Web>, visit: Visit, Id(id): Id) -> Result<Page, Failure> {
    let now = site.clock.now();
    let mut snapshot = site.rest.inventory.store.snapshot().await?;
    let schedule = known::one(&mut *snapshot, &visit.project, &id).await?;
    let targets = Targets::of(&mut *snapshot, &visit.project, std::iter::once(&schedule)).await?;
    let target = targets.target(&schedule);
    let hosts = match &target {
        Some(target) => super::target::hosts(&mut *snapshot, &visit.project, target).await?,
        None => Hosts::default(),
    };
    let rule = schedule.rule().map_err(emt_api::error::ApiError::from)?;
    let (state, is_open) = told(rule.explain(now));
    let text = OneText {
        project: &visit.name,
        form: visit.visitor.form_token(),
        can_write: visit.can_write(),
        facts: facts(&schedule, &targets.words(&schedule)),
        state: Prose(state),
        is_open,
        windows: shown(&rule, now),
        hosts,
        schedule: &schedule,
    };
    let page = Page::new(format!("{} · {}", schedule.label(), visit.name), &text)?.tab("schedules");
    let (id, length) = (quoted(schedule.id()), schedule.length().map(super::wall::short));
    let change = length.map_or_else(|| "--name NAME".to_owned(), |length| format!("--duration {length}"));
    Ok(page
        .live_of("SingleSchedule,RepeatedSchedule", [schedule.id()])
        .command(format!("emtctl schedule get {id} --tz {}", quoted(schedule.zone())))
        .command(format!("emtctl schedule edit {id} {change}"))
        .command(format!("emtctl schedule delete {id}")))
}

/// Open or closed, and why; and whether it is open.
fn told(Explanation { state, next }: Explanation) -> (String, bool) {
    let time = |at| Timestamp::from_second(at).unwrap_or_default();
    let opens = next.map_or_else(String::new, |next| format!("; it opens next {}", time(next.start)));
    match state {
        Now::Open(window) => match window.end {
            Some(end) => (format!("open until {}", time(end)), true),
            None => ("open until it is deleted".to_owned(), true),
        },
        Now::Before => (format!("closed{opens}"), false),
        Now::After => ("over: nothing opens any more".to_owned(), false),
        Now::Blackout(blackout) => (format!("kept closed by an exception until {}{opens}", time(blackout.to)), false),
        Now::Notice { until } => (format!("kept closed by its notice until {}{opens}", time(until)), false),
        Now::Finished { by } => (format!("closed: work had to be over by {}{opens}", time(by)), false),
    }
}
