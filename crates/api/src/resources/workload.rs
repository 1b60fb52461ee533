//! Workload: what a set of instances does together, such as a cluster.

use crate::{
    enums::{WORKLOAD_KIND, WORKLOAD_STATE, WorkloadKind, WorkloadState},
    patterns::{NAME, PLAIN},
    record,
    spec::{Computed, Edge, Field, Type},
};

record! {
    /// What a set of instances does together.
    pub struct Workload, static WORKLOAD {
        prefix: "workload", table: "workloads", list_key: "workloads", label: "workload_resource",
        id_alias: "workloadId",
        computed: &[Computed::Referrers { key: "members", prefix: "workloadmember", via: "workload_id" }],
        edges: &[Edge::Column("desired_state"), Edge::Column("current_state")],
    } {
        /// Kind.
        kind: WorkloadKind = Field::enumeration("kind", &WORKLOAD_KIND).required(),
        /// Name.
        name: String = Field::text("name", 50, NAME),
        /// Its id in the system that runs it.
        external_id: String = Field::text("externalId", 40, NAME),
        /// Status, in the words of the system that runs it.
        status: String = Field::text("status", 500, PLAIN),
        /// What it is meant to be; a name in filters only.
        desired_state: WorkloadState = Field::internal(Type::Enum(&WORKLOAD_STATE)),
        /// What it is; a name in filters only.
        current_state: WorkloadState = Field::internal(Type::Enum(&WORKLOAD_STATE)),
    }
}
