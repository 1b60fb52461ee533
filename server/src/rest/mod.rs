//! The operators' side: one file a resource, each parses, authorises, calls the domain and renders.
//!
//! Each file tells its [`Operation`]s; the routes are made from them here. Shapes, statuses and literal texts are those of the
//! Edge Orchestrator's second-generation API; what is added to it is told in [`orchestrator`].

mod adoption;
mod answer;
mod context;
mod enrolment;
mod events;
mod guard;
mod health;
mod host;
mod instance;
mod limit;
mod location;
mod memory;
mod older;
pub mod openapi;
pub mod operation;
mod orchestrator;
mod org;
mod os;
mod os_resource_manager;
mod os_source;
mod os_update_policy;
mod os_update_run;
mod parameters;
mod project;
mod provider;
mod region;
mod release;
mod request;
mod resource;
mod schedule;
mod sign_in_link;
mod site;
mod telemetry;
mod why;
mod workload;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{Router, middleware, routing::MethodRouter};

pub(crate) use self::context::authorization;
pub use self::{answer::Refused, memory::Memory, orchestrator::features};
pub(crate) use self::{answer::no_such_path, events::changes};
use self::{guard::Guard, limit::Limiter, operation::Operation};
use crate::{
    clock::Clock,
    config::Config,
    identity::Identity,
    inventory::Inventory,
    maintenance::MaintenanceManager,
    os_resources::{OsModes, Sources},
    release::Images,
};

/// What the handlers work with, shared: a request clones it several times.
pub type Rest = Arc<Parts>;

/// See [`Rest`].
pub struct Parts {
    /// Hosts, instances, OS resources and the rest.
    pub inventory: Inventory,
    /// Decisions on updates.
    pub maintenance: MaintenanceManager,
    /// Modes of linking.
    pub modes: OsModes,
    /// Users, roles, projects.
    pub identity: Identity,
    /// Images.
    pub images: Images,
    /// Most bytes of one image.
    pub image_limit: u64,
    /// Where OS images are published.
    pub os_sources: Sources,
    /// Address that nodes are told for fetching tokens, such as `https://emt.localhost:8443`.
    pub origin: Arc<str>,
    /// What is served, as [`features`] tells it.
    pub features: Arc<serde_json::Value>,
    /// Answers that still hold.
    pub memory: Memory,
}

impl Parts {
    /// Where nodes get their tokens.
    fn token_url(&self) -> String {
        format!("{}/realms/master/protocol/openid-connect/token", self.origin)
    }
}

/// Everything that the operators' side serves.
pub fn operations() -> Vec<Operation> {
    [
        os::operations(),
        os_resource_manager::operations(),
        os_source::operations(),
        instance::operations(),
        host::operations(),
        adoption::operations(),
        why::operations(),
        region::operations(),
        site::operations(),
        location::operations(),
        schedule::operations(),
        os_update_policy::operations(),
        os_update_run::operations(),
        workload::operations(),
        provider::operations(),
        telemetry::operations(),
        org::operations(),
        project::operations(),
        orchestrator::operations(),
        enrolment::operations(),
        sign_in_link::operations(),
        release::operations(),
        events::operations(),
        openapi::operations(),
        health::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// All routes of the operators' side.
pub fn router(rest: Rest, settings: &Config, clock: &Clock) -> Router {
    let (unhurried, quick): (Vec<_>, Vec<_>) = operations().into_iter().partition(|operation| operation.unhurried);
    let quick = routes(&quick).fallback(answer::no_such_path);
    let unhurried = guarded(routes(&unhurried), settings, clock, None);
    guarded(quick, settings, clock, Some(guard::REQUEST_TIMEOUT)).merge(unhurried).with_state(rest)
}

/// Routes behind the same checks as all operations, for another side of the server.
pub(crate) fn checked(routes: Router, settings: &Config, clock: &Clock) -> Router {
    guarded(routes, settings, clock, Some(guard::REQUEST_TIMEOUT))
}

fn guarded<S: Clone + Send + Sync + 'static>(
    routes: Router<S>,
    settings: &Config,
    clock: &Clock,
    limit: Option<Duration>,
) -> Router<S> {
    let guard = Guard {
        limiter: Arc::new(Limiter::new(settings.requests_per_second)),
        clock: clock.clone(),
        origins: settings.cors_origins.clone().into(),
        limit,
    };
    routes.layer(middleware::from_fn_with_state(guard, Guard::guarded))
}

fn routes(operations: &[Operation]) -> Router<Rest> {
    let mut methods: BTreeMap<&str, (bool, MethodRouter<Rest>)> = BTreeMap::new();
    for operation in operations {
        for path in &operation.paths {
            let (ours, known) = methods.remove(path.as_str()).unwrap_or_default();
            methods.insert(path, (ours || operation.extension, known.merge(operation.handler())));
        }
    }
    let routes = methods.into_iter();
    routes.fold(Router::new(), |router, (path, (ours, methods))| {
        // The Edge Orchestrator lets nobody ask with HEAD; on paths of ours it is as GET without a body.
        let methods = if ours { methods } else { methods.head(async || answer::forbidden()) };
        router.route(path, methods.fallback(answer::method_not_allowed))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn operations_are_told_apart() {
        let (mut ids, mut places) = (HashSet::new(), HashSet::new());
        for operation in operations() {
            assert!(!operation.summary.is_empty() && !operation.paths.is_empty(), "{}", operation.id);
            assert!(ids.insert(operation.id.to_string()), "{} is there twice", operation.id);
            for path in operation.paths {
                assert!(places.insert((operation.method.clone(), path.clone())), "{} {path} is there twice", operation.method);
            }
        }
    }
}
