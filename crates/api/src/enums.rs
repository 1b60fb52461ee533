//! Enums of the wire: their names, their numbers, and the older names that requests may still use.

use crate::{
    spec::EnumSpec,
    value::{Column, Value},
};

macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident, $spec:ident {
        $( $(#[$vdoc:meta])* $variant:ident = $number:literal, $wire:literal $(| $alias:literal)*; )*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the wire names say it")]
        pub enum $name {
            $( $(#[$vdoc])* $variant = $number, )*
        }
        #[doc = concat!("Names of [`", stringify!($name), "`].")]
        pub static $spec: EnumSpec = EnumSpec {
            name: stringify!($name),
            variants: &[ $( ($wire, $number), )* ],
            aliases: &[ $( $( ($alias, $number), )* )* ],
        };
        impl Default for $name {
            fn default() -> Self { Self::Unspecified }
        }
        impl $name {
            /// Name on the wire.
            pub fn as_str(self) -> &'static str { $spec.name_of(self as i64) }
        }
        impl Column for $name {
            fn to_value(&self) -> Value { Value::Int(*self as i64) }
            fn from_value(value: Value) -> Self {
                match value.int() { $( $number => Self::$variant, )* _ => Self::default() }
            }
        }
    };
}

wire_enum! {
    /// Whether a system is updated by packages or by whole images.
    OsType, OS_TYPE {
        Unspecified = 0, "OS_TYPE_UNSPECIFIED" | "OPERATING_SYSTEM_TYPE_UNSPECIFIED";
        Mutable = 1, "OS_TYPE_MUTABLE" | "OPERATING_SYSTEM_TYPE_MUTABLE";
        Immutable = 2, "OS_TYPE_IMMUTABLE" | "OPERATING_SYSTEM_TYPE_IMMUTABLE";
    }
}

wire_enum! {
    /// Who installs the system.
    OsProvider, OS_PROVIDER {
        Unspecified = 0, "OS_PROVIDER_KIND_UNSPECIFIED" | "OPERATING_SYSTEM_PROVIDER_UNSPECIFIED";
        Infra = 1, "OS_PROVIDER_KIND_INFRA" | "OPERATING_SYSTEM_PROVIDER_INFRA";
        Lenovo = 2, "OS_PROVIDER_KIND_LENOVO" | "OPERATING_SYSTEM_PROVIDER_LENOVO";
    }
}

wire_enum! {
    /// Security features an image is made for.
    SecurityFeature, SECURITY_FEATURE {
        Unspecified = 0, "SECURITY_FEATURE_UNSPECIFIED";
        None = 1, "SECURITY_FEATURE_NONE";
        SecureBootAndFullDiskEncryption = 2, "SECURITY_FEATURE_SECURE_BOOT_AND_FULL_DISK_ENCRYPTION";
    }
}

wire_enum! {
    /// Kind of instance.
    InstanceKind, INSTANCE_KIND {
        Unspecified = 0, "INSTANCE_KIND_UNSPECIFIED";
        Metal = 2, "INSTANCE_KIND_METAL";
    }
}

wire_enum! {
    /// State of an instance.
    InstanceState, INSTANCE_STATE {
        Unspecified = 0, "INSTANCE_STATE_UNSPECIFIED";
        Running = 1, "INSTANCE_STATE_RUNNING";
        Deleted = 2, "INSTANCE_STATE_DELETED";
        Untrusted = 3, "INSTANCE_STATE_UNTRUSTED";
    }
}

wire_enum! {
    /// State of a host.
    HostState, HOST_STATE {
        Unspecified = 0, "HOST_STATE_UNSPECIFIED";
        Deleted = 2, "HOST_STATE_DELETED";
        Onboarded = 3, "HOST_STATE_ONBOARDED";
        Untrusted = 4, "HOST_STATE_UNTRUSTED";
        Registered = 5, "HOST_STATE_REGISTERED";
    }
}

wire_enum! {
    /// How a status is to be shown.
    StatusIndication, STATUS_INDICATION {
        Unspecified = 0, "STATUS_INDICATION_UNSPECIFIED";
        Error = 1, "STATUS_INDICATION_ERROR";
        InProgress = 2, "STATUS_INDICATION_IN_PROGRESS";
        Idle = 3, "STATUS_INDICATION_IDLE";
    }
}

wire_enum! {
    /// Power state of a host.
    PowerState, POWER_STATE {
        Unspecified = 0, "POWER_STATE_UNSPECIFIED";
        On = 2, "POWER_STATE_ON";
        Off = 3, "POWER_STATE_OFF";
        Sleep = 4, "POWER_STATE_SLEEP";
        Hibernate = 5, "POWER_STATE_HIBERNATE";
        Reset = 6, "POWER_STATE_RESET";
        PowerCycle = 7, "POWER_STATE_POWER_CYCLE";
        ResetRepeat = 8, "POWER_STATE_RESET_REPEAT";
    }
}

wire_enum! {
    /// How power commands are carried out.
    PowerCommandPolicy, POWER_COMMAND_POLICY {
        Unspecified = 0, "POWER_COMMAND_POLICY_UNSPECIFIED";
        Immediate = 1, "POWER_COMMAND_POLICY_IMMEDIATE";
        Ordered = 2, "POWER_COMMAND_POLICY_ORDERED";
    }
}

wire_enum! {
    /// Kind of management controller.
    BmcKind, BMC_KIND {
        Unspecified = 0, "BAREMETAL_CONTROLLER_KIND_UNSPECIFIED";
        None = 1, "BAREMETAL_CONTROLLER_KIND_NONE";
        Ipmi = 2, "BAREMETAL_CONTROLLER_KIND_IPMI";
        Vpro = 3, "BAREMETAL_CONTROLLER_KIND_VPRO";
        Pdu = 4, "BAREMETAL_CONTROLLER_KIND_PDU";
    }
}

wire_enum! {
    /// Edition of the management engine.
    AmtSku, AMT_SKU {
        Unspecified = 0, "AMT_SKU_UNSPECIFIED";
        Amt = 1, "AMT_SKU_AMT";
        Ism = 2, "AMT_SKU_ISM";
    }
}

wire_enum! {
    /// State of the management engine.
    AmtState, AMT_STATE {
        Unspecified = 0, "AMT_STATE_UNSPECIFIED";
        Provisioned = 1, "AMT_STATE_PROVISIONED";
        Unprovisioned = 2, "AMT_STATE_UNPROVISIONED";
        Disconnected = 3, "AMT_STATE_DISCONNECTED";
    }
}

wire_enum! {
    /// Control mode of the management engine.
    AmtControlMode, AMT_CONTROL_MODE {
        Unspecified = 0, "AMT_CONTROL_MODE_UNSPECIFIED";
        Acm = 1, "AMT_CONTROL_MODE_ACM";
        Ccm = 2, "AMT_CONTROL_MODE_CCM";
    }
}

wire_enum! {
    /// Status of remote screen access.
    KvmStatus, KVM_STATUS {
        Unspecified = 0, "KVM_STATUS_UNSPECIFIED";
        Activated = 1, "KVM_STATUS_ACTIVATED";
        Deactivated = 2, "KVM_STATUS_DEACTIVATED";
    }
}

wire_enum! {
    /// Status of the serial console.
    SolStatus, SOL_STATUS {
        Unspecified = 0, "SOL_STATUS_UNSPECIFIED";
        Activated = 1, "SOL_STATUS_ACTIVATED";
        Deactivated = 2, "SOL_STATUS_DEACTIVATED";
    }
}

wire_enum! {
    /// State of remote screen access.
    KvmState, KVM_STATE {
        Unspecified = 0, "KVM_STATE_UNSPECIFIED";
        Start = 1, "KVM_STATE_START";
        Stop = 2, "KVM_STATE_STOP";
        AwaitingConsent = 3, "KVM_STATE_AWAITING_CONSENT";
        Error = 4, "KVM_STATE_ERROR";
        ConsentReceived = 5, "KVM_CONSENT_RECEIVED";
        RedirectionReceived = 6, "KVM_REDIRECTION_RECEIVED";
    }
}

wire_enum! {
    /// State of the serial console.
    SolState, SOL_STATE {
        Unspecified = 0, "SOL_STATE_UNSPECIFIED";
        Start = 1, "SOL_STATE_START";
        Stop = 2, "SOL_STATE_STOP";
        AwaitingConsent = 3, "SOL_STATE_AWAITING_CONSENT";
        Error = 4, "SOL_STATE_ERROR";
        ConsentReceived = 5, "SOL_STATE_CONSENT_RECEIVED";
        RedirectionReceived = 6, "SOL_STATE_REDIRECTION_RECEIVED";
    }
}

wire_enum! {
    /// What a maintenance window is for.
    ScheduleStatus, SCHEDULE_STATUS {
        Unspecified = 0, "SCHEDULE_STATUS_UNSPECIFIED";
        Maintenance = 1, "SCHEDULE_STATUS_MAINTENANCE";
        OsUpdate = 3, "SCHEDULE_STATUS_OS_UPDATE";
    }
}

wire_enum! {
    /// What an OS update policy aims at.
    UpdatePolicy, UPDATE_POLICY {
        Unspecified = 0, "UPDATE_POLICY_UNSPECIFIED";
        Latest = 1, "UPDATE_POLICY_LATEST";
        Target = 2, "UPDATE_POLICY_TARGET";
    }
}

wire_enum! {
    /// How far an update run is, or how it ended. The Edge Orchestrator tells it in words only.
    UpdateRunState, UPDATE_RUN_STATE {
        Unspecified = 0, "UPDATE_RUN_STATE_UNSPECIFIED";
        Open = 1, "UPDATE_RUN_STATE_OPEN";
        Succeeded = 2, "UPDATE_RUN_STATE_SUCCEEDED";
        Failed = 3, "UPDATE_RUN_STATE_FAILED";
        /// It failed after the first boot of the new image: the node went back.
        RolledBack = 4, "UPDATE_RUN_STATE_ROLLED_BACK";
        /// The node gave it up without having begun to install.
        Cancelled = 5, "UPDATE_RUN_STATE_CANCELLED";
        /// The node has been silent for too long.
        Lost = 6, "UPDATE_RUN_STATE_LOST";
    }
}

wire_enum! {
    /// Whether the newest OS of a profile is linked to instances by itself. Unspecified: as is set above.
    OsMode, OS_MODE {
        Unspecified = 0, "OS_MODE_UNSPECIFIED";
        Manual = 1, "OS_MODE_MANUAL";
        Automatic = 2, "OS_MODE_AUTOMATIC";
    }
}

wire_enum! {
    /// Kind of workload.
    WorkloadKind, WORKLOAD_KIND {
        Unspecified = 0, "WORKLOAD_KIND_UNSPECIFIED";
        Cluster = 1, "WORKLOAD_KIND_CLUSTER";
    }
}

wire_enum! {
    /// What an instance is to a workload.
    WorkloadMemberKind, WORKLOAD_MEMBER_KIND {
        Unspecified = 0, "WORKLOAD_MEMBER_KIND_UNSPECIFIED";
        ClusterNode = 1, "WORKLOAD_MEMBER_KIND_CLUSTER_NODE";
    }
}

wire_enum! {
    /// State of a workload.
    WorkloadState, WORKLOAD_STATE {
        Unspecified = 0, "WORKLOAD_STATE_UNSPECIFIED";
        Error = 1, "WORKLOAD_STATE_ERROR";
        Deleting = 2, "WORKLOAD_STATE_DELETING";
        Deleted = 3, "WORKLOAD_STATE_DELETED";
        Provisioned = 4, "WORKLOAD_STATE_PROVISIONED";
    }
}

wire_enum! {
    /// Kind of provider.
    ProviderKind, PROVIDER_KIND {
        Unspecified = 0, "PROVIDER_KIND_UNSPECIFIED";
        Baremetal = 1, "PROVIDER_KIND_BAREMETAL";
    }
}

wire_enum! {
    /// Vendor of a provider.
    ProviderVendor, PROVIDER_VENDOR {
        Unspecified = 0, "PROVIDER_VENDOR_UNSPECIFIED";
        LenovoLxca = 1, "PROVIDER_VENDOR_LENOVO_LXCA";
        LenovoLoca = 2, "PROVIDER_VENDOR_LENOVO_LOCA";
    }
}

wire_enum! {
    /// Least severity of the log lines that are collected.
    SeverityLevel, SEVERITY_LEVEL {
        Unspecified = 0, "SEVERITY_LEVEL_UNSPECIFIED" | "TELEMETRY_SEVERITY_LEVEL_UNSPECIFIED";
        Critical = 1, "SEVERITY_LEVEL_CRITICAL" | "TELEMETRY_SEVERITY_LEVEL_CRITICAL";
        Error = 2, "SEVERITY_LEVEL_ERROR" | "TELEMETRY_SEVERITY_LEVEL_ERROR";
        Warn = 3, "SEVERITY_LEVEL_WARN" | "TELEMETRY_SEVERITY_LEVEL_WARN";
        Info = 4, "SEVERITY_LEVEL_INFO" | "TELEMETRY_SEVERITY_LEVEL_INFO";
        Debug = 5, "SEVERITY_LEVEL_DEBUG" | "TELEMETRY_SEVERITY_LEVEL_DEBUG";
    }
}

wire_enum! {
    /// Where telemetry is collected.
    TelemetryCollectorKind, TELEMETRY_COLLECTOR_KIND {
        Unspecified = 0, "TELEMETRY_COLLECTOR_KIND_UNSPECIFIED";
        Host = 1, "TELEMETRY_COLLECTOR_KIND_HOST";
        Cluster = 2, "TELEMETRY_COLLECTOR_KIND_CLUSTER";
    }
}

wire_enum! {
    /// Kind of source of OS images.
    OsSourceKind, OS_SOURCE_KIND {
        Unspecified = 0, "OS_SOURCE_KIND_UNSPECIFIED";
        Registry = 1, "OS_SOURCE_KIND_REGISTRY";
        Tree = 2, "OS_SOURCE_KIND_TREE";
        Directory = 3, "OS_SOURCE_KIND_DIRECTORY";
    }
}

wire_enum! {
    /// What became of something that a source offers.
    OsOfferState, OS_OFFER_STATE {
        Unspecified = 0, "OS_OFFER_STATE_UNSPECIFIED";
        Taken = 1, "OS_OFFER_STATE_TAKEN";
        Failed = 2, "OS_OFFER_STATE_FAILED";
        Conflict = 3, "OS_OFFER_STATE_CONFLICT";
        Withdrawn = 4, "OS_OFFER_STATE_WITHDRAWN";
    }
}

wire_enum! {
    /// Where the image of an OS resource is that a source offers.
    ImageState, IMAGE_STATE {
        Unspecified = 0, "IMAGE_STATE_UNSPECIFIED";
        AtSource = 1, "IMAGE_STATE_AT_SOURCE";
        Fetching = 2, "IMAGE_STATE_FETCHING";
        Here = 3, "IMAGE_STATE_HERE";
        Failed = 4, "IMAGE_STATE_FAILED";
    }
}
