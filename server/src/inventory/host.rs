//! Rules of hosts: registration, onboarding, withdrawal of trust.

use async_trait::async_trait;
use emt_api::{
    enums::{AmtState, HostState, PowerCommandPolicy, PowerState},
    error::{ApiError, Code},
    id,
    input::{Input, check_text, whole},
    json::{Plan, SHALLOW},
    patterns::{NAME, SERIAL},
    record::{Record, Row},
    resources::{HOST, Host, INSTANCE, REPEATED_SCHEDULE, SINGLE_SCHEDULE},
    spec::Spec,
    status,
    value::{Link, Value},
};
use serde_json::Value as Json;

use super::{Inventory, Resource, Scope, View, gone, refused, region::check_labels, typed};
use crate::store::{Change, Query, StoreExt as _};

/// Hosts.
pub static HOSTS: Hosts = Hosts;

/// See [`HOSTS`].
pub struct Hosts;

static INSTANCE_OF_HOST: Plan = Plan { follow: &[("os", &SHALLOW), ("updatePolicy", &SHALLOW)], computed: false };
static SITE_OF_HOST: Plan = Plan { follow: &[("region", &SHALLOW)], computed: false };
static PLAN: Plan =
    Plan { follow: &[("site", &SITE_OF_HOST), ("provider", &SHALLOW), ("instance", &INSTANCE_OF_HOST)], computed: true };
/// In lists the site comes without its region.
static LISTED: Plan =
    Plan { follow: &[("site", &SHALLOW), ("provider", &SHALLOW), ("instance", &INSTANCE_OF_HOST)], computed: true };

#[async_trait]
impl Resource for Hosts {
    fn spec(&self) -> &'static Spec {
        &HOST
    }

    fn one(&self) -> &'static Plan {
        &PLAN
    }

    fn listed(&self) -> &'static Plan {
        &LISTED
    }

    async fn creating(&self, _: &Scope<'_>, row: &mut Row) -> Result<Vec<Change>, ApiError> {
        check_labels(row)?;
        if row.get("uuid").is_empty() && row.get("serial_number").is_empty() {
            return Err(ApiError::new(Code::PermissionDenied, "a host needs a uuid"));
        }
        typed(row, |host: &mut Host| {
            if host.desired_state == HostState::Unspecified {
                host.desired_state = HostState::Onboarded;
            }
            if host.desired_power_state == PowerState::Unspecified {
                host.desired_power_state = PowerState::On;
            }
            if host.power_command_policy == PowerCommandPolicy::Unspecified {
                host.power_command_policy = PowerCommandPolicy::Ordered;
            }
            host.uuid_key = Link::to(host.uuid.to_ascii_lowercase());
            host.serial_without_uuid = Link::to(if host.uuid.is_empty() { host.serial_number.as_str() } else { "" });
            status::UNKNOWN.0.clone_into(&mut host.power_status);
            status::NOT_CONNECTED.0.clone_into(&mut host.host_status);
            status::NOT_CONNECTED.0.clone_into(&mut host.onboarding_status);
            status::UNKNOWN.0.clone_into(&mut host.registration_status);
            status::UNKNOWN.0.clone_into(&mut host.amt_status);
        });
        Ok(Vec::new())
    }

    async fn changing(&self, _: &Scope<'_>, _: &Row, after: &mut Row, _: &Input) -> Result<Vec<Change>, ApiError> {
        check_labels(after)?;
        typed(after, |host: &mut Host| {
            if host.power_command_policy == PowerCommandPolicy::Unspecified {
                host.power_command_policy = PowerCommandPolicy::Immediate;
            }
        });
        Ok(Vec::new())
    }

    /// A host with an instance is marked, and goes with its instance; others go at once.
    async fn deleting(&self, scope: &Scope<'_>, row: &Row) -> Result<Vec<Change>, ApiError> {
        let instances =
            Query::all(&INSTANCE, scope.project).filter(emt_api::filter::Expr::is("host_id", row.meta.id.as_str())).limit(1);
        if scope.store.find(instances).await.map_err(refused)?.rows.is_empty() {
            let mut changes = vec![scope.require_none(&INSTANCE, "host_id", &row.meta.id)];
            changes.extend(removal(scope, row));
            return Ok(changes);
        }
        let mut marked = row.clone();
        typed(&mut marked, |host: &mut Host| host.desired_state = HostState::Deleted);
        marked.meta.updated_ms = scope.now_ms;
        Ok(vec![Change::Update(marked)])
    }
}

