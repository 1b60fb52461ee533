//! The kinds of resources: where each is, and how lists name it.

use std::marker::PhantomData;

use crate::models::{Host, Instance, Offer, Os, Policy, Region, Run, Schedule, Site, Source};

/// A kind of resource whose records are understood as `T`.
pub struct Kind<T> {
    /// Path below the project.
    pub path: &'static str,
    /// Key of the records in the answer to a list.
    pub list_key: &'static str,
    /// Prefix of its ids.
    pub prefix: &'static str,
    /// What people call it.
    pub noun: &'static str,
    record: PhantomData<fn() -> T>,
}

impl<T> Kind<T> {
    const fn new(path: &'static str, list_key: &'static str, prefix: &'static str, noun: &'static str) -> Self {
        Self { path, list_key, prefix, noun, record: PhantomData }
    }

    /// Whether a text has the form of this kind's ids.
    pub fn is_id(&self, text: &str) -> bool {
        emt_api::id::is(text, self.prefix)
    }
}

/// OS resources.
pub const OS: Kind<Os> = Kind::new("compute/os", "OperatingSystemResources", "os", "OS resource");
/// Hosts.
pub const HOSTS: Kind<Host> = Kind::new("compute/hosts", "hosts", "host", "host");
/// Instances.
pub const INSTANCES: Kind<Instance> = Kind::new("compute/instances", "instances", "inst", "instance");
/// Regions.
pub const REGIONS: Kind<Region> = Kind::new("regions", "regions", "region", "region");
/// Sites. What stands in the place of the region is not looked at.
pub const SITES: Kind<Site> = Kind::new("regions/region/sites", "sites", "site", "site");
/// Windows that open once.
pub const SINGLE_SCHEDULES: Kind<Schedule> = Kind::new("schedules/single", "singleSchedules", "singlesche", "schedule");
/// Windows that open again and again.
pub const REPEATED_SCHEDULES: Kind<Schedule> = Kind::new("schedules/repeated", "repeatedSchedules", "repeatedsche", "schedule");
/// OS update policies.
pub const POLICIES: Kind<Policy> = Kind::new("os-update-policies", "osUpdatePolicies", "osupdatepolicy", "OS update policy");
/// OS update runs.
pub const RUNS: Kind<Run> = Kind::new("os-update-runs", "osUpdateRuns", "osupdaterun", "OS update run");
/// Sources of OS images, of a server of ours.
pub const SOURCES: Kind<Source> = Kind::new("os-sources", "osSources", "ossource", "source");
/// What sources offer, of a server of ours.
pub const OFFERS: Kind<Offer> = Kind::new("os-offers", "osOffers", "osoffer", "offer");
