//! Providers, local accounts and custom configs: they are made, shown and deleted.

use super::{
    operation::{At, Operation},
    resource::lasting,
};
use crate::inventory::{CUSTOM_CONFIGS, LOCAL_ACCOUNTS, PROVIDERS};

const PROVIDER: At = At::project(&["/providers"], &["/providers"]);
const ACCOUNT: At = At::project(&["/localAccounts"], &["/localAccounts"]);
const CONFIG: At = At::project(&["/customConfigs"], &["/customConfigs"]);

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = lasting(&PROVIDERS, PROVIDER);
    operations.extend(lasting(&LOCAL_ACCOUNTS, ACCOUNT));
    operations.extend(lasting(&CUSTOM_CONFIGS, CONFIG));
    operations
}
