//! Region: a node of the tree of places.

use crate::{
    patterns::NAME,
    record,
    spec::{Computed, Edge, Field, LinkSpec, link_to},
    value::{Json, Link, MetadataItem},
};

record! {
    /// A place that holds sites and smaller regions.
    pub struct Region, static REGION {
        prefix: "region", table: "regions", list_key: "regions", label: "region_resource",
        id_alias: "regionID",
        computed: &[Computed::InheritedMetadata, Computed::TotalSites],
        edges: &[Edge::Referrers { name: "children", prefix: "region", via: "parent_region_id" }],
    } {
        /// Name.
        name: String = Field::text("name", 50, NAME),
        /// Labels that everything below inherits.
        metadata: Json<Vec<MetadataItem>> = Field::metadata("metadata"),
        /// The region around it.
        parent_region_id: Link = Field::link("parentId", LinkSpec {
            name: "parent_region", clearable: true, empty_object: true, ..link_to("region", "parentRegion")
        }),
    }
}
