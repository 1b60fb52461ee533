//! The end of a schedule.

use askama::Template;
use axum::extract::State;

use super::{
    Failure, Page, Web,
    known::Scheduled,
    list::{ScheduleRow, place, row},
    target::Targets,
    visit::{Posted, Visit},
};
use crate::web::words::quoted;

#[derive(Template)]
#[template(path = "delete.html")]
struct DeleteText<'a> {
    project: &'a str,
    form: String,
    row: ScheduleRow,
}

/// `POST /ui/p/{project}/schedules/delete`; with the field `sure` it is done.
pub(in crate::web) async fn delete(State(site): State<Web>, visit: Visit, posted: Posted) -> Result<Page, Failure> {
    if !visit.can_write() {
        return Err(Failure::forbidden(&visit.name));
    }
    let id = posted.get("id");
    let mut snapshot = site.rest.inventory.store.snapshot().await?;
    let schedule = super::known::one(&mut *snapshot, &visit.project, id).await?;
    if posted.get("sure").is_empty() {
        let targets = Targets::of(&mut *snapshot, &visit.project, std::iter::once(&schedule)).await?;
        let rule = schedule.rule().map_err(emt_api::error::ApiError::from)?;
        let scheduled = Scheduled { schedule, rule };
        let row = row(&scheduled, &targets, place(&scheduled, site.clock.now()));
        let command = format!("emtctl schedule delete {}", quoted(&row.id));
        let text = DeleteText { project: &visit.name, form: visit.visitor.form_token(), row };
        return Ok(Page::new(format!("Delete · {}", visit.name), &text)?.tab("schedules").command(command));
    }
    drop(snapshot);
    site.rest.inventory.delete(schedule.resource(), &visit.project, id).await?;
    tracing::info!(user = visit.visitor.caller.username(), id, "a schedule is deleted by a page");
    Err(Failure::Elsewhere(super::root(&visit.name)))
}
