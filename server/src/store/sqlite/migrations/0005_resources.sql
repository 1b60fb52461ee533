-- Workloads, providers, local accounts, custom configs and telemetry.

-- What a set of instances does together.
CREATE TABLE workloads (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    external_id TEXT NOT NULL,
    status TEXT NOT NULL,
    desired_state INTEGER NOT NULL,
    current_state INTEGER NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;

-- An instance that takes part in a workload.
CREATE TABLE workload_members (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    workload_id TEXT,
    instance_id TEXT,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX workloadmember_workload_and_instance ON workload_members (project, workload_id, instance_id)
    WHERE workload_id IS NOT NULL AND instance_id IS NOT NULL;
CREATE INDEX workload_members_workload_id ON workload_members (project, workload_id) WHERE workload_id IS NOT NULL;
CREATE INDEX workload_members_instance_id ON workload_members (project, instance_id) WHERE instance_id IS NOT NULL;

-- A system that makes or manages machines.
CREATE TABLE providers (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    provider_kind INTEGER NOT NULL,
    provider_vendor INTEGER NOT NULL,
    name TEXT NOT NULL,
    api_endpoint TEXT NOT NULL,
    api_credentials TEXT NOT NULL,
    config TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX provider_name ON providers (project, name) WHERE name <> '';

-- A user of the node's own system.
CREATE TABLE local_accounts (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    username TEXT NOT NULL,
    ssh_key TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX localaccount_username ON local_accounts (project, username);

-- Cloud-init text for the first boot.
CREATE TABLE custom_configs (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    config TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX customconfig_name ON custom_configs (project, name);

-- Stands for one custom config of one instance.
CREATE TABLE instance_custom_configs (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    instance_id TEXT,
    custom_config_id TEXT,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE INDEX instance_custom_configs_instance_id ON instance_custom_configs (project, instance_id) WHERE instance_id IS NOT NULL;
CREATE INDEX instance_custom_configs_custom_config_id ON instance_custom_configs (project, custom_config_id) WHERE custom_config_id IS NOT NULL;

-- Log sources that are collected together.
CREATE TABLE telemetry_logs_groups (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    collector_kind INTEGER NOT NULL,
    groups TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;

-- Metrics that are collected together.
CREATE TABLE telemetry_metrics_groups (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    collector_kind INTEGER NOT NULL,
    groups TEXT NOT NULL,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;

-- Which log lines are collected.
CREATE TABLE telemetry_logs_profiles (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    target_instance_id TEXT,
    target_site_id TEXT,
    target_region_id TEXT,
    log_level INTEGER NOT NULL,
    group_id TEXT,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE INDEX telemetry_logs_profiles_target_instance_id ON telemetry_logs_profiles (project, target_instance_id) WHERE target_instance_id IS NOT NULL;
CREATE INDEX telemetry_logs_profiles_target_site_id ON telemetry_logs_profiles (project, target_site_id) WHERE target_site_id IS NOT NULL;
CREATE INDEX telemetry_logs_profiles_target_region_id ON telemetry_logs_profiles (project, target_region_id) WHERE target_region_id IS NOT NULL;
CREATE INDEX telemetry_logs_profiles_group_id ON telemetry_logs_profiles (project, group_id) WHERE group_id IS NOT NULL;

-- Which metrics are collected, and how often.
CREATE TABLE telemetry_metrics_profiles (
    project TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    target_instance_id TEXT,
    target_site_id TEXT,
    target_region_id TEXT,
    metrics_interval INTEGER NOT NULL,
    group_id TEXT,
    PRIMARY KEY (project, resource_id)
) WITHOUT ROWID;
CREATE INDEX telemetry_metrics_profiles_target_instance_id ON telemetry_metrics_profiles (project, target_instance_id) WHERE target_instance_id IS NOT NULL;
CREATE INDEX telemetry_metrics_profiles_target_site_id ON telemetry_metrics_profiles (project, target_site_id) WHERE target_site_id IS NOT NULL;
CREATE INDEX telemetry_metrics_profiles_target_region_id ON telemetry_metrics_profiles (project, target_region_id) WHERE target_region_id IS NOT NULL;
CREATE INDEX telemetry_metrics_profiles_group_id ON telemetry_metrics_profiles (project, group_id) WHERE group_id IS NOT NULL;

-- What hosts, sites and instances link to.
ALTER TABLE hosts ADD COLUMN provider_id TEXT;
ALTER TABLE sites ADD COLUMN provider_id TEXT;
ALTER TABLE instances ADD COLUMN provider_id TEXT;
ALTER TABLE instances ADD COLUMN local_account_id TEXT;
ALTER TABLE instances ADD COLUMN custom_config_ids TEXT NOT NULL DEFAULT '[]';
CREATE INDEX hosts_provider_id ON hosts (project, provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX sites_provider_id ON sites (project, provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX instances_provider_id ON instances (project, provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX instances_local_account_id ON instances (project, local_account_id) WHERE local_account_id IS NOT NULL;

-- The summary of hosts counts these.
CREATE INDEX hosts_indicators ON hosts (
    project, power_status_indicator, host_status_indicator, onboarding_status_indicator, registration_status_indicator,
    amt_status_indicator
);
CREATE INDEX instances_indicators ON instances (
    project, current_state, instance_status_indicator, provisioning_status_indicator, update_status_indicator,
    trusted_attestation_status_indicator, host_id
);
-- Hosts without a site are counted, too: an index that leaves them out does not serve that.
DROP INDEX hosts_site_id;
CREATE INDEX hosts_site_id ON hosts (project, site_id);
