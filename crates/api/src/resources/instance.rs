//! Instance: the OS on a host.

use serde::{Deserialize, Serialize};

use super::custom_config::INSTANCE_CONFIG;
use crate::{
    enums::{
        INSTANCE_KIND, INSTANCE_STATE, InstanceKind, InstanceState, SECURITY_FEATURE, STATUS_INDICATION, SecurityFeature,
        StatusIndication,
    },
    patterns::NAME,
    record,
    spec::{Computed, Field, LinkSpec, LinksSpec, Type, Unique, link_to},
    value::{Json, Link},
};

/// A slot of a node and the OS in it, as the node told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Slot {
    /// As the node calls it, such as `A`.
    pub name: String,
    /// What it is good for.
    pub state: SlotState,
    /// Profile of the OS that it holds; "" if that is not known.
    pub profile_name: String,
    /// Image version of that OS.
    pub image_id: String,
    /// Why it holds nothing that boots, or why the trial failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// What a slot is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum SlotState {
    /// The node does not say.
    #[default]
    #[serde(rename = "SLOT_STATE_UNSPECIFIED")]
    Unspecified,
    /// It runs, and boots the next time.
    #[serde(rename = "SLOT_STATE_RUNNING")]
    Running,
    /// It runs on trial: unless it proves healthy, the other one comes back.
    #[serde(rename = "SLOT_STATE_ON_TRIAL")]
    OnTrial,
    /// It does not run; what it holds can be booted.
    #[serde(rename = "SLOT_STATE_READY")]
    Ready,
    /// It holds nothing that boots.
    #[serde(rename = "SLOT_STATE_UNUSABLE")]
    Unusable,
    /// It does not run; what it holds was tried and did not prove healthy.
    #[serde(rename = "SLOT_STATE_FAILED_TRIAL")]
    FailedTrial,
}

