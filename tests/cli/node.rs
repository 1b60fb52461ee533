//! A node that reports what the test says.

use std::fs;

use emt_api::maintmgr::{PlatformUpdateStatusResponse, update_status::StatusType};

use crate::{reporter::Reporter, world::World};

/// The node.
pub struct Node<'a> {
    world: &'a World,
    reporter: Reporter,
}

impl<'a> Node<'a> {
    /// Registers a host and enrols its node; it has not reported yet.
    pub fn enrol(world: &'a World, name: &str, number: u32) -> Self {
        let uuid = world.uuid(number);
        world.ok(&["host", "register", name, "--uuid", &uuid, "--token-file", "token"]);
        let token = fs::read_to_string(world.path("token")).unwrap();
        let pem = fs::read(world.server.authority()).unwrap();
        let enrolled = Reporter::enrol(world.server.port, &pem, &token, &uuid);
        Self { world, reporter: world.server.runtime.block_on(enrolled) }
    }

    /// The same, and it reports what it runs, with which its instance is there.
    pub fn running(world: &'a World, name: &str, number: u32, profile: &str, version: &str) -> Self {
        let node = Self::enrol(world, name, number);
        node.report(StatusType::UpToDate, profile, version, "");
        node
    }

    /// Reports.
    pub fn report(&self, status: StatusType, profile: &str, version: &str, detail: &str) {
        self.told(status, profile, version, detail);
    }

    /// Reports; what it is told.
    pub fn told(&self, status: StatusType, profile: &str, version: &str, detail: &str) -> PlatformUpdateStatusResponse {
        self.world.server.runtime.block_on(self.reporter.told(status, profile, version, detail))
    }
}
