-- Inventory: one table a resource. `project` is the UUID of the project that owns the row.

-- A place that holds sites and smaller regions.
CREATE TABLE regions (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    metadata TEXT NOT NULL,
    parent_region_id TEXT,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE INDEX regions_parent_region_id ON regions (project, parent_region_id) WHERE parent_region_id IS NOT NULL;

-- A place with hosts.
CREATE TABLE sites (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    region_id TEXT,
    site_lat INTEGER NOT NULL,
    site_lng INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE INDEX sites_region_id ON sites (project, region_id) WHERE region_id IS NOT NULL;

-- A machine.
CREATE TABLE hosts (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    desired_state INTEGER NOT NULL,
    current_state INTEGER NOT NULL,
    site_id TEXT,
    metadata TEXT NOT NULL,
    note TEXT NOT NULL,
    uuid TEXT NOT NULL,
    serial_number TEXT NOT NULL,
    memory_bytes INTEGER NOT NULL,
    cpu_model TEXT NOT NULL,
    cpu_sockets INTEGER NOT NULL,
    cpu_cores INTEGER NOT NULL,
    cpu_capabilities TEXT NOT NULL,
    cpu_architecture TEXT NOT NULL,
    cpu_threads INTEGER NOT NULL,
    cpu_topology TEXT NOT NULL,
    bmc_kind INTEGER NOT NULL,
    bmc_ip TEXT NOT NULL,
    hostname TEXT NOT NULL,
    product_name TEXT NOT NULL,
    bios_version TEXT NOT NULL,
    bios_release_date TEXT NOT NULL,
    bios_vendor TEXT NOT NULL,
    desired_power_state INTEGER NOT NULL,
    current_power_state INTEGER NOT NULL,
    power_status TEXT NOT NULL,
    power_status_indicator INTEGER NOT NULL,
    power_status_timestamp INTEGER NOT NULL,
    power_command_policy INTEGER NOT NULL,
    power_on_time INTEGER NOT NULL,
    host_status TEXT NOT NULL,
    host_status_indicator INTEGER NOT NULL,
    host_status_timestamp INTEGER NOT NULL,
    onboarding_status TEXT NOT NULL,
    onboarding_status_indicator INTEGER NOT NULL,
    onboarding_status_timestamp INTEGER NOT NULL,
    registration_status TEXT NOT NULL,
    registration_status_indicator INTEGER NOT NULL,
    registration_status_timestamp INTEGER NOT NULL,
    host_storages TEXT NOT NULL,
    host_nics TEXT NOT NULL,
    host_usbs TEXT NOT NULL,
    host_gpus TEXT NOT NULL,
    amt_sku INTEGER NOT NULL,
    desired_amt_state INTEGER NOT NULL,
    current_amt_state INTEGER NOT NULL,
    amt_status TEXT NOT NULL,
    amt_status_indicator INTEGER NOT NULL,
    amt_status_timestamp INTEGER NOT NULL,
    amt_control_mode INTEGER NOT NULL,
    amt_dns_suffix TEXT NOT NULL,
    kvm_status INTEGER NOT NULL,
    desired_kvm_state INTEGER NOT NULL,
    current_kvm_state INTEGER NOT NULL,
    kvm_session_status TEXT NOT NULL,
    sol_status INTEGER NOT NULL,
    desired_sol_state INTEGER NOT NULL,
    current_sol_state INTEGER NOT NULL,
    sol_session_status TEXT NOT NULL,
    user_lvm_size INTEGER NOT NULL,
    uuid_key TEXT,
    serial_without_uuid TEXT,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX host_uuid ON hosts (uuid_key) WHERE uuid_key IS NOT NULL;
CREATE UNIQUE INDEX host_serial_number ON hosts (serial_without_uuid) WHERE serial_without_uuid IS NOT NULL;
CREATE INDEX hosts_site_id ON hosts (project, site_id) WHERE site_id IS NOT NULL;
CREATE INDEX hosts_uuid ON hosts (project, uuid_key);
CREATE INDEX hosts_name ON hosts (project, name);

-- An OS profile at one version.
CREATE TABLE os (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    architecture TEXT NOT NULL,
    image_url TEXT NOT NULL,
    image_id TEXT NOT NULL,
    description TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    profile_name TEXT NOT NULL,
    profile_version TEXT NOT NULL,
    installed_packages TEXT NOT NULL,
    installed_packages_url TEXT NOT NULL,
    security_feature INTEGER NOT NULL,
    os_type INTEGER NOT NULL,
    os_provider INTEGER NOT NULL,
    platform_bundle TEXT NOT NULL,
    metadata TEXT NOT NULL,
    tls_ca_cert TEXT NOT NULL,
    existing_cves_url TEXT NOT NULL,
    existing_cves TEXT NOT NULL,
    fixed_cves_url TEXT NOT NULL,
    fixed_cves TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX os_name ON os (project, name) WHERE name <> '';
CREATE UNIQUE INDEX os_profile_name_image_id ON os (project, profile_name, image_id) WHERE profile_name <> '' AND image_id <> '';
CREATE INDEX os_profile_name ON os (project, profile_name);

-- What the instances that are linked to it install.
CREATE TABLE os_update_policies (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    update_sources TEXT NOT NULL,
    update_packages TEXT NOT NULL,
    update_kernel_command TEXT NOT NULL,
    target_os_id TEXT,
    update_policy INTEGER NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE INDEX os_update_policies_target_os_id ON os_update_policies (project, target_os_id) WHERE target_os_id IS NOT NULL;

-- The OS on a host; one a host.
CREATE TABLE instances (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    desired_state INTEGER NOT NULL,
    current_state INTEGER NOT NULL,
    host_id TEXT,
    os_id TEXT,
    desired_os_id TEXT,
    security_feature INTEGER NOT NULL,
    instance_status TEXT NOT NULL,
    instance_status_indicator INTEGER NOT NULL,
    instance_status_timestamp INTEGER NOT NULL,
    instance_status_detail TEXT NOT NULL,
    provisioning_status TEXT NOT NULL,
    provisioning_status_indicator INTEGER NOT NULL,
    provisioning_status_timestamp INTEGER NOT NULL,
    update_status TEXT NOT NULL,
    update_status_indicator INTEGER NOT NULL,
    update_status_timestamp INTEGER NOT NULL,
    trusted_attestation_status TEXT NOT NULL,
    trusted_attestation_status_indicator INTEGER NOT NULL,
    trusted_attestation_status_timestamp INTEGER NOT NULL,
    os_update_policy_id TEXT,
    os_update_available TEXT NOT NULL,
    existing_cves TEXT NOT NULL,
    runtime_packages TEXT NOT NULL,
    update_status_detail TEXT NOT NULL,
    running_profile TEXT NOT NULL,
    running_image TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX instance_host ON instances (project, host_id) WHERE host_id IS NOT NULL;
CREATE INDEX instances_os_id ON instances (project, os_id) WHERE os_id IS NOT NULL;
CREATE INDEX instances_desired_os_id ON instances (project, desired_os_id) WHERE desired_os_id IS NOT NULL;
CREATE INDEX instances_os_update_policy_id ON instances (project, os_update_policy_id) WHERE os_update_policy_id IS NOT NULL;
CREATE INDEX instances_host ON instances (project, host_id);

-- A maintenance window that opens once.
CREATE TABLE single_schedules (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    schedule_status INTEGER NOT NULL,
    name TEXT NOT NULL,
    start_seconds INTEGER NOT NULL,
    end_seconds INTEGER NOT NULL,
    target_host_id TEXT,
    target_site_id TEXT,
    target_region_id TEXT,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE INDEX single_schedules_target_host_id ON single_schedules (project, target_host_id) WHERE target_host_id IS NOT NULL;
CREATE INDEX single_schedules_target_site_id ON single_schedules (project, target_site_id) WHERE target_site_id IS NOT NULL;
CREATE INDEX single_schedules_target_region_id ON single_schedules (project, target_region_id) WHERE target_region_id IS NOT NULL;

-- A maintenance window that opens at each tick of five cron fields, in UTC.
CREATE TABLE repeated_schedules (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    schedule_status INTEGER NOT NULL,
    name TEXT NOT NULL,
    duration_seconds INTEGER NOT NULL,
    cron_minutes TEXT NOT NULL,
    cron_hours TEXT NOT NULL,
    cron_day_month TEXT NOT NULL,
    cron_month TEXT NOT NULL,
    cron_day_week TEXT NOT NULL,
    target_host_id TEXT,
    target_site_id TEXT,
    target_region_id TEXT,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE INDEX repeated_schedules_target_host_id ON repeated_schedules (project, target_host_id) WHERE target_host_id IS NOT NULL;
CREATE INDEX repeated_schedules_target_site_id ON repeated_schedules (project, target_site_id) WHERE target_site_id IS NOT NULL;
CREATE INDEX repeated_schedules_target_region_id ON repeated_schedules (project, target_region_id) WHERE target_region_id IS NOT NULL;

-- One update of one instance.
CREATE TABLE os_update_runs (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    applied_policy_id TEXT,
    instance_id TEXT,
    status_indicator INTEGER NOT NULL,
    status TEXT NOT NULL,
    status_details TEXT NOT NULL,
    status_timestamp INTEGER NOT NULL,
    start_time INTEGER NOT NULL,
    end_time INTEGER NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE INDEX os_update_runs_applied_policy_id ON os_update_runs (project, applied_policy_id) WHERE applied_policy_id IS NOT NULL;
CREATE INDEX os_update_runs_instance_id ON os_update_runs (project, instance_id) WHERE instance_id IS NOT NULL;
CREATE INDEX os_update_runs_open ON os_update_runs (project, instance_id, end_time, start_time);
