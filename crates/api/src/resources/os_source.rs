//! OS source: where OS images are published, and how they are looked for there. The Edge Orchestrator has none: it knows one
//! registry, for all projects.

use crate::{
    enums::{OS_SOURCE_KIND, OsSourceKind, STATUS_INDICATION, StatusIndication},
    patterns::{NAME, PATHY},
    record,
    spec::{Field, Type, Unique},
    value::Json,
};

/// Fewest seconds between two looks.
const INTERVAL_MIN: i64 = 10;
/// Most seconds between two looks: a week.
const INTERVAL_MAX: i64 = 7 * 86_400;
/// Seconds between two looks where nothing else is said.
pub const INTERVAL: u32 = 15 * 60;
/// Most profiles that can be named.
const PROFILES: usize = 100;

record! {
    /// Where OS images are published, and how they are looked for there.
    pub struct OsSource, static OS_SOURCE {
        prefix: "ossource", table: "os_sources", list_key: "osSources", label: "os_source",
        unique: &[Unique { name: "ossource_name", columns: &["name"], global: false }],
    } {
        /// Name.
        name: String = Field::text("name", 50, NAME).required(),
        /// An OCI registry, a file tree behind HTTPS, or a directory of the server's machine.
        kind: OsSourceKind = Field::enumeration("kind", &OS_SOURCE_KIND).required().create_only(),
        /// Address of registry or tree, or path of the directory.
        url: String = Field::text("url", 500, PATHY).required(),
        /// Where images and texts are that profiles name; of trees and directories they lie beside the profiles if this is empty.
        files_url: String = Field::text("filesUrl", 500, PATHY),
        /// Of registries: what stands before the name of a profile in the name of its repository.
        repository: String = Field::text("repository", 200, "^[a-z0-9._/-]+$"),
        /// Profiles to look for; none: all that the source lists. A registry has to be told them.
        profiles: Json<Vec<String>> = Field::texts("profiles", PROFILES, 128, "^[a-zA-Z0-9][a-zA-Z0-9._-]*$"),
        /// Of registries: tag of the profiles, such as `0.10.8` or `main`, or `~0.10.8` for that and later patches.
        profile_revision: String = Field::text("profileRevision", 64, "^~?[a-zA-Z0-9_][a-zA-Z0-9._-]*$"),
        /// Seconds between two looks; 15 minutes if it is 0.
        interval_seconds: u32 = Field::number("intervalSeconds", INTERVAL_MIN, INTERVAL_MAX),
        /// Certificates (PEM) that the source's own is checked against, instead of the system's.
        ca_cert: String = Field::text("caCert", 50_000, ""),
        /// User to sign in as.
        username: String = Field::text("username", 200, ""),
        /// That user's password or token.
        password: String = Field::text("password", 10_000, "").secret(),
        /// Whether it is spoken to without encryption.
        plain_http: bool = Field::bool("plainHttp"),
        /// How the last look ended.
        status: String = Field::output("status"),
        /// How to show it.
        status_indicator: StatusIndication = Field::enumeration("statusIndicator", &STATUS_INDICATION).shown_only(),
        /// When it became so, epoch seconds.
        status_timestamp: u32 = Field::output_number("statusTimestamp"),
        /// Tells whether the source's list is another one than the last that was taken whole.
        validator: String = Field::internal(Type::Text { min: 0, max: usize::MAX, pattern: "" }),
        /// SHA-256 of what a webhook has to know, "" if there is none.
        webhook: String = Field::internal(Type::Text { min: 0, max: usize::MAX, pattern: "" }),
    }
}
