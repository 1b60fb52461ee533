//! Numbered migrations. A database remembers how many it has had; one that has had more than this program knows is
//! refused rather than damaged.

use rusqlite::Connection;

use crate::store::StoreError;

/// All migrations, oldest first. New ones go to the end; a released one never changes.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_inventory.sql"),
    include_str!("migrations/0002_identity.sql"),
    include_str!("migrations/0003_old_clients.sql"),
    include_str!("migrations/0004_names.sql"),
    include_str!("migrations/0005_resources.sql"),
    include_str!("migrations/0006_lists.sql"),
    include_str!("migrations/0007_identity.sql"),
    include_str!("migrations/0008_pages.sql"),
    include_str!("migrations/0009_runs.sql"),
    include_str!("migrations/0010_decisions.sql"),
    include_str!("migrations/0011_windows.sql"),
    include_str!("migrations/0012_attempts.sql"),
    include_str!("migrations/0013_os_modes.sql"),
    include_str!("migrations/0014_sources.sql"),
    include_str!("migrations/0015_versions.sql"),
    include_str!("migrations/0016_browsers.sql"),
    include_str!("migrations/0017_slots.sql"),
    include_str!("migrations/0018_sign_in_links.sql"),
    include_str!("migrations/0019_hosts_by_status.sql"),
];

/// Applies what the database has not had yet, each migration as a whole. The inner error is for the operator.
pub(super) fn apply(connection: &mut Connection) -> rusqlite::Result<Result<(), StoreError>> {
    let had: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let had = usize::try_from(had).unwrap_or(usize::MAX);
    if had > MIGRATIONS.len() {
        return Ok(Err(StoreError::Engine {
            place: connection.path().unwrap_or_default().to_owned(),
            reason: format!(
                "it was made by a newer version of this program (schema {had}, known {}): install that version or newer",
                MIGRATIONS.len()
            ),
        }));
    }
    for (number, migration) in MIGRATIONS.iter().enumerate().skip(had) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", i64::try_from(number + 1).unwrap_or(i64::MAX))?;
        transaction.commit()?;
    }
    Ok(Ok(()))
}