/// The end of a host: schedules lose it as their target.
pub(super) fn removal(scope: &Scope<'_>, host: &Row) -> Vec<Change> {
    let id = &host.meta.id;
    vec![scope.unlink(&SINGLE_SCHEDULE, "target_host_id", id), scope.unlink(&REPEATED_SCHEDULE, "target_host_id", id), gone(host)]
}

/// Body of a registration.
#[derive(Debug, Clone, Default)]
pub struct HostRegister {
    /// Name, at most 20 characters.
    pub name: Option<String>,
    /// Serial number.
    pub serial_number: String,
    /// SMBIOS system UUID.
    pub uuid: String,
    /// Onboard when it connects.
    pub auto_onboard: bool,
    /// Provision the management engine.
    pub enable_vpro: bool,
    /// Size of the user volume in GB.
    pub user_lvm_size: u32,
}

impl HostRegister {
    /// Reads a body.
    pub fn read(body: &Json) -> Result<Self, ApiError> {
        let body = body.as_object().ok_or_else(|| ApiError::schema("request body has an error: a JSON object is needed"))?;
        let mut register = Self::default();
        for (key, value) in body {
            let wrong = |what: &str| ApiError::schema(format!("request body has an error at \"/{key}\": {what}"));
            let text = |max: usize, pattern: &'static str| {
                let text = value.as_str().ok_or_else(|| wrong("a string is needed"))?;
                check_text(text, 0, max, pattern).map_err(|what| wrong(&what))?;
                Ok::<_, ApiError>(text.to_owned())
            };
            let truth = || value.as_bool().ok_or_else(|| wrong("a boolean is needed"));
            match key.as_str() {
                "name" => register.name = Some(text(20, NAME)?),
                "serialNumber" => register.serial_number = text(20, SERIAL)?,
                "uuid" => {
                    register.uuid = text(36, "")?;
                    if !register.uuid.is_empty() && !id::is_uuid(&register.uuid) {
                        return Err(wrong("a UUID in 8-4-4-4-12 hex form is needed"));
                    }
                }
                "autoOnboard" => register.auto_onboard = truth()?,
                "enableVpro" => register.enable_vpro = truth()?,
                "userLvmSize" => {
                    let size = value.as_number().and_then(whole).and_then(|size| u32::try_from(size).ok());
                    register.user_lvm_size = size.ok_or_else(|| wrong("a whole number from 0 to 4294967295 is needed"))?;
                }
                _ => return Err(wrong("the property is unsupported")),
            }
        }
        Ok(register)
    }

    fn desired_state(&self) -> HostState {
        if self.auto_onboard { HostState::Onboarded } else { HostState::Registered }
    }
}

impl Inventory {
    /// Registers a machine before it connects.
    pub async fn register(&self, project: &str, register: &HostRegister) -> Result<(Row, View), ApiError> {
        if register.uuid.is_empty() && register.serial_number.is_empty() {
            return Err(ApiError::invalid("either UUID or SerialNumber must be set"));
        }
        let host = Host {
            name: register.name.clone().unwrap_or_default(),
            serial_number: register.serial_number.clone(),
            uuid: register.uuid.clone(),
            desired_state: register.desired_state(),
            desired_power_state: PowerState::On,
            power_command_policy: PowerCommandPolicy::Immediate,
            desired_amt_state: if register.enable_vpro { AmtState::Provisioned } else { AmtState::Unprovisioned },
            user_lvm_size: register.user_lvm_size,
            ..Host::default()
        };
        let row = self.insert(&HOSTS, project, host.into_row()).await?;
        self.get(&HOSTS, project, &row.meta.id).await
    }

