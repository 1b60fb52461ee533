//! What sources offer; only looks at sources make and change it.

use emt_api::{
    json::{Plan, SHALLOW},
    resources::OS_OFFER,
    spec::Spec,
};

use super::Resource;

/// What sources offer.
pub static OS_OFFERS: OsOffers = OsOffers;

/// See [`OS_OFFERS`].
pub struct OsOffers;

static PLAN: Plan = Plan { follow: &[("source", &SHALLOW), ("os", &SHALLOW)], computed: false };

impl Resource for OsOffers {
    fn spec(&self) -> &'static Spec {
        &OS_OFFER
    }

    fn one(&self) -> &'static Plan {
        &PLAN
    }

    fn listed(&self) -> &'static Plan {
        &SHALLOW
    }
}
