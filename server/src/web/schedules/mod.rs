//! Schedules: the list, one of them, the calendar, and the form that makes and changes them.

mod command;
mod days;
mod delete;
mod draft;
mod edit;
mod facts;
mod form;
mod known;
mod list;
mod month;
mod one;
mod target;
mod typed;
mod wall;
mod windows;

use emt_api::record::Row;

#[cfg(test)]
pub(super) use self::known::Schedule;
pub(super) use self::{
    delete::delete,
    edit::{change, create, edit, new},
    known::{Scheduled, schedules},
    list::show,
    month::calendar,
    one::one,
    target::Targets,
};
use super::{Failure, Page, Site, Web, visit};
use crate::oidc::percent_encoded;

/// Where a project's schedules are.
fn root(project: &str) -> String {
    format!("/ui/p/{}/schedules", percent_encoded(project))
}

/// A schedule that is to be changed, or its kind's "not found".
async fn row(site: &Site, project: &str, id: &str) -> Result<Row, Failure> {
    let spec = known::resource(id.starts_with("repeatedsche-")).spec();
    Ok(site.rest.inventory.scope(project).find(spec, id).await?)
}
