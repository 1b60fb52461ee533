//! Fleets that are written straight into a store, as they are after weeks of service.

use std::path::Path;

use emt_api::{
    enums::{HostState, InstanceState, OsProvider, OsType, SecurityFeature, StatusIndication},
    filter::Expr,
    record::Meta,
    resources::{Host, Instance, Os, Region, Site},
    status,
    value::{Json, Link, MetadataItem},
};
use emt_server::{
    data_dir::DataDir,
    identity::records::ProjectRecord,
    store::{self, Batch, Store, StoreExt},
};

use crate::{Outcome, server::PROJECT};

/// Records of one batch.
const BATCH: usize = 2_000;
/// Hosts of one site.
pub(crate) const HOSTS_OF_A_SITE: usize = 50;
/// Sites of one region.
const SITES_OF_A_REGION: usize = 20;
/// When all of it was made, milliseconds since 1970.
const MADE_MS: i64 = 1_780_704_000_000;

/// Id of the instance with a number.
pub(crate) fn instance_id(number: usize) -> String {
    id("inst", number)
}

/// Id of the site with a number.
pub(crate) fn site_id(number: usize) -> String {
    id("site", number)
}

/// Id of the host with a number.
pub(crate) fn host_id(number: usize) -> String {
    id("host", number)
}

/// UUID of the node with a number.
pub(crate) fn uuid(number: usize) -> String {
    format!("{number:08x}-1111-4222-8333-444455556666")
}

/// Ids are drawn by chance in service: numbers are spread, so that neighbours are as far apart as they are there.
fn id(prefix: &str, number: usize) -> String {
    let spread = u32::try_from(number).unwrap_or(u32::MAX).wrapping_mul(2_654_435_761);
    format!("{prefix}-{spread:08x}")
}

/// Writes a fleet of so many hosts, each with an instance, into a data directory whose server does not run.
pub(crate) async fn fill(data: &Path, instances: usize) -> Outcome<()> {
    let store = store::open(&DataDir::new(data.to_owned()).database())?;
    let project = store.load_all::<ProjectRecord>("", Expr::is("name", PROJECT)).await?.into_iter().next();
    let project = project.ok_or("no project")?.meta.id;
    let sites = instances.div_ceil(HOSTS_OF_A_SITE);
    let mut batch = Batch::default();
    for number in 0..2 {
        batch = batch.insert(os(meta(&project, "os", number), number));
    }
    for number in 0..sites.div_ceil(SITES_OF_A_REGION) {
        let metadata = labels("country", &format!("c{number}"));
        batch = batch.insert(Region {
            meta: meta(&project, "region", number),
            name: format!("region {number}"),
            metadata,
            ..Region::default()
        });
    }
    for number in 0..sites {
        batch = batch.insert(site(meta(&project, "site", number), number));
    }
    store.commit(batch).await?;
    let mut number = 0;
    while number < instances {
        let mut batch = Batch::default();
        for number in number..instances.min(number + BATCH) {
            batch = batch
                .insert(host(meta(&project, "host", number), number))
                .insert(instance(meta(&project, "inst", number), number));
        }
        store.commit(batch).await?;
        number += BATCH;
    }
    store.close().await;
    Ok(())
}

fn meta(project: &str, prefix: &str, number: usize) -> Meta {
    Meta { project: project.to_owned(), id: id(prefix, number), revision: 1, created_ms: MADE_MS, updated_ms: MADE_MS + 1 }
}

fn labels(key: &str, value: &str) -> Json<Vec<MetadataItem>> {
    Json(vec![MetadataItem { key: key.to_owned(), value: value.to_owned() }])
}

fn os(meta: Meta, number: usize) -> Os {
    Os {
        meta,
        name: format!("EMT 3.0.{number}"),
        architecture: "x86_64".to_owned(),
        image_url: format!("files-edge-orch/repository/emt/emt-3.0.{number}.raw.gz"),
        image_id: format!("3.0.{number}"),
        sha256: "ab".repeat(32),
        profile_name: "emt-edge".to_owned(),
        security_feature: SecurityFeature::None,
        os_type: OsType::Immutable,
        os_provider: OsProvider::Infra,
        ..Os::default()
    }
}

fn site(meta: Meta, number: usize) -> Site {
    Site {
        meta,
        name: format!("shop {number}"),
        region_id: Link::to(id("region", number / SITES_OF_A_REGION)),
        site_lat: 481_371_540,
        site_lng: 115_761_240,
        metadata: labels("shop", &number.to_string()),
        ..Site::default()
    }
}

fn host(meta: Meta, number: usize) -> Host {
    let uuid = uuid(number);
    Host {
        meta,
        name: format!("node-{number}"),
        desired_state: HostState::Onboarded,
        current_state: HostState::Onboarded,
        site_id: Link::to(site_id(number / HOSTS_OF_A_SITE)),
        metadata: labels("role", "till"),
        uuid_key: Link::to(uuid.clone()),
        uuid,
        serial_number: format!("SN{number:010}"),
        memory_bytes: 34_359_738_368,
        cpu_model: "Intel(R) Core(TM) Ultra 7 155H".to_owned(),
        cpu_sockets: 1,
        cpu_cores: 16,
        cpu_architecture: "x86_64".to_owned(),
        cpu_threads: 22,
        hostname: format!("till-{number}"),
        product_name: "NUC 14 Pro".to_owned(),
        bios_version: "RVMTL357.0047.2025.0108.1408".to_owned(),
        bios_release_date: "01/08/2025".to_owned(),
        bios_vendor: "Intel Corp.".to_owned(),
        host_status: status::RUNNING.0.to_owned(),
        host_status_indicator: StatusIndication::Idle,
        host_status_timestamp: 1_780_704_000,
        onboarding_status: status::ONBOARDED.0.to_owned(),
        onboarding_status_indicator: StatusIndication::Idle,
        onboarding_status_timestamp: 1_780_704_000,
        registration_status: status::REGISTERED.0.to_owned(),
        registration_status_indicator: StatusIndication::Idle,
        registration_status_timestamp: 1_780_704_000,
        ..Host::default()
    }
}

fn instance(meta: Meta, number: usize) -> Instance {
    Instance {
        meta,
        name: format!("till {number}"),
        desired_state: InstanceState::Running,
        // One in a hundred is not trusted any more.
        current_state: if number.is_multiple_of(100) { InstanceState::Untrusted } else { InstanceState::Running },
        host_id: Link::to(id("host", number)),
        os_id: Link::to(id("os", 0)),
        instance_status: status::RUNNING.0.to_owned(),
        instance_status_indicator: StatusIndication::Idle,
        instance_status_timestamp: 1_780_704_000,
        provisioning_status: status::PROVISIONED.0.to_owned(),
        provisioning_status_indicator: StatusIndication::Idle,
        provisioning_status_timestamp: 1_780_704_000,
        os_update_available: "EMT 3.0.1".to_owned(),
        update_status: "No new updates available".to_owned(),
        update_status_indicator: StatusIndication::Idle,
        update_status_timestamp: 1_780_704_000,
        trusted_attestation_status: status::UNKNOWN.0.to_owned(),
        running_profile: "emt-edge".to_owned(),
        running_image: "3.0.0".to_owned(),
        ..Instance::default()
    }
}
