//! Typed asynchronous client of the Edge Orchestrator API.
//!
//! Works with this project's server and with a real Edge Orchestrator: what is absent, null or empty in an answer is
//! treated alike, and names of both generations of the API are understood.

mod changes;
mod error;
mod filter;
mod fleet;
mod http;
pub mod kinds;
mod link;
mod links;
mod lookup;
pub mod models;
mod oidc;
mod orchestrator;
mod os_modes;
mod projects;
mod sources;
mod upload;
mod why;

pub use emt_api::update_log::{Outcome, last_outcome};

pub use self::{
    changes::{Changes, Happened},
    error::Error,
    http::{Exchange, Http, Trust},
    link::{LinkPlan, Way},
    lookup::{Named, pick},
    oidc::{DeviceLogin, Oidc, Tokens},
    orchestrator::{Orchestrator, Query, Resource},
    projects::Features,
    upload::{Image, Kept, Release},
};
