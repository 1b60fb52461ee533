//! Pages for people, at `/ui`: the fleet, what is available, what happens next. They call the same domain rooms as the
//! operators' API and go by the same rights.
//!
//! Handlers give a [`Page`]; the frame around it is put there by [`frame`], which also knows who visits.

mod act;
mod assets;
mod counts;
mod enter;
mod events;
mod fleet;
mod frame;
mod host;
mod hosts;
mod leave;
mod mask;
mod middles;
mod os;
mod overview;
mod packed;
mod page;
mod plan;
mod projects;
mod schedules;
mod session;
mod timeline;
mod versions;
mod visit;
mod wish;
mod words;

use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{any, get, post},
};

pub(crate) use self::enter::ENTER;
use self::page::{Failure, Page};
use crate::{
    clock::{Clock, Randomness},
    config::Config,
    oidc::{CALLBACK, IssuerNames},
    rest::{self, Rest},
};

/// Where pages are.
pub(crate) const ROOT: &str = "/ui";

/// What pages work with.
type Web = Arc<Site>;

/// See [`Web`].
struct Site {
    rest: Rest,
    names: IssuerNames,
    clock: Clock,
    random: Randomness,
    fixes: os::fixes::Fixes,
    middles: middles::Middles,
}

/// All routes of the pages.
pub fn router(rest: Rest, names: IssuerNames, settings: &Config, clock: &Clock, random: &Randomness) -> Router {
    let (fixes, middles) = (os::fixes::Fixes::default(), middles::Middles::default());
    let site = Arc::new(Site { rest, names, clock: clock.clone(), random: random.clone(), fixes, middles });
    let quick = Router::new()
        .route("/", any(session::root))
        .route(ROOT, get(projects::home))
        .route("/ui/sign-in", get(session::sign_in))
        .route(CALLBACK, get(session::callback))
        .route("/ui/sign-out", post(leave::sign_out))
        .route(ENTER, get(enter::show).post(enter::enter))
        .route("/ui/assets/{name}", get(assets::serve))
        .route("/ui/p/{project}", get(overview::show))
        .route("/ui/p/{project}/hosts", get(hosts::show))
        .route("/ui/p/{project}/hosts/{id}", get(host::show))
        .route("/ui/p/{project}/plan", post(plan::plan))
        .route("/ui/p/{project}/os", get(os::show))
        .route("/ui/p/{project}/os/mode", post(os::set_mode))
        .route("/ui/p/{project}/os/{id}", get(os::version::show))
        .route("/ui/p/{project}/os/{id}/block", post(os::version::block))
        .route("/ui/p/{project}/os/sources/{id}", get(os::source::show))
        .route("/ui/p/{project}/os/sources/{id}/look", post(os::source::look))
        .route("/ui/p/{project}/schedules", get(schedules::show))
        .route("/ui/p/{project}/schedules/new", get(schedules::new).post(schedules::create))
        .route("/ui/p/{project}/schedules/calendar", get(schedules::calendar))
        .route("/ui/p/{project}/schedules/delete", post(schedules::delete))
        .route("/ui/p/{project}/schedules/{id}", get(schedules::one))
        .route("/ui/p/{project}/schedules/{id}/edit", get(schedules::edit).post(schedules::change))
        .route("/ui/{*path}", any(async || Failure::no_page()))
        .with_state(Arc::clone(&site));
    let quick = rest::checked(quick, settings, clock);
    let unhurried = Router::new().route("/ui/p/{project}/events", get(events::follow)).with_state(Arc::clone(&site));
    quick.merge(unhurried).layer(middleware::from_fn_with_state(site, frame::framed))
}

/// Whether a path may lead to a page.
pub(crate) fn is_page(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether an address without a server's name leads to a page of ours, and nowhere else.
pub(crate) fn is_own_address(asked: &str) -> bool {
    let path = asked.split(['?', '#']).next().unwrap_or_default();
    is_page(path) && !asked.contains(|c: char| c == '\\' || c.is_control())
}
