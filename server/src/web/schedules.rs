//! The list of schedules, and their end.

use askama::Template;
use axum::extract::State;
use emt_api::enums::ScheduleStatus;

use super::{
    Failure, Page, Web,
    timeline::{Scheduled, schedules, target},
    visit::{Posted, Visit},
    words::{When, quoted},
};
use crate::{
    inventory::{REPEATED_SCHEDULES, Resource, SINGLE_SCHEDULES},
    oidc::percent_encoded,
};

#[derive(Template)]
#[template(path = "schedules.html")]
struct SchedulesText<'a> {
    project: &'a str,
    form: String,
    can_write: bool,
    rows: Vec<ScheduleRow>,
}

struct ScheduleRow {
    id: String,
    name: String,
    target: String,
    is_update: bool,
    /// When it opens again and again; "" if it does so once.
    repeats: String,
    is_open: bool,
    /// The end of what is open, or the next begin; 0 if there is none.
    next: When,
}

#[derive(Template)]
#[template(path = "delete.html")]
struct DeleteText<'a> {
    project: &'a str,
    form: String,
    row: ScheduleRow,
}

/// `GET /ui/p/{project}/schedules`.
pub(super) async fn show(State(site): State<Web>, visit: Visit) -> Result<Page, Failure> {
    let now = site.clock.now();
    let mut snapshot = site.rest.inventory.store.snapshot().await?;
    let mut rows = Vec::new();
    for schedule in schedules(&mut *snapshot, &visit.project).await? {
        let target = target(&mut *snapshot, &visit.project, &schedule.target).await?;
        rows.push(row(schedule, target, now));
    }
    // What is open first, then by the next begin; what is over comes last.
    rows.sort_by_key(|row| (!row.is_open, row.next.0 == 0, row.next.0, row.name.clone()));
    let (form, can_write) = (visit.visitor.form_token(), visit.can_write());
    let text = SchedulesText { project: &visit.name, form, can_write, rows };
    let page = Page::new(format!("Schedules · {}", visit.name), &text)?.tab("schedules");
    Ok(page.live("SingleSchedule,RepeatedSchedule").command("emtctl schedule list"))
}

fn row(schedule: Scheduled, target: String, now: i64) -> ScheduleRow {
    let open = schedule.rule.active(now);
    let next = schedule.rule.next(now.saturating_add(1)).map_or(0, |window| window.start);
    let Scheduled { id, name, status, repeats, .. } = schedule;
    ScheduleRow {
        name: if name.is_empty() { id.clone() } else { name },
        id,
        target,
        is_update: status == ScheduleStatus::OsUpdate,
        repeats,
        is_open: open.is_some(),
        next: When(open.map_or(next, |window| window.end.unwrap_or(0))),
    }
}

/// `POST /ui/p/{project}/schedules/delete`; with the field `sure` it is done.
pub(super) async fn delete(State(site): State<Web>, visit: Visit, posted: Posted) -> Result<Page, Failure> {
    if !visit.can_write() {
        return Err(Failure::forbidden(&visit.name));
    }
    let id = posted.get("id");
    let mut snapshot = site.rest.inventory.store.snapshot().await?;
    let found = schedules(&mut *snapshot, &visit.project).await?.into_iter().find(|schedule| schedule.id == id);
    let kind: &dyn Resource = if id.starts_with("repeatedsche-") { &REPEATED_SCHEDULES } else { &SINGLE_SCHEDULES };
    let schedule = found.ok_or_else(|| kind.spec().not_found())?;
    if posted.get("sure").is_empty() {
        let target = target(&mut *snapshot, &visit.project, &schedule.target).await?;
        let row = row(schedule, target, site.clock.now());
        let command = format!("emtctl schedule delete {}", quoted(&row.id));
        let text = DeleteText { project: &visit.name, form: visit.visitor.form_token(), row };
        return Ok(Page::new(format!("Delete · {}", visit.name), &text)?.tab("schedules").command(command));
    }
    drop(snapshot);
    site.rest.inventory.delete(kind, &visit.project, id).await?;
    tracing::info!(user = visit.visitor.caller.username(), id, "a schedule is deleted by a page");
    Err(Failure::Elsewhere(format!("/ui/p/{}/schedules", percent_encoded(&visit.name))))
}
