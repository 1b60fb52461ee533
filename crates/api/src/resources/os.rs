//! OS resource: an OS profile at one version.

use crate::{
    enums::{IMAGE_STATE, ImageState, OS_PROVIDER, OS_TYPE, OsProvider, OsType, SECURITY_FEATURE, SecurityFeature},
    patterns::{BASE64, NOTE, OS_DESCRIPTION, OS_METADATA, OS_NAME, PATHY, SHA256},
    record,
    spec::{Field, Unique},
};

record! {
    /// An OS profile at one version.
    pub struct Os, static OS {
        prefix: "os", table: "os", list_key: "OperatingSystemResources", label: "operating_system_resource",
        id_alias: "osResourceID",
        unstored: &[
            Field::text("repoUrl", 500, NOTE),
            Field::text("kernelCommand", 500, NOTE).hidden(),
            Field::texts("updateSources", 100, 10_000, "").hidden(),
        ],
        unique: &[
            Unique { name: "os_name", columns: &["name"], global: false },
            Unique { name: "os_profile_name_image_id", columns: &["profile_name", "image_id"], global: false },
        ],
    } {
        /// Name that people read; unique in the project unless empty.
        name: String = Field::text("name", 128, OS_NAME).immutable(),
        /// Processor architecture, such as `x86_64`.
        architecture: String = Field::text("architecture", 20, NOTE),
        /// Path below the release file server, or a full address for mutable systems.
        image_url: String = Field::text("imageUrl", 500, PATHY).create_only(),
        /// Version of the image; decides what is newer.
        image_id: String = Field::text("imageId", 500, PATHY).create_only(),
        /// Free text.
        description: String = Field::text("description", 1000, OS_DESCRIPTION).create_only(),
        /// SHA-256 of the image file as served.
        sha256: String = Field::exact_text("sha256", 64, SHA256).required_to_patch().create_only(),
        /// Family of images that can replace each other.
        profile_name: String = Field::text("profileName", 128, PATHY).create_only(),
        /// Version of the profile; unused.
        profile_version: String = Field::output("profileVersion"),
        /// Packages of the image.
        installed_packages: String = Field::output("installedPackages").bulky(),
        /// Where the package list is.
        installed_packages_url: String = Field::text("installedPackagesUrl", 200, "").create_only(),
        /// Security features.
        security_feature: SecurityFeature = Field::enumeration("securityFeature", &SECURITY_FEATURE).create_only(),
        /// Mutable or immutable.
        os_type: OsType = Field::enumeration("osType", &OS_TYPE).create_only(),
        /// Who installs it.
        os_provider: OsProvider = Field::enumeration("osProvider", &OS_PROVIDER).create_only(),
        /// Installation scripts.
        platform_bundle: String = Field::output("platformBundle").bulky(),
        /// Flat JSON object of texts.
        metadata: String = Field::text("metadata", 500, OS_METADATA),
        /// Certificate of the image server.
        tls_ca_cert: String = Field::text("tlsCaCert", 10_000, BASE64).create_only().bulky(),
        /// Where the list of known vulnerabilities is.
        existing_cves_url: String = Field::text("existingCvesUrl", 500, "").create_only(),
        /// Known vulnerabilities, JSON text.
        existing_cves: String = Field::output("existingCves").bulky(),
        /// Where the list of fixed vulnerabilities is.
        fixed_cves_url: String = Field::text("fixedCvesUrl", 500, "").create_only(),
        /// Fixed vulnerabilities, JSON text.
        fixed_cves: String = Field::output("fixedCves").bulky(),
        /// Why the source that it came from offers it no more; not there while it does.
        withdrawn: String = Field::output("withdrawn").extension().when_set(),
        /// Who has blocked it and why; not there if nobody has.
        blocked: String = Field::output("blocked").extension().when_set(),
        /// Where the image is, if a source offers it.
        image_state: ImageState = Field::enumeration("imageState", &IMAGE_STATE).shown_only().extension().when_set(),
        /// More about it: where it comes from, or why it could not be fetched.
        image_detail: String = Field::output("imageDetail").extension().when_set(),
    }
}

impl Os {
    /// Whether it may be chosen for its version: it is neither withdrawn nor blocked.
    pub const fn is_offered(&self) -> bool {
        self.withdrawn.is_empty() && self.blocked.is_empty()
    }
}
