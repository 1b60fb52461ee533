//! Adoption: a host that was provisioned elsewhere comes under management, with what is installed on it.

use async_trait::async_trait;
use emt_api::{
    enums::{HostState, StatusIndication},
    error::ApiError,
    filter::Expr,
    record::{Meta, Record, Row},
    resources::{HOST, Host, INSTANCE, Instance, OS, Os},
    status,
};

use super::{Changed, Inventory, Rule, Scope, host::trust, instance, newest, refused};
use crate::{
    os_resources::update_available,
    store::{Change, StoreExt as _},
};

/// Puts a host under management.
struct Adopt<'a> {
    /// OS that runs there, if the caller says so.
    os: Option<&'a str>,
    /// Id for an instance that is made.
    instance: String,
}

#[async_trait]
impl Rule for Adopt<'_> {
    async fn apply(&self, scope: &Scope<'_>, before: &Row) -> Changed {
        let mut host = Host::from_row(before.clone());
        let found: Option<Instance> = scope.store.first(scope.project, Expr::is("host_id", host.id())).await.map_err(refused)?;
        let os_id = self.os.or_else(|| found.as_ref().and_then(|instance| instance.os_id.id()));
        let os: Option<Os> = match os_id {
            Some(id) => Some(Os::from_row(scope.find(&OS, id).await?)),
            None => None,
        };
        let now = u32::try_from(scope.now()).unwrap_or(u32::MAX);
        let mut after = found.clone().unwrap_or_default();
        adopt(&mut host, &mut after, os.as_ref(), now)?;
        if let Some(os) = &os {
            let of_profile = Expr::is("profile_name", os.profile_name.as_str());
            let of_profile: Vec<Os> = scope.store.load_brief(scope.project, of_profile).await.map_err(refused)?;
            let available = update_available(Some(os), newest(&os.profile_name, of_profile.iter()));
            after.os_update_available = available.unwrap_or(after.os_update_available);
        }
        let require_os =
            Change::RequireExists { spec: &OS, project: scope.project.to_owned(), id: after.os_id.as_str().to_owned() };
        let changes = match found {
            None => {
                after.meta = Meta {
                    project: scope.project.to_owned(),
                    id: self.instance.clone(),
                    revision: 1,
                    created_ms: scope.now_ms,
                    updated_ms: scope.now_ms,
                };
                vec![require_os, Change::Insert(after.into_row())]
            }
            Some(found) if found != after => {
                after.meta.updated_ms = scope.now_ms;
                vec![require_os, Change::Update(after.into_row())]
            }
            Some(_) => Vec::new(),
        };
        Ok((host.into_row(), changes))
    }
}

/// What an adoption makes of a host and of its instance, which is empty if there is none. `os`: what runs there, by the
/// caller's word or by what is planned for the host.
fn adopt(host: &mut Host, instance: &mut Instance, os: Option<&Os>, now: u32) -> Result<(), ApiError> {
    let label = format!("host {} ({})", host.id(), host.name);
    if host.uuid.is_empty() {
        return Err(ApiError::precondition(format!(
            "{label} has no uuid, by which its node is known: delete it, and register it again with its SMBIOS system UUID"
        )));
    }
    if [host.current_state, host.desired_state].iter().any(|state| matches!(state, HostState::Untrusted | HostState::Deleted)) {
        return Err(ApiError::precondition(format!(
            "{label} cannot be adopted: an operator has withdrawn trust in it or deleted it; delete it, and register it again"
        )));
    }
    let Some(os) = os else {
        return Err(ApiError::precondition(format!(
            "{label} has no instance, and what it runs is not known: name the OS resource with osID (emtctl: --os)"
        )));
    };
    if instance::is_provisioned(instance) && instance.os_id.id() != Some(os.id()) && !instance.running_image.is_empty() {
        return Err(ApiError::precondition(format!(
            "{label} has reported that it runs {} {}, not {}: leave osID out, and link the instance to what it is to run",
            instance.running_profile,
            instance.running_image,
            os.id(),
        )));
    }
    trust(host, now);
    instance::provision(instance, host.id(), Some(os), now);
    for (text, (initial, _)) in
        [(&mut instance.instance_status, status::UNKNOWN), (&mut instance.update_status, status::NO_CURRENT_UPDATE)]
    {
        if text.is_empty() {
            initial.clone_into(text);
        }
    }
    if instance.existing_cves.is_empty() && instance.update_status_indicator == StatusIndication::Unspecified {
        instance.existing_cves.clone_from(&os.existing_cves);
    }
    Ok(())
}

