//! Site: a place with hosts.

use crate::{
    patterns::NAME,
    record,
    spec::{Computed, Field, LinkSpec, link_to},
    value::{Json, Link, MetadataItem},
};

record! {
    /// A place with hosts.
    pub struct Site, static SITE {
        prefix: "site", table: "sites", list_key: "sites", label: "site_resource",
        id_alias: "siteID",
        computed: &[Computed::InheritedMetadata],
    } {
        /// Name.
        name: String = Field::text("name", 50, NAME),
        /// Region it lies in.
        region_id: Link = Field::link("regionId", LinkSpec {
            clearable: true, empty_object: true, ..link_to("region", "region")
        }),
        /// The system that manages its machines.
        provider_id: Link = Field::link("", link_to("provider", "provider")).shown_only(),
        /// Latitude in 10⁻⁷ degrees.
        site_lat: i32 = Field::number("siteLat", -900_000_000, 900_000_000),
        /// Longitude in 10⁻⁷ degrees.
        site_lng: i32 = Field::number("siteLng", -1_800_000_000, 1_800_000_000),
        /// Labels that its hosts inherit.
        metadata: Json<Vec<MetadataItem>> = Field::metadata("metadata"),
    }
}
