//! Rules of regions: the tree has at most five levels and no cycle.

use std::collections::HashSet;

use async_trait::async_trait;
use emt_api::{
    error::ApiError,
    filter::Expr,
    input::Input,
    json::{Plan, SHALLOW},
    record::Row,
    resources::{REGION, REPEATED_SCHEDULE, SINGLE_SCHEDULE, SITE, TELEMETRY_LOGS_PROFILE, TELEMETRY_METRICS_PROFILE},
    spec::Spec,
    value::{MetadataItem, Value},
};

use super::{Resource, Scope, gone, refused};
use crate::store::{Change, Query};

/// Regions.
pub static REGIONS: Regions = Regions;

/// See [`REGIONS`].
pub struct Regions;

/// Most levels of the tree (northbound contract, regions).
pub(super) const MAX_DEPTH: usize = 5;

static PLAN: Plan = Plan { follow: &[("parentRegion", &SHALLOW)], computed: true };

#[async_trait]
impl Resource for Regions {
    fn spec(&self) -> &'static Spec {
        &REGION
    }

    fn one(&self) -> &'static Plan {
        &PLAN
    }

    async fn creating(&self, scope: &Scope<'_>, row: &mut Row) -> Result<Vec<Change>, ApiError> {
        check_labels(row)?;
        check_depth(scope, row, 1).await?;
        Ok(Vec::new())
    }

    async fn changing(&self, scope: &Scope<'_>, before: &Row, after: &mut Row, _: &Input) -> Result<Vec<Change>, ApiError> {
        check_labels(after)?;
        if before.get("parent_region_id") != after.get("parent_region_id") {
            let height = height(scope, &after.meta.id).await?;
            check_depth(scope, after, height).await?;
        }
        Ok(Vec::new())
    }

    async fn deleting(&self, scope: &Scope<'_>, row: &Row) -> Result<Vec<Change>, ApiError> {
        let id = &row.meta.id;
        Ok(vec![
            scope.require_none(&REGION, "parent_region_id", id),
            scope.require_none(&SITE, "region_id", id),
            scope.unlink(&SINGLE_SCHEDULE, "target_region_id", id),
            scope.unlink(&REPEATED_SCHEDULE, "target_region_id", id),
            scope.unlink(&TELEMETRY_LOGS_PROFILE, "target_region_id", id),
            scope.unlink(&TELEMETRY_METRICS_PROFILE, "target_region_id", id),
            gone(row),
        ])
    }
}

/// Refuses two labels with one key.
pub(super) fn check_labels(row: &Row) -> Result<(), ApiError> {
    let labels: Vec<MetadataItem> = serde_json::from_str(row.get("metadata").text()).unwrap_or_default();
    let mut keys = HashSet::new();
    if labels.iter().all(|label| keys.insert(label.key.as_str())) {
        Ok(())
    } else {
        Err(ApiError::invalid("Duplicate metadata keys are forbidden"))
    }
}

/// Walks up from a region that has `height` levels at and below it.
async fn check_depth(scope: &Scope<'_>, region: &Row, height: usize) -> Result<(), ApiError> {
    let too_deep = || ApiError::invalid(format!("exceeds maximum resource nesting depth of {MAX_DEPTH}"));
    let mut levels = height;
    let mut parent = region.get("parent_region_id").clone();
    while let Value::Text(id) = parent {
        levels += 1;
        if levels > MAX_DEPTH || id == region.meta.id {
            return Err(too_deep());
        }
        parent = scope.find(&REGION, &id).await?.get("parent_region_id").clone();
    }
    Ok(())
}

/// Levels at and below a region.
async fn height(scope: &Scope<'_>, id: &str) -> Result<usize, ApiError> {
    let mut level = vec![Value::from(id)];
    let mut height = 0;
    while !level.is_empty() && height <= MAX_DEPTH {
        height += 1;
        let query = Query::all(&REGION, scope.project).filter(Expr::is_in("parent_region_id", level));
        let children = scope.store.find(query).await.map_err(refused)?;
        level = children.rows.into_iter().map(|row| Value::Text(row.meta.id)).collect();
    }
    Ok(height)
}