impl Inventory {
    /// Puts a registered host under management that was provisioned elsewhere and runs `os`, or what is planned for it.
    /// Nothing happens to one that is managed already.
    pub async fn adopt(&self, project: &str, host: &str, os: Option<&str>) -> Result<Host, ApiError> {
        let rule = Adopt { os, instance: self.new_id(&INSTANCE) };
        Ok(Host::from_row(self.modify(&HOST, project, host, &rule).await?))
    }
}

#[cfg(test)]
mod tests {
    use emt_api::value::Link;

    use super::*;

    const NOW: u32 = 1_780_704_000;

    fn host() -> Host {
        let mut host = Host { name: "till".to_owned(), uuid: "u".to_owned(), ..Host::default() };
        host.meta.id = "host-00000001".to_owned();
        host
    }

    fn os(id: &str) -> Os {
        let mut os = Os { existing_cves: format!("cves of {id}"), ..Os::default() };
        os.meta.id = id.to_owned();
        os
    }

    #[test]
    fn an_adopted_host_is_trusted_and_runs_its_os() {
        let (mut host, mut instance) = (host(), Instance::default());
        adopt(&mut host, &mut instance, Some(&os("os-1")), NOW).unwrap();
        assert_eq!((host.current_state, host.desired_state), (HostState::Onboarded, HostState::Onboarded));
        assert_eq!(host.onboarding_status, "Onboarded");
        assert!(instance::is_provisioned(&instance));
        assert_eq!((instance.os_id.id(), instance.host_id.id()), (Some("os-1"), Some(host.id())));
        assert_eq!(instance.existing_cves, "cves of os-1");
        let before = (host.clone(), instance.clone());
        adopt(&mut host, &mut instance, Some(&os("os-1")), NOW + 5).unwrap();
        assert_eq!((host, instance), before, "again changes nothing");
    }

    #[test]
    fn a_wrong_word_is_corrected_until_the_node_itself_has_spoken() {
        let (mut host, mut instance) = (host(), Instance::default());
        adopt(&mut host, &mut instance, Some(&os("os-1")), NOW).unwrap();
        adopt(&mut host, &mut instance, Some(&os("os-2")), NOW).unwrap();
        assert_eq!(instance.os_id.id(), Some("os-2"));
        instance.running_profile = "emt".to_owned();
        instance.running_image = "3.0.1".to_owned();
        let refused = adopt(&mut host, &mut instance, Some(&os("os-1")), NOW).unwrap_err();
        assert!(refused.message.contains("runs emt 3.0.1, not os-1"), "{}", refused.message);
        adopt(&mut host, &mut instance, Some(&os("os-2")), NOW).unwrap();
    }

    #[test]
    fn who_cannot_be_adopted_is_told_why() {
        let untrusted = Host { desired_state: HostState::Untrusted, ..host() };
        let deleted = Host { desired_state: HostState::Deleted, ..host() };
        let nameless = Host { uuid: String::new(), ..host() };
        let os = os("os-1");
        for (mut host, os, words) in [
            (untrusted, Some(&os), "withdrawn trust"),
            (deleted, Some(&os), "register it again"),
            (nameless, Some(&os), "SMBIOS system UUID"),
            (host(), None, "name the OS resource with osID"),
        ] {
            let mut instance = Instance { os_id: Link::default(), ..Instance::default() };
            let refused = adopt(&mut host, &mut instance, os, NOW).unwrap_err();
            assert!(refused.message.contains(words), "{}", refused.message);
            assert_eq!(instance, Instance::default());
        }
    }
}
