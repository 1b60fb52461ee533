//! OS update policy: what the instances that are linked to it install.

use crate::{
    enums::{UPDATE_POLICY, UpdatePolicy},
    patterns::{NAME, NOTE, PACKAGES, PLAIN, SOURCES},
    record,
    spec::{Edge, Field, LinkSpec, link_to},
    value::{Json, Link},
};

record! {
    /// What the instances that are linked to it install.
    pub struct OsUpdatePolicy, static OS_UPDATE_POLICY {
        prefix: "osupdatepolicy", table: "os_update_policies", list_key: "osUpdatePolicies", label: "os_update_policy_resource",
        edges: &[Edge::Column("update_sources")],
    } {
        /// Name; need not be unique.
        name: String = Field::text("name", 50, NAME).required(),
        /// Free text.
        description: String = Field::text("description", 200, PLAIN),
        /// Package sources of mutable systems.
        update_sources: Json<Vec<String>> = Field::texts("updateSources", 100, 10_000, SOURCES),
        /// Packages of mutable systems, one a line.
        update_packages: String = Field::text("updatePackages", 500_000, PACKAGES),
        /// Addition to the kernel command line.
        update_kernel_command: String = Field::text("updateKernelCommand", 500, NOTE),
        /// The OS to install.
        target_os_id: Link = Field::link("targetOsId", LinkSpec { name: "target_os", echo: false, ..link_to("os", "targetOs") }),
        /// Newest, or the one named.
        update_policy: UpdatePolicy = Field::enumeration("updatePolicy", &UPDATE_POLICY),
    }
}
