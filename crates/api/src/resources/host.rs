//! Host: a machine.

use serde_json::Value as Document;

use crate::{
    enums::{
        AMT_CONTROL_MODE, AMT_SKU, AMT_STATE, AmtControlMode, AmtSku, AmtState, BMC_KIND, BmcKind, HOST_STATE, HostState,
        KVM_STATE, KVM_STATUS, KvmState, KvmStatus, POWER_COMMAND_POLICY, POWER_STATE, PowerCommandPolicy, PowerState, SOL_STATE,
        SOL_STATUS, STATUS_INDICATION, SolState, SolStatus, StatusIndication,
    },
    patterns::{NAME, UUID},
    record,
    spec::{Computed, Edge, Field, Item, LinkSpec, Unique, link_to},
    value::{Json, Link, MetadataItem},
};

/// What a disk has.
const STORAGE: &[Item] =
    &[Item::text("wwid"), Item::text("serial"), Item::text("vendor"), Item::text("model"), Item::text("deviceName")];
/// What a network interface has.
const NIC: &[Item] = &[
    Item::text("deviceName"),
    Item::text("pciIdentifier"),
    Item::text("macAddr"),
    Item::bool("sriovEnabled"),
    Item::bool("bmcInterface"),
    Item::number("sriovVfsNum"),
    Item::number("sriovVfsTotal"),
    Item::number("mtu"),
];
/// What a USB device has.
const USB: &[Item] = &[
    Item::text("idVendor"),
    Item::text("idProduct"),
    Item::text("class"),
    Item::text("serial"),
    Item::text("deviceName"),
    Item::number("bus"),
    Item::number("addr"),
];
/// What a graphics device has.
const GPU: &[Item] =
    &[Item::text("pciId"), Item::text("product"), Item::text("vendor"), Item::text("description"), Item::text("deviceName")];