    /// Changes name and onboarding of a registered machine.
    pub async fn register_again(&self, project: &str, id: &str, register: &HostRegister) -> Result<(Row, View), ApiError> {
        let row = self
            .modify(&HOST, project, id, &|_: &Scope<'_>, before: &Row| {
                let mut host = Host::from_row(before.clone());
                if let Some(name) = &register.name {
                    host.name.clone_from(name);
                }
                move_to(&mut host, register.desired_state())?;
                Ok((host.into_row(), Vec::new()))
            })
            .await?;
        self.get(&HOSTS, project, &row.meta.id).await
    }

    /// Asks for a host to be in a state.
    pub async fn set_host_state(&self, project: &str, id: &str, state: HostState, note: Option<&str>) -> Result<Host, ApiError> {
        let row = self
            .modify(&HOST, project, id, &|_: &Scope<'_>, before: &Row| {
                let mut host = Host::from_row(before.clone());
                move_to(&mut host, state)?;
                if let Some(note) = note {
                    note.clone_into(&mut host.note);
                }
                Ok((host.into_row(), Vec::new()))
            })
            .await?;
        Ok(Host::from_row(row))
    }

    /// Records that a node has proved to be this host: it is trusted from now on.
    pub async fn enrolled(&self, project: &str, id: &str) -> Result<Host, ApiError> {
        let row = self
            .modify(&HOST, project, id, &|scope: &Scope<'_>, before: &Row| {
                let mut host = Host::from_row(before.clone());
                if matches!(host.desired_state, HostState::Untrusted | HostState::Deleted) {
                    let text = format!("host {} cannot enrol: an operator has withdrawn trust in it or deleted it", host.id());
                    return Err(ApiError::new(Code::Unauthenticated, text));
                }
                trust(&mut host, u32::try_from(scope.now()).unwrap_or(u32::MAX));
                Ok((host.into_row(), Vec::new()))
            })
            .await?;
        Ok(Host::from_row(row))
    }

    /// The host with this UUID in a project, whatever the case of its letters.
    pub async fn host_by_uuid(&self, project: &str, uuid: &str) -> Result<Option<Host>, ApiError> {
        let filter = emt_api::filter::Expr::is("uuid_key", Value::Text(uuid.to_ascii_lowercase()));
        self.store.first(project, filter).await.map_err(refused)
    }
}

/// A host is known and trusted from now on.
pub(super) fn trust(host: &mut Host, now: u32) {
    host.current_state = HostState::Onboarded;
    host.desired_state = HostState::Onboarded;
    status::set(
        &mut host.registration_status,
        &mut host.registration_status_indicator,
        &mut host.registration_status_timestamp,
        status::REGISTERED,
        now,
    );
    status::set(
        &mut host.onboarding_status,
        &mut host.onboarding_status_indicator,
        &mut host.onboarding_status_timestamp,
        status::ONBOARDED,
        now,
    );
}

/// Which state may be asked for is decided by the state the host is in (northbound contract, hosts).
fn move_to(host: &mut Host, desired: HostState) -> Result<(), ApiError> {
    use HostState::{Deleted, Onboarded, Registered, Unspecified, Untrusted};
    let allowed = match host.current_state {
        Unspecified => true,
        Registered => matches!(desired, Registered | Onboarded | Deleted),
        Onboarded => matches!(desired, Onboarded | Untrusted | Deleted),
        Untrusted => matches!(desired, Untrusted | Deleted),
        Deleted => desired == Deleted,
    };
    if !allowed {
        let (from, to) = (host.current_state.as_str(), desired.as_str());
        return Err(ApiError::invalid(format!("host {} is {from} and cannot become {to}", host.meta.id)));
    }
    host.desired_state = desired;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_follow_the_table() {
        use HostState::{Deleted, Onboarded, Registered, Unspecified, Untrusted};
        let all = [Registered, Onboarded, Untrusted, Deleted];
        for (current, allowed) in [
            (Unspecified, &all[..]),
            (Registered, &[Registered, Onboarded, Deleted]),
            (Onboarded, &[Onboarded, Untrusted, Deleted]),
            (Untrusted, &[Untrusted, Deleted]),
            (Deleted, &[Deleted]),
        ] {
            for desired in all {
                let mut host = Host { current_state: current, ..Host::default() };
                let moved = move_to(&mut host, desired).is_ok();
                assert_eq!(moved, allowed.contains(&desired), "{current:?} to {desired:?}");
            }
        }
    }
}
