//! OS offer: one profile at one tag, as a source has it, and what became of it here.

use crate::{
    enums::{OS_OFFER_STATE, OsOfferState},
    record,
    spec::{Field, LinkSpec, Type, Unique, link_to},
    value::{Json, Link},
};

record! {
    /// One profile at one tag, as a source has it, and what became of it here. Only the server makes them.
    pub struct OsOffer, static OS_OFFER {
        prefix: "osoffer", table: "os_offers", list_key: "osOffers", label: "os_offer",
        unique: &[Unique { name: "osoffer_place", columns: &["source_id", "profile", "tag"], global: false }],
    } {
        /// The source.
        source_id: Link = Field::link("sourceID", LinkSpec { name: "source", ..link_to("ossource", "") }),
        /// The profile.
        profile: String = Field::output("profileName"),
        /// Tag in a registry, version in a tree; "" stands for the profile as a whole, where its list cannot be read.
        tag: String = Field::output("tag"),
        /// What became of it.
        state: OsOfferState = Field::enumeration("state", &OS_OFFER_STATE).shown_only(),
        /// Why it was not taken, or was withdrawn.
        message: String = Field::output("message"),
        /// Version of the image.
        image_id: String = Field::output("imageId"),
        /// SHA-256 of the image.
        sha256: String = Field::output("sha256"),
        /// The OS resource that was made of it or that it fits.
        os_id: Link = Field::link("osID", LinkSpec { name: "os", ..link_to("os", "") }),
        /// How often in succession it could not be taken.
        failures: u32 = Field::output_number("failures"),
        /// When it is tried again, epoch seconds; 0 if it need not be.
        retry_at: i64 = Field::output_number("retryAt"),
        /// Whether the source itself warns of it; else, if it is withdrawn, it only offers it no more.
        recalled: bool = Field::internal(Type::Bool),
        /// What the profile itself says against its use; "" if nothing.
        warning: String = Field::internal(Type::Text { min: 0, max: usize::MAX, pattern: "" }),
        /// Digest of the profile's text that was read last.
        digest: String = Field::internal(Type::Text { min: 0, max: usize::MAX, pattern: "" }),
        /// Where its image is, as the profile tells it.
        image_url: String = Field::internal(Type::Text { min: 0, max: usize::MAX, pattern: "" }),
        /// Texts that the profile names, each with what tells whether it has changed.
        texts: Json<Vec<(String, String)>> = Field::internal(Type::Texts { items: usize::MAX, max: usize::MAX, pattern: "" }),
    }
}
