//! Rules of OS resources.

use async_trait::async_trait;
use emt_api::{
    enums::{OsProvider, OsType},
    error::ApiError,
    filter::Expr,
    input::{Input, check_text},
    record::{Record, Row},
    resources::{INSTANCE, OS, OS_OFFER, OS_UPDATE_POLICY, Os},
    spec::Spec,
};

use super::{Inventory, Resource, Scope, gone, refused};
use crate::store::{Change, Query};

/// Most instances that a refusal names.
const NAMED: u64 = 3;

/// Most characters of a reason for a block, and their form: a line of text, without control characters.
pub const BLOCK_REASON: (usize, &str) = (500, r"^[^\x00-\x1f\x7f-\x9f]*$");

/// Why nobody is to install an OS, as it is kept; or what is wrong with the reason.
pub fn blocked_by(username: &str, reason: &str) -> Result<String, String> {
    check_text(reason, 1, BLOCK_REASON.0, BLOCK_REASON.1)?;
    Ok(format!("by {username}: {reason}"))
}

/// OS resources.
pub static OS_RESOURCES: OsResources = OsResources;

/// See [`OS_RESOURCES`].
pub struct OsResources;

#[async_trait]
impl Resource for OsResources {
    fn spec(&self) -> &'static Spec {
        &OS
    }

    async fn creating(&self, _: &Scope<'_>, row: &mut Row) -> Result<Vec<Change>, ApiError> {
        let os = Os::from_row(row.clone());
        if os.os_type == OsType::Unspecified {
            return Err(ApiError::invalid("OS type cannot be unspecified"));
        }
        if os.os_provider == OsProvider::Unspecified {
            return Err(ApiError::invalid("OS provider cannot be unspecified"));
        }
        check_metadata(&os.metadata)?;
        Ok(Vec::new())
    }

    async fn changing(&self, _: &Scope<'_>, _: &Row, after: &mut Row, _: &Input) -> Result<Vec<Change>, ApiError> {
        check_metadata(after.get("metadata").text())?;
        Ok(Vec::new())
    }

    /// What runs it, or is to get it because a person says so, keeps it. What automatic mode has linked is nobody's wish.
    async fn deleting(&self, scope: &Scope<'_>, row: &Row) -> Result<Vec<Change>, ApiError> {
        let id = &row.meta.id;
        check_unused(scope, id).await?;
        let project = scope.project.to_owned();
        Ok(vec![
            scope.require_none(&INSTANCE, "os_id", id),
            Change::RequireNone { spec: &INSTANCE, project, filter: linked_by_a_person(id) },
            scope.unlink(&INSTANCE, "desired_os_id", id),
            scope.unlink(&OS_UPDATE_POLICY, "target_os_id", id),
            scope.unlink(&OS_OFFER, "os_id", id),
            gone(row),
        ])
    }
}

fn linked_by_a_person(os: &str) -> Expr {
    Expr::is("desired_os_id", os).and(Expr::is("linked_by", 0))
}

/// Refuses while an instance keeps an OS; says which, and what to do.
async fn check_unused(scope: &Scope<'_>, os: &str) -> Result<(), ApiError> {
    let running = some(scope, Expr::is("os_id", os)).await?;
    let linked = some(scope, linked_by_a_person(os).and(Expr::Not(Box::new(Expr::is("os_id", os))))).await?;
    let parts = [
        (running, "run it: update them to another OS first"),
        (linked, "are to get it by somebody's link: link another OS or a policy to them first"),
    ];
    let parts: Vec<String> = parts.into_iter().filter_map(|(some, what)| Some(format!("{} {what}", some?))).collect();
    if parts.is_empty() {
        return Ok(());
    }
    Err(ApiError::precondition(format!(
        "instances still refer to this OS: {}; block it if nobody else is to install it meanwhile",
        parts.join("; ")
    )))
}

/// Names the first few instances for which something holds.
async fn some(scope: &Scope<'_>, filter: Expr) -> Result<Option<String>, ApiError> {
    let query = Query { count: true, ..Query::all(&INSTANCE, scope.project).filter(filter).limit(NAMED) };
    let page = scope.store.find(query).await.map_err(refused)?;
    let mut named: Vec<String> = page.rows.into_iter().map(|row| row.meta.id).collect();
    if named.is_empty() {
        return Ok(None);
    }
    let more = page.total.saturating_sub(named.len() as u64);
    if more > 0 {
        named.push(format!("{more} more"));
    }
    Ok(Some(named.join(", ")))
}

/// OS metadata is the text of a flat JSON object of texts without repeated keys.
fn check_metadata(text: &str) -> Result<(), ApiError> {
    if text.is_empty() {
        return Ok(());
    }
    let wrong = || ApiError::invalid("metadata must be the text of a JSON object of strings, each key once");
    let json = emt_api::input::parse(text.as_bytes()).map_err(|_| wrong())?;
    let flat = json.as_object().is_some_and(|object| object.values().all(serde_json::Value::is_string));
    if flat { Ok(()) } else { Err(wrong()) }
}

impl Inventory {
    /// Sets why nobody is to install an OS, and who says so; "" lets it be installed again.
    pub async fn set_blocked(&self, project: &str, id: &str, blocked: String) -> Result<(), ApiError> {
        let rule = |_: &Scope<'_>, before: &Row| {
            let mut os = Os::from_row(before.clone());
            os.blocked.clone_from(&blocked);
            Ok((os.into_row(), Vec::new()))
        };
        self.modify(&OS, project, id, &rule).await.map(drop)
    }
}
