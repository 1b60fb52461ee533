//! Provider: a system that makes or manages machines.

use crate::{
    enums::{PROVIDER_KIND, PROVIDER_VENDOR, ProviderKind, ProviderVendor},
    patterns::{NAME, PLAIN, PROVIDER_TEXT},
    record,
    spec::{Field, Unique},
    value::Json,
};

record! {
    /// A system that makes or manages machines.
    pub struct Provider, static PROVIDER {
        prefix: "provider", table: "providers", list_key: "providers", label: "provider_resource",
        id_alias: "providerID",
        unique: &[Unique { name: "provider_name", columns: &["name"], global: false }],
    } {
        /// Kind.
        provider_kind: ProviderKind = Field::enumeration("providerKind", &PROVIDER_KIND).required(),
        /// Vendor.
        provider_vendor: ProviderVendor = Field::enumeration("providerVendor", &PROVIDER_VENDOR),
        /// Name; unique in the project.
        name: String = Field::text("name", 40, NAME).required(),
        /// Where it is reached.
        api_endpoint: String = Field::text("apiEndpoint", 500, PLAIN).required(),
        /// Names of the credentials that it is reached with.
        api_credentials: Json<Vec<String>> = Field::texts("apiCredentials", 100, 500, PROVIDER_TEXT),
        /// Its settings, JSON text.
        config: String = Field::text("config", 2000, PROVIDER_TEXT),
    }
}
