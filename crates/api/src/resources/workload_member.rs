//! Workload member: an instance that takes part in a workload.

use crate::{
    enums::{WORKLOAD_MEMBER_KIND, WorkloadMemberKind},
    error::Code,
    record,
    spec::{Computed, Field, Unique, link_to},
    value::Link,
};

record! {
    /// An instance that takes part in a workload.
    pub struct WorkloadMember, static WORKLOAD_MEMBER {
        prefix: "workloadmember", table: "workload_members", list_key: "workloadMembers", label: "workload_member",
        id_alias: "workloadMemberId",
        computed: &[Computed::SameAs { key: "member", of: "instance" }],
        unique: &[Unique { name: "workloadmember_workload_and_instance", columns: &["workload_id", "instance_id"], global: false }],
        duplicate: Code::AlreadyExists,
    } {
        /// What the instance is to the workload.
        kind: WorkloadMemberKind = Field::enumeration("kind", &WORKLOAD_MEMBER_KIND).required(),
        /// The workload.
        workload_id: Link = Field::link("workloadId", link_to("workload", "workload")).required(),
        /// The instance.
        instance_id: Link = Field::link("instanceId", link_to("inst", "instance")).required(),
    }
}
