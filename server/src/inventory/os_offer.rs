//! What sources offer; only looks at sources make and change it.

use emt_api::{resources::OS_OFFER, spec::Spec};

use super::Resource;

/// What sources offer.
pub static OS_OFFERS: OsOffers = OsOffers;

/// See [`OS_OFFERS`].
pub struct OsOffers;

impl Resource for OsOffers {
    fn spec(&self) -> &'static Spec {
        &OS_OFFER
    }
}