record! {
    /// The OS on a host; one a host.
    pub struct Instance, static INSTANCE {
        prefix: "inst", table: "instances", list_key: "instances", label: "instance_resource",
        id_alias: "instanceID",
        computed: &[
            Computed::Referrers { key: "workloadMembers", prefix: "workloadmember", via: "instance_id" },
            Computed::SameAs { key: "localAccount", of: "localaccount" },
            Computed::SameAs { key: "currentOs", of: "os" },
            Computed::DesiredOs,
            Computed::UpdateStatusDetail,
        ],
        unique: &[Unique { name: "instance_host", columns: &["host_id"], global: false }],
    } {
        /// Kind.
        kind: InstanceKind = Field::enumeration("kind", &INSTANCE_KIND),
        /// Name.
        name: String = Field::text("name", 50, NAME),
        /// What the operator wants it to be.
        desired_state: InstanceState = Field::enumeration("desiredState", &INSTANCE_STATE).shown_only(),
        /// What it is.
        current_state: InstanceState = Field::enumeration("currentState", &INSTANCE_STATE).shown_only(),
        /// The machine it runs on.
        host_id: Link = Field::link("hostID", link_to("host", "host")),
        /// The OS that is installed.
        os_id: Link = Field::link("osID", link_to("os", "os")),
        /// The OS that a direct link asks for; none while a policy or nothing does.
        desired_os_id: Link = Field::internal(Type::Link(LinkSpec { echo: false, ..link_to("os", "") })),
        /// Who has asked for it: 0 a person, 1 automatic mode. Says nothing while there is no such link.
        linked_by: i64 = Field::internal(Type::Number { min: 0, max: 1 }),
        /// The user that is made on the node.
        local_account_id: Link = Field::link("localAccountID", link_to("localaccount", "localaccount")).create_only(),
        /// Texts for the first boot.
        custom_config_ids: Json<Vec<String>> = Field::links("customConfigID", LinksSpec {
            to: "customconfig", object: "customConfig", name: "custom_config", items: 100,
            join: &INSTANCE_CONFIG, here: "instance_id", there: "custom_config_id",
        }),
        /// The provider; a name in filters only.
        provider_id: Link = Field::internal(Type::Link(LinkSpec { name: "provider", ..link_to("provider", "") })),
        /// Security features.
        security_feature: SecurityFeature = Field::enumeration("securityFeature", &SECURITY_FEATURE).create_only(),
        /// Status of OS and agents.
        instance_status: String = Field::output("instanceStatus"),
        /// How to show it.
        instance_status_indicator: StatusIndication = Field::enumeration("instanceStatusIndicator", &STATUS_INDICATION).shown_only(),
        /// When it was set, epoch seconds.
        instance_status_timestamp: u32 = Field::output_number("instanceStatusTimestamp"),
        /// More about it.
        instance_status_detail: String = Field::output("instanceStatusDetail"),
        /// Provisioning status.
        provisioning_status: String = Field::output("provisioningStatus"),
        /// How to show it.
        provisioning_status_indicator: StatusIndication = Field::enumeration("provisioningStatusIndicator", &STATUS_INDICATION).shown_only(),
        /// When it was set, epoch seconds.
        provisioning_status_timestamp: u32 = Field::output_number("provisioningStatusTimestamp"),
        /// Update status.
        update_status: String = Field::output("updateStatus"),
        /// How to show it.
        update_status_indicator: StatusIndication = Field::enumeration("updateStatusIndicator", &STATUS_INDICATION).shown_only(),
        /// When it was set, epoch seconds.
        update_status_timestamp: u32 = Field::output_number("updateStatusTimestamp"),
        /// Attestation status.
        trusted_attestation_status: String = Field::output("trustedAttestationStatus"),
        /// How to show it.
        trusted_attestation_status_indicator: StatusIndication = Field::enumeration("trustedAttestationStatusIndicator", &STATUS_INDICATION).shown_only(),
        /// When it was set, epoch seconds.
        trusted_attestation_status_timestamp: u32 = Field::output_number("trustedAttestationStatusTimestamp"),
        /// Policy that says what to install.
        os_update_policy_id: Link = Field::link("osUpdatePolicyID", LinkSpec {
            name: "os_update_policy", echo: false, ..link_to("osupdatepolicy", "updatePolicy")
        }),
        /// What could be installed: the name of the newest OS of the profile, or a JSON list of packages.
        os_update_available: String = Field::output("osUpdateAvailable"),
        /// Known vulnerabilities of what is installed, JSON text.
        existing_cves: String = Field::output("existingCves"),
        /// Packages at run time.
        runtime_packages: String = Field::output("runtimePackages"),
        /// Details of the last finished update run, JSON text.
        update_status_detail: String = Field::internal(Type::Text { min: 0, max: usize::MAX, pattern: "" }),
        /// Profile that the node last reported to run.
        running_profile: String = Field::internal(Type::Text { min: 0, max: usize::MAX, pattern: "" }),
        /// Image version that the node last reported to run.
        running_image: String = Field::internal(Type::Text { min: 0, max: usize::MAX, pattern: "" }),
        /// Start of the single window that an old agent was last told, epoch seconds; 0 for none.
        offered_start: i64 = Field::internal(Type::Number { min: 0, max: i64::MAX }),
        /// End of that window.
        offered_end: i64 = Field::internal(Type::Number { min: 0, max: i64::MAX }),
        /// The node's slots and what they hold, as it told with its last report; none from agents that do not tell.
        /// An extension: [`Slot`].
        slots: Json<Vec<Slot>> = Field::document("slots").extension().when_set(),
        /// Program of the node as its last report told it: 0 not known, 1 a careful one, 2 the Platform Update Agent.
        agent: i32 = Field::internal(Type::Number { min: 0, max: 2 }),
    }
}

/// [`Instance::linked_by`] of what automatic mode has linked.
pub const LINKED_BY_AUTOMATIC_MODE: i64 = 1;

impl Instance {
    /// Whether automatic mode has linked what is to be installed.
    pub fn is_linked_automatically(&self) -> bool {
        self.desired_os_id.is_set() && self.linked_by == LINKED_BY_AUTOMATIC_MODE
    }

    /// Whether a person has linked an OS that is not installed yet.
    pub fn is_linked_by_a_person(&self) -> bool {
        self.desired_os_id.is_set() && self.linked_by != LINKED_BY_AUTOMATIC_MODE && self.desired_os_id != self.os_id
    }
}