record! {
    /// A machine.
    pub struct Host, static HOST {
        prefix: "host", table: "hosts", list_key: "hosts", label: "host_resource",
        computed: &[
            Computed::InheritedMetadata,
            Computed::Referrer { key: "instance", prefix: "inst", via: "host_id" },
        ],
        unique: &[
            Unique { name: "host_uuid", columns: &["uuid_key"], global: true },
            Unique { name: "host_serial_number", columns: &["serial_without_uuid"], global: true },
        ],
        edges: &[
            Edge::Key { of: "uuid", key: "uuid_key" },
            Edge::Items { name: "host_storages", column: "host_storages", items: STORAGE },
            Edge::Items { name: "host_nics", column: "host_nics", items: NIC },
            Edge::Items { name: "host_usbs", column: "host_usbs", items: USB },
            Edge::Items { name: "host_gpus", column: "host_gpus", items: GPU },
        ],
    } {
        /// Name.
        name: String = Field::text("name", 50, NAME).required(),
        /// What the operator wants it to be.
        desired_state: HostState = Field::enumeration("desiredState", &HOST_STATE).shown_only(),
        /// What it is.
        current_state: HostState = Field::enumeration("currentState", &HOST_STATE).shown_only(),
        /// Where it stands.
        site_id: Link = Field::link("siteId", LinkSpec { clearable: true, ..link_to("site", "site") }),
        /// The system that made or manages it.
        provider_id: Link = Field::link("", link_to("provider", "provider")).shown_only(),
        /// Labels.
        metadata: Json<Vec<MetadataItem>> = Field::metadata("metadata"),
        /// Why trust was withdrawn.
        note: String = Field::output("note"),
        /// SMBIOS system UUID; unique on the server.
        uuid: String = Field::text("uuid", 36, UUID).create_only(),
        /// Serial number.
        serial_number: String = Field::output("serialNumber"),
        /// Memory in bytes.
        memory_bytes: u64 = Field::output_big_number("memoryBytes"),
        /// Processor model.
        cpu_model: String = Field::output("cpuModel"),
        /// Processor sockets.
        cpu_sockets: u32 = Field::output_number("cpuSockets"),
        /// Processor cores.
        cpu_cores: u32 = Field::output_number("cpuCores"),
        /// Processor capabilities.
        cpu_capabilities: String = Field::output("cpuCapabilities"),
        /// Processor architecture.
        cpu_architecture: String = Field::output("cpuArchitecture"),
        /// Processor threads.
        cpu_threads: u32 = Field::output_number("cpuThreads"),
        /// Processor topology, JSON text.
        cpu_topology: String = Field::output("cpuTopology"),
        /// Kind of management controller.
        bmc_kind: BmcKind = Field::enumeration("bmcKind", &BMC_KIND).shown_only(),
        /// Address of the management controller.
        bmc_ip: String = Field::output("bmcIp"),
        /// Name that the system calls itself.
        hostname: String = Field::output("hostname"),
        /// Product.
        product_name: String = Field::output("productName"),
        /// Firmware version.
        bios_version: String = Field::output("biosVersion"),
        /// Firmware date.
        bios_release_date: String = Field::output("biosReleaseDate"),
        /// Firmware vendor.
        bios_vendor: String = Field::output("biosVendor"),
        /// Power state wanted.
        desired_power_state: PowerState = Field::enumeration("desiredPowerState", &POWER_STATE),
        /// Power state seen.
        current_power_state: PowerState = Field::enumeration("currentPowerState", &POWER_STATE).shown_only(),
        /// Power status.
        power_status: String = Field::output("powerStatus"),
        /// How to show it.
        power_status_indicator: StatusIndication = Field::enumeration("powerStatusIndicator", &STATUS_INDICATION).shown_only(),
        /// When it was set, epoch seconds.
        power_status_timestamp: u32 = Field::output_number("powerStatusTimestamp"),
        /// How power commands are carried out.
        power_command_policy: PowerCommandPolicy = Field::enumeration("powerCommandPolicy", &POWER_COMMAND_POLICY),
        /// When it was switched on, epoch seconds.
        power_on_time: u32 = Field::output_number("powerOnTime"),
        /// Host status.
        host_status: String = Field::output("hostStatus"),
        /// How to show it.
        host_status_indicator: StatusIndication = Field::enumeration("hostStatusIndicator", &STATUS_INDICATION).shown_only(),
        /// When it was set, epoch seconds.
        host_status_timestamp: u32 = Field::output_number("hostStatusTimestamp"),
        /// Onboarding status.
        onboarding_status: String = Field::output("onboardingStatus"),
        /// How to show it.
        onboarding_status_indicator: StatusIndication = Field::enumeration("onboardingStatusIndicator", &STATUS_INDICATION).shown_only(),
        /// When it was set, epoch seconds.
        onboarding_status_timestamp: u32 = Field::output_number("onboardingStatusTimestamp"),
        /// Registration status.
        registration_status: String = Field::output("registrationStatus"),
        /// How to show it.
        registration_status_indicator: StatusIndication = Field::enumeration("registrationStatusIndicator", &STATUS_INDICATION).shown_only(),
        /// When it was set, epoch seconds.
        registration_status_timestamp: u32 = Field::output_number("registrationStatusTimestamp"),
        /// Disks.
        host_storages: Json<Vec<Document>> = Field::document("hostStorages"),
        /// Network interfaces.
        host_nics: Json<Vec<Document>> = Field::document("hostNics"),
        /// USB devices.
        host_usbs: Json<Vec<Document>> = Field::document("hostUsbs"),
        /// Graphics devices.
        host_gpus: Json<Vec<Document>> = Field::document("hostGpus"),
        /// Edition of the management engine.
        amt_sku: AmtSku = Field::enumeration("amtSku", &AMT_SKU).shown_only(),
        /// State wanted of the management engine.
        desired_amt_state: AmtState = Field::enumeration("desiredAmtState", &AMT_STATE),
        /// State seen of the management engine.
        current_amt_state: AmtState = Field::enumeration("currentAmtState", &AMT_STATE).shown_only(),
        /// Status of the management engine.
        amt_status: String = Field::output("amtStatus"),
        /// How to show it.
        amt_status_indicator: StatusIndication = Field::enumeration("amtStatusIndicator", &STATUS_INDICATION).shown_only(),
        /// When it was set, epoch seconds.
        amt_status_timestamp: u32 = Field::output_number("amtStatusTimestamp"),
        /// Control mode of the management engine.
        amt_control_mode: AmtControlMode = Field::enumeration("amtControlMode", &AMT_CONTROL_MODE),
        /// DNS suffix of the management engine.
        amt_dns_suffix: String = Field::text("amtDnsSuffix", 1024, ""),
        /// Status of remote screen access.
        kvm_status: KvmStatus = Field::enumeration("kvmStatus", &KVM_STATUS).shown_only(),
        /// State wanted of remote screen access.
        desired_kvm_state: KvmState = Field::enumeration("desiredKvmState", &KVM_STATE),
        /// State seen of remote screen access.
        current_kvm_state: KvmState = Field::enumeration("currentKvmState", &KVM_STATE).shown_only(),
        /// Session of remote screen access.
        kvm_session_status: String = Field::output("kvmSessionStatus"),
        /// Status of the serial console.
        sol_status: SolStatus = Field::enumeration("solStatus", &SOL_STATUS).shown_only(),
        /// State wanted of the serial console.
        desired_sol_state: SolState = Field::enumeration("desiredSolState", &SOL_STATE),
        /// State seen of the serial console.
        current_sol_state: SolState = Field::enumeration("currentSolState", &SOL_STATE).shown_only(),
        /// Session of the serial console.
        sol_session_status: String = Field::output("solSessionStatus"),
        /// Size of the user volume in GB.
        user_lvm_size: u32 = Field::output_number("userLvmSize"),
        /// The UUID in lower case: it must be unique and is looked up without regard to case.
        uuid_key: Link = Field::internal(crate::spec::Type::Text { min: 0, max: usize::MAX, pattern: "" }),
        /// The serial number while there is no UUID: only then must it be unique.
        serial_without_uuid: Link = Field::internal(crate::spec::Type::Text { min: 0, max: usize::MAX, pattern: "" }),
        /// Last report of the node, epoch seconds.
        last_seen: u32 = Field::internal(crate::spec::Type::Number { min: 0, max: i64::MAX }),
    }
}
