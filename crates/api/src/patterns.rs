//! Regular expressions that texts of requests must match. An empty text always passes.

/// Names.
pub const NAME: &str = r"^[a-zA-Z-_0-9./: ]+$";
/// Names of OS resources: parentheses too.
pub const OS_NAME: &str = r"^[a-zA-Z-_0-9./: ()]+$";
/// Notes.
pub const NOTE: &str = r#"^[a-zA-Z-_0-9./:;=@?!#,<>*()" ]+$"#;
/// Paths and addresses.
pub const PATHY: &str = r#"^[a-zA-Z-_0-9./:;=@?!#,<>*()"\ ]+$"#;
/// Plain texts.
pub const PLAIN: &str = r"^[a-zA-Z-_0-9./:;=?@!#,<>*() ]+$";
/// Descriptions of OS resources; no slash.
pub const OS_DESCRIPTION: &str = r"^[a-zA-Z-_0-9.:;=@?!#,<>*(){}&%$`^\+\- ]+$";
/// SHA-256 in lower-case hex.
pub const SHA256: &str = r"^[a-f0-9]+$";
/// JSON text of OS metadata.
pub const OS_METADATA: &str = r#"^[a-z0-9,.\-_:/"\\ \\n{}\[\]]+$"#;
/// Strict base64.
pub const BASE64: &str = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$";
/// UUID of a host.
pub const UUID: &str = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";
/// Serial number at registration.
pub const SERIAL: &str = r"^([A-Za-z0-9]{5,20})?$";
/// Key of a label.
pub const METADATA_KEY: &str =
    r"^$|^[a-z.]+/$|^[a-z.]+/[a-z0-9][a-z0-9-_.]*[a-z0-9]$|^[a-z.]+/[a-z0-9]$|^[a-z]$|^[a-z0-9][a-z0-9-_.]*[a-z0-9]$";
/// Value of a label.
pub const METADATA_VALUE: &str = r"^$|^[a-z0-9]$|^[a-z0-9][a-z0-9._-]*[a-z0-9]$";
/// Cron minutes: `*` or a list.
pub const CRON_MINUTES: &str = r"^([*]|([0-9]|([1-5][0-9]))((,([0-9]|([1-5][0-9])))*))$";
/// Cron hours.
pub const CRON_HOURS: &str = r"^([*]|([0-9]|1[0-9]|2[0-3])((,([0-9]|1[0-9]|2[0-3]))*))$";
/// Cron days of the month.
pub const CRON_DAY_MONTH: &str = r"^([*]|([1-9]|([12][0-9])|3[01])((,([1-9]|([12][0-9])|3[01]))*))$";
/// Cron months.
pub const CRON_MONTH: &str = r"^([*]|([1-9]|1[012])((,([1-9]|1[012]))*))$";
/// Cron days of the week; 0 is Sunday.
pub const CRON_DAY_WEEK: &str = r"^([*]|([0-6])((,([0-6]))*))$";
/// Package names, one a line.
pub const PACKAGES: &str = r"^[A-Za-z0-9._/:;=@?!#,<>\-*+~()\[\]{} \n]+$";
/// Package sources.
pub const SOURCES: &str = r#"^[a-zA-Z-_0-9./:;=@?!#,<>*+()\[\]" \n]+$"#;
/// Names of accounts and custom configs; never empty.
pub const ACCOUNT: &str = r"^[a-z][a-z0-9-]{0,31}$";
/// Public SSH key.
pub const SSH_KEY: &str = r"^(ssh-ed25519|ecdsa-sha2-nistp521) ([A-Za-z0-9+/=]+) ?(.*)?$";
/// Settings and credentials of providers.
pub const PROVIDER_TEXT: &str = r#"^[a-zA-Z-_0-9./:;=?@!#,<>*(){}"\\ ]+$"#;
/// Names of metrics and log sources.
pub const TELEMETRY_SOURCE: &str = r#"^[a-zA-Z-_0-9.:;=@?!#*()"\ ]+$"#;
