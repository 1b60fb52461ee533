//! Local account: a user of the node's own system, with a public SSH key.

use crate::{
    patterns::{ACCOUNT, SSH_KEY},
    record,
    spec::{Field, Unique},
};

record! {
    /// A user of the node's own system.
    pub struct LocalAccount, static LOCAL_ACCOUNT {
        prefix: "localaccount", table: "local_accounts", list_key: "localAccounts", label: "local_account_resource",
        id_alias: "localAccountID",
        unique: &[Unique { name: "localaccount_username", columns: &["username"], global: false }],
    } {
        /// Name; unique in the project.
        username: String = Field::bounded_text("username", 1, 32, ACCOUNT).required(),
        /// Public key that may log in.
        ssh_key: String = Field::bounded_text("sshKey", 1, 800, SSH_KEY).required(),
    }
}
