//! Custom config: cloud-init text for the first boot of instances.

use crate::{
    patterns::{ACCOUNT, NOTE},
    record,
    spec::{Edge, Field, Unique, link_to},
    value::Link,
};

record! {
    /// Cloud-init text for the first boot.
    pub struct CustomConfig, static CUSTOM_CONFIG {
        prefix: "customconfig", table: "custom_configs", list_key: "customConfigs", label: "custom_config_resource",
        unique: &[Unique { name: "customconfig_name", columns: &["name"], global: false }],
        edges: &[Edge::Joined {
            name: "instances", prefix: "inst", join: "instanceconfig", here: "custom_config_id", there: "instance_id",
        }],
    } {
        /// Name; unique in the project.
        name: String = Field::bounded_text("name", 1, 32, ACCOUNT).required(),
        /// Free text.
        description: String = Field::bounded_text("description", 1, 256, NOTE),
        /// The text.
        config: String = Field::bounded_text("config", 1, 16_384, "").required(),
    }
}

record! {
    /// Stands for one custom config of one instance.
    pub struct InstanceConfig, static INSTANCE_CONFIG {
        prefix: "instanceconfig", table: "instance_custom_configs", list_key: "instances", label: "instance_custom_config",
    } {
        /// The instance.
        instance_id: Link = Field::link("", link_to("inst", "instance")).shown_only(),
        /// The custom config.
        custom_config_id: Link = Field::link("", link_to("customconfig", "customConfig")).shown_only(),
    }
}
