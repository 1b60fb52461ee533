//! Telemetry groups and profiles. The group in the path of the first generation is not looked at: the body and the answers
//! name it.

use axum::{extract::State, response::Response};
use emt_api::{
    error::ApiError,
    filter::{Expr, Path, Test},
    page::{Choice, Paging},
    value::Value,
};

use super::{
    Rest,
    answer::{Refused, written},
    context::InProject,
    operation::{At, Holds, Operation, Parameter, ParameterKind},
    parameters::{OFFSET, ORDER_BY, PAGE_SIZE},
    request::Parameters,
    resource::{creation, deletion, item, listing, page, show},
};
use crate::inventory::{
    Chosen, Owner, Resource, TELEMETRY_LOGS_GROUPS, TELEMETRY_LOGS_PROFILES, TELEMETRY_METRICS_GROUPS,
    TELEMETRY_METRICS_PROFILES, profiles_of, refused,
};

const LOGS_GROUPS: At =
    At::project(&["/telemetry/loggroups", "/telemetry/groups/logs"], &["/telemetry/groups/logs", "/telemetry/loggroups"]);
const METRICS_GROUPS: At = At::project(
    &["/telemetry/metricgroups", "/telemetry/groups/metrics"],
    &["/telemetry/groups/metrics", "/telemetry/metricgroups"],
);
const LOGS_PROFILES: At = At::project(
    &["/telemetry/profiles/logs", "/telemetry/loggroups/{group}/logprofiles"],
    &["/telemetry/profiles/logs", "/telemetry/loggroups/{group}/logprofiles"],
);
const METRICS_PROFILES: At = At::project(
    &["/telemetry/profiles/metrics", "/telemetry/metricgroups/{group}/metricprofiles"],
    &["/telemetry/profiles/metrics", "/telemetry/metricgroups/{group}/metricprofiles"],
);

const fn owner_parameter(name: &'static str, doc: &'static str, kind: &'static str) -> Parameter {
    Parameter { name, doc, holds: Holds::Id(kind), kind: ParameterKind::Upstream }
}

static INSTANCE_ID: Parameter = owner_parameter("instanceId", "Profiles of this instance.", "inst");
static SITE_ID: Parameter = owner_parameter("siteId", "Profiles of this site.", "site");
static REGION_ID: Parameter = owner_parameter("regionId", "Profiles of this region.", "region");
static SHOW_INHERITED: Parameter = Parameter {
    name: "showInherited",
    doc: "Show what the named instance, site or region inherits, too.",
    holds: Holds::Bool,
    kind: ParameterKind::Upstream,
};
static GROUP_LIST: [&Parameter; 3] = [&PAGE_SIZE, &OFFSET, &ORDER_BY];
static PROFILE_LIST: [&Parameter; 7] = [&PAGE_SIZE, &OFFSET, &ORDER_BY, &INSTANCE_ID, &SITE_ID, &REGION_ID, &SHOW_INHERITED];

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = Vec::new();
    let groups: [(&'static dyn Resource, At); 2] =
        [(&TELEMETRY_LOGS_GROUPS, LOGS_GROUPS), (&TELEMETRY_METRICS_GROUPS, METRICS_GROUPS)];
    for (kind, at) in groups {
        let list = async move |State(rest): State<Rest>, at: InProject, parameters: Parameters| {
            list(kind, &rest, &at, &parameters, Expr::everything()).await
        };
        operations.push(listing(kind, at, list).parameters(GROUP_LIST));
        operations.extend([creation(kind, at), show(kind, at), deletion(kind, at)]);
    }
    let profiles: [(&'static dyn Resource, At); 2] =
        [(&TELEMETRY_LOGS_PROFILES, LOGS_PROFILES), (&TELEMETRY_METRICS_PROFILES, METRICS_PROFILES)];
    for (kind, at) in profiles {
        let list = async move |State(rest): State<Rest>, at: InProject, parameters: Parameters| {
            let which = asked_for(&rest, &at.project, &parameters).await?;
            list(kind, &rest, &at, &parameters, which).await
        };
        operations.push(listing(kind, at, list).parameters(PROFILE_LIST));
        operations.push(creation(kind, at));
        operations.extend(item(kind, at));
    }
    operations
}

/// Telemetry lists have no filter of their own: one that is given is ignored, as any unknown parameter.
async fn list(
    kind: &'static dyn Resource,
    rest: &Rest,
    at: &InProject,
    parameters: &Parameters,
    which: Expr,
) -> Result<Response, Refused> {
    let paging = Paging::read(&parameters.0)?;
    let ordered = Chosen::compile(kind.spec(), Choice::order_only(&parameters.0)?)?;
    let listing = rest.inventory.list(kind, &at.project, Chosen { filter: which, ..ordered }, paging).await?;
    Ok(written(page(kind, &listing)))
}

/// The profiles of the instances, sites and regions that the query names; with `showInherited` those that hold for it.
async fn asked_for(rest: &Rest, project: &str, parameters: &Parameters) -> Result<Expr, Refused> {
    let mut owners = Vec::new();
    let mut own = Vec::new();
    for (parameter, column, owner) in [
        (&INSTANCE_ID, "target_instance_id", Owner::Instance as fn(_) -> _),
        (&SITE_ID, "target_site_id", Owner::Site),
        (&REGION_ID, "target_region_id", Owner::Region),
    ] {
        let Some(id) = parameters.checked(parameter)? else { continue };
        owners.push(owner(id));
        own.push(Expr::Test(Path { steps: Vec::new(), column }, Test::Is(Value::from(id))));
    }
    match (parameters.truth(SHOW_INHERITED.name)?, owners.as_slice()) {
        (_, []) => Ok(Expr::everything()),
        (false, _) => Ok(Expr::Any(own)),
        (true, [owner]) => Ok(profiles_of(&*rest.inventory.store, project, *owner).await.map_err(refused)?),
        (true, _) => {
            let text = "what is inherited can be shown of one only: leave out two of instanceId, siteId and regionId";
            Err(ApiError::invalid(text).into())
        }
    }
}
