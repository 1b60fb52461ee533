//! The operators' side: one file a resource, each parses, authorises, calls the domain and renders.
//!
//! Shapes, statuses and literal texts are those of the Edge Orchestrator's second-generation API; what is added to it is
//! told in [`orchestrator`].

mod answer;
mod context;
mod enrolment;
mod health;
mod host;
mod instance;
mod orchestrator;
mod project;
mod release;
mod request;
mod resource;
mod schedule;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    http::StatusCode,
    routing::{get, patch, post, put},
};
use tower_http::timeout::TimeoutLayer;

pub use self::answer::Refused;
use self::resource::{collection, item, listed};
use crate::{
    identity::Identity,
    inventory::{
        HOSTS, INSTANCES, Inventory, OS_RESOURCES, OS_UPDATE_POLICIES, OS_UPDATE_RUNS, REGIONS, REPEATED_SCHEDULES,
        SINGLE_SCHEDULES, SITES,
    },
    release::Images,
};

/// How long one request may take (northbound contract, limits). Images are not bound by it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// What the handlers work with.
#[derive(Clone)]
pub struct Rest {
    /// Hosts, instances, OS resources and the rest.
    pub inventory: Inventory,
    /// Users, roles, projects.
    pub identity: Identity,
    /// Images.
    pub images: Images,
    /// Most bytes of one image.
    pub image_limit: u64,
    /// Address that nodes are told for fetching tokens, such as `https://emt.localhost:8443`.
    pub origin: Arc<str>,
}

/// All routes of the operators' side.
pub fn router(rest: Rest) -> Router {
    let timeout = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT);
    let quick = Router::new()
        .nest("/v1/projects/{project}", of_project())
        .route("/v1/projects", project::collection())
        .route("/v1/projects/{project}", project::item())
        .route("/v1/projects/{project}/status", project::status())
        .route("/v1/orchestrator", get(orchestrator::show).fallback(answer::method_not_allowed))
        .route("/v1/enrol", post(enrolment::redeem).fallback(answer::method_not_allowed))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .layer(timeout);
    let images = Router::new()
        .route("/v1/projects/{project}/releases/{sha256}", put(release::upload).fallback(answer::method_not_allowed))
        .route("/files-edge-orch/{project}/{sha256}/{name}", get(release::download).fallback(answer::method_not_allowed));
    quick.merge(images).fallback(answer::no_such_path).with_state(rest)
}

/// What is below a project.
fn of_project() -> Router<Rest> {
    let mut router = Router::new();
    for path in ["/compute/os", "/compute/operating_systems"] {
        router = crud(router, path, collection(&OS_RESOURCES), item(&OS_RESOURCES));
    }
    router = crud(router, "/compute/instances", collection(&INSTANCES), item(&INSTANCES))
        .route("/compute/instances/{id}/invalidate", put(instance::invalidate).fallback(answer::method_not_allowed));
    router = crud(router, "/compute/hosts", collection(&HOSTS), item(&HOSTS))
        .route("/compute/hosts/register", post(host::register).fallback(answer::method_not_allowed))
        .route("/compute/hosts/{id}/register", patch(host::register_again).fallback(answer::method_not_allowed))
        .route("/compute/hosts/{id}/onboard", patch(host::onboard).fallback(answer::method_not_allowed))
        .route("/compute/hosts/{id}/invalidate", put(host::invalidate).fallback(answer::method_not_allowed));
    router = crud(router, "/regions", collection(&REGIONS), item(&REGIONS));
    for path in ["/sites", "/regions/{region}/sites"] {
        router = crud(router, path, collection(&SITES), item(&SITES));
    }
    for path in ["/schedules/single", "/compute/schedules/single"] {
        router = crud(router, path, schedule::collection(&SINGLE_SCHEDULES), item(&SINGLE_SCHEDULES));
    }
    for path in ["/schedules/repeated", "/compute/schedules/repeated"] {
        router = crud(router, path, schedule::collection(&REPEATED_SCHEDULES), item(&REPEATED_SCHEDULES));
    }
    for path in ["/schedules", "/compute/schedules"] {
        router = router.route(path, get(schedule::joined).fallback(answer::method_not_allowed));
    }
    for path in ["/os-update-policies", "/os_update_policy"] {
        router = crud(router, path, collection(&OS_UPDATE_POLICIES), resource::lasting(&OS_UPDATE_POLICIES));
    }
    for path in ["/os-update-runs", "/os_update_run"] {
        router = crud(router, path, listed(&OS_UPDATE_RUNS), resource::lasting(&OS_UPDATE_RUNS));
    }
    router
}

type Route = axum::routing::MethodRouter<Rest>;

fn crud(router: Router<Rest>, path: &str, collection: Route, item: Route) -> Router<Rest> {
    router.route(path, collection).route(&format!("{path}/{{id}}"), item)
}
