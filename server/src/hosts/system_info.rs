//! What a machine is made of, as its discovery agent tells it. Without store and clock.

use emt_api::{
    enums::BmcKind,
    hostmgr::{HwInfo, SystemInfo, bm_info::BmType},
    resources::Host,
};
use serde_json::{Value, json};

/// Longest text of one property, in characters (southbound contract).
const TEXT: usize = 128;

/// Writes it into the host's record. What is not told stays as it is; lists are replaced whole.
pub(super) fn apply(host: &mut Host, info: &SystemInfo) {
    if let Some(hardware) = &info.hw_info {
        apply_hardware(host, hardware);
    }
    if let Some(bios) = &info.bios_info {
        set(&mut host.bios_version, &bios.version);
        set(&mut host.bios_release_date, &bios.release_date);
        set(&mut host.bios_vendor, &bios.vendor);
    }
    if let Some(controller) = &info.bm_ctl_info {
        host.bmc_kind = match controller.bm_type() {
            BmType::Ipmi => BmcKind::Ipmi,
            BmType::Pdu => BmcKind::Pdu,
            BmType::Vpro => BmcKind::Vpro,
            BmType::None => BmcKind::None,
            BmType::Redfish | BmType::Fdo => BmcKind::Unspecified,
        };
        if let Some(details) = &controller.bmc_info {
            set(&mut host.bmc_ip, &details.bm_ip);
        }
    }
}

fn apply_hardware(host: &mut Host, hardware: &HwInfo) {
    // With a UUID on record the serial number need not be unique, so that it can be taken as it comes.
    if !host.uuid.is_empty() {
        set(&mut host.serial_number, &hardware.serial_num);
    }
    set(&mut host.product_name, &hardware.product_name);
    if let Some(cpu) = &hardware.cpu {
        set(&mut host.cpu_model, &cpu.model);
        set(&mut host.cpu_architecture, &cpu.arch);
        host.cpu_sockets = cpu.sockets;
        host.cpu_cores = cpu.cores;
        host.cpu_threads = cpu.threads;
        host.cpu_capabilities = cpu.features.join(",");
    }
    if let Some(memory) = &hardware.memory {
        host.memory_bytes = memory.size;
    }
    if let Some(storage) = &hardware.storage {
        let disk = |disk: &emt_api::hostmgr::SystemDisk| {
            json!({
                "wwid": disk.wwid, "serial": disk.serial_number, "vendor": disk.vendor, "model": disk.model,
                "deviceName": disk.name, "capacityBytes": disk.size.to_string(), "timestamps": null,
            })
        };
        host.host_storages.0 = storage.disk.iter().map(disk).collect();
    }
    host.host_nics.0 = hardware.network.iter().map(nic).collect();
    let usb = |usb: &emt_api::hostmgr::SystemUsb| {
        json!({
            "idVendor": usb.idvendor, "idProduct": usb.idproduct, "class": usb.class, "serial": usb.serial,
            "deviceName": "", "bus": usb.bus, "addr": usb.addr, "timestamps": null,
        })
    };
    host.host_usbs.0 = hardware.usb.iter().map(usb).collect();
    let gpu = |gpu: &emt_api::hostmgr::SystemGpu| {
        json!({
            "pciId": gpu.pci_id, "product": gpu.product, "vendor": gpu.vendor, "description": gpu.description,
            "deviceName": gpu.name, "capabilities": gpu.features, "timestamps": null,
        })
    };
    host.host_gpus.0 = hardware.gpu.iter().filter(|device| !device.pci_id.is_empty()).map(gpu).collect();
}

fn nic(nic: &emt_api::hostmgr::SystemNetwork) -> Value {
    let link = if nic.link_state { "NETWORK_INTERFACE_LINK_STATE_UP" } else { "NETWORK_INTERFACE_LINK_STATE_DOWN" };
    json!({
        "deviceName": nic.name, "pciIdentifier": nic.pci_id, "macAddr": nic.mac, "sriovEnabled": nic.sriovenabled,
        "sriovVfsNum": nic.sriovnumvfs, "sriovVfsTotal": nic.sriov_vfs_total, "mtu": nic.mtu, "bmcInterface": nic.bmc_net,
        "linkState": {"type": link, "timestamps": null}, "ipaddresses": [], "timestamps": null,
    })
}

/// Takes what is told, cut to its limit.
fn set(text: &mut String, told: &str) {
    if !told.is_empty() {
        *text = told.chars().take(TEXT).collect();
    }
}

#[cfg(test)]
mod tests {
    use emt_api::hostmgr::{BiosInfo, BmInfo, SystemCpu, SystemNetwork};

    use super::*;

    #[test]
    fn what_is_told_is_kept_and_what_is_not_told_stays() {
        let mut host = Host { uuid: "u".to_owned(), ..Host::default() };
        let info = SystemInfo {
            hw_info: Some(HwInfo {
                serial_num: "SN1".to_owned(),
                cpu: Some(SystemCpu { model: "m".repeat(200), cores: 8, ..SystemCpu::default() }),
                network: vec![SystemNetwork { name: "eth0".to_owned(), link_state: true, ..SystemNetwork::default() }],
                ..HwInfo::default()
            }),
            bios_info: Some(BiosInfo { version: "1.2".to_owned(), ..BiosInfo::default() }),
            bm_ctl_info: Some(BmInfo { bm_type: BmType::Vpro.into(), bmc_info: None }),
        };
        apply(&mut host, &info);
        assert_eq!((host.serial_number.as_str(), host.cpu_cores, host.cpu_model.len()), ("SN1", 8, 128));
        assert_eq!((host.bios_version.as_str(), host.bmc_kind), ("1.2", BmcKind::Vpro));
        assert_eq!(host.host_nics.0[0]["linkState"]["type"], "NETWORK_INTERFACE_LINK_STATE_UP");
        let before = host.clone();
        apply(&mut host, &SystemInfo::default());
        assert_eq!(host, before);
    }

    #[test]
    fn a_serial_number_that_identifies_the_host_is_not_replaced() {
        let mut host = Host { serial_number: "KEY".to_owned(), ..Host::default() };
        let hardware = HwInfo { serial_num: "SN1".to_owned(), ..HwInfo::default() };
        apply(&mut host, &SystemInfo { hw_info: Some(hardware), ..SystemInfo::default() });
        assert_eq!(host.serial_number, "KEY");
    }
}
