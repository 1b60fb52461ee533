//! Rules of instances: one a host; after provisioning the link says what to install, not what is installed.

use async_trait::async_trait;
use emt_api::{
    enums::{InstanceKind, InstanceState, OsType, StatusIndication},
    error::ApiError,
    filter::Expr,
    input::Input,
    json::{Plan, SHALLOW},
    record::{Record, Row},
    resources::{
        HOST, Host, INSTANCE, INSTANCE_CONFIG, Instance, OS, OS_UPDATE_RUN, Os, TELEMETRY_LOGS_PROFILE,
        TELEMETRY_METRICS_PROFILE, WORKLOAD_MEMBER,
    },
    spec::Spec,
    status,
    value::Link,
};

use super::{Inventory, Resource, Scope, gone, host, refused};
use crate::store::{Change, StoreExt};

/// Instances.
pub static INSTANCES: Instances = Instances;

/// See [`INSTANCES`].
pub struct Instances;

static HOST_OF_INSTANCE: Plan = Plan { follow: &[("site", &SHALLOW), ("provider", &SHALLOW)], computed: false };
static MEMBER: Plan = Plan { follow: &[("workload", &SHALLOW)], computed: false };
static PLAN: Plan = Plan {
    follow: &[
        ("host", &HOST_OF_INSTANCE),
        ("os", &SHALLOW),
        ("updatePolicy", &SHALLOW),
        ("localaccount", &SHALLOW),
        ("workloadMembers", &MEMBER),
        ("customConfig", &SHALLOW),
    ],
    computed: true,
};
/// Lists leave out the custom configs.
static LISTED: Plan = Plan {
    follow: &[
        ("host", &HOST_OF_INSTANCE),
        ("os", &SHALLOW),
        ("updatePolicy", &SHALLOW),
        ("localaccount", &SHALLOW),
        ("workloadMembers", &MEMBER),
    ],
    computed: true,
};

#[async_trait]
impl Resource for Instances {
    fn spec(&self) -> &'static Spec {
        &INSTANCE
    }

    fn one(&self) -> &'static Plan {
        &PLAN
    }

    fn listed(&self) -> &'static Plan {
        &LISTED
    }

    async fn creating(&self, _: &Scope<'_>, row: &mut Row) -> Result<Vec<Change>, ApiError> {
        if row.get("os_id").is_empty() && !is_provisioned(&Instance::from_row(row.clone())) {
            return Err(ApiError::invalid("an instance needs an osID"));
        }
        super::typed(row, |instance: &mut Instance| {
            let texts = [
                (&mut instance.instance_status, status::NOT_INSTALLED),
                (&mut instance.provisioning_status, status::NOT_PROVISIONED),
                (&mut instance.update_status, status::NO_CURRENT_UPDATE),
                (&mut instance.trusted_attestation_status, status::UNKNOWN),
            ];
            for (text, (initial, _)) in texts {
                if text.is_empty() {
                    initial.clone_into(text);
                }
            }
            instance.desired_state = InstanceState::Running;
        });
        Ok(Vec::new())
    }

    async fn changing(&self, scope: &Scope<'_>, before: &Row, after: &mut Row, given: &Input) -> Result<Vec<Change>, ApiError> {
        let was = Instance::from_row(before.clone());
        let mut becomes = Instance::from_row(after.clone());
        let by_policy = given.get(&INSTANCE, "os_update_policy_id").is_some();
        if by_policy {
            (becomes.desired_os_id, becomes.linked_by) = (Link::default(), 0);
        }
        // PUT without an osID must not take away what is installed.
        if given.get(&INSTANCE, "os_id").is_none() {
            becomes.os_id = was.os_id.clone();
        } else if is_provisioned(&was) {
            let wanted = Os::from_row(scope.find(&OS, becomes.os_id.as_str()).await?);
            let installed = was.os_id.id() == Some(wanted.id());
            if !installed {
                check_desired(scope, &was, &wanted).await?;
            }
            // The later one wins; of two that come together, the policy.
            if !by_policy {
                becomes.desired_os_id = if installed { Link::default() } else { Link::to(wanted.id()) };
                becomes.linked_by = 0;
                becomes.os_update_policy_id = Link::default();
            }
            becomes.os_id = was.os_id.clone();
        }
        *after = becomes.into_row();
        Ok(Vec::new())
    }

    /// Its runs go with it, its part in workloads ends, and a host that was only waiting for this goes, too.
    async fn deleting(&self, scope: &Scope<'_>, row: &Row) -> Result<Vec<Change>, ApiError> {
        let id = &row.meta.id;
        let mut changes: Vec<Change> = [&OS_UPDATE_RUN, &WORKLOAD_MEMBER, &INSTANCE_CONFIG]
            .map(|spec| Change::DeleteWhere {
                spec,
                project: scope.project.to_owned(),
                filter: Expr::is("instance_id", id.as_str()),
            })
            .into();
        changes.extend([
            scope.unlink(&TELEMETRY_LOGS_PROFILE, "target_instance_id", id),
            scope.unlink(&TELEMETRY_METRICS_PROFILE, "target_instance_id", id),
            gone(row),
        ]);
        let host_id = row.get("host_id").text();
        if let Some(host) = scope.store.get(&HOST, scope.project, host_id).await.map_err(refused)?
            && Host::from_row(host.clone()).desired_state == emt_api::enums::HostState::Deleted
        {
            changes.extend(host::removal(scope, &host));
        }
        Ok(changes)
    }
}

impl Inventory {
    /// Whether an OS may be linked to an instance, as a change would be judged.
    pub async fn may_link(&self, project: &str, instance: &Instance, os: &str) -> Result<(), ApiError> {
        let scope = self.scope(project);
        let wanted = Os::from_row(scope.find(&OS, os).await?);
        if instance.os_id.id() == Some(os) { Ok(()) } else { check_desired(&scope, instance, &wanted).await }
    }
}

/// Whether an OS is known to be installed (southbound contract: indicator or text, either is enough).
pub fn is_provisioned(instance: &Instance) -> bool {
    instance.provisioning_status_indicator == StatusIndication::Idle || instance.provisioning_status == status::PROVISIONED.0
}

/// Records that an instance is installed on a host: it runs, with this OS if it is known.
pub fn provision(instance: &mut Instance, host: &str, os: Option<&Os>, now: u32) {
    instance.host_id = Link::to(host);
    instance.desired_state = InstanceState::Running;
    instance.current_state = InstanceState::Running;
    instance.kind = InstanceKind::Metal;
    if let Some(os) = os {
        instance.os_id = Link::to(os.id());
        instance.security_feature = os.security_feature;
    }
    if instance.trusted_attestation_status.is_empty() {
        status::UNKNOWN.0.clone_into(&mut instance.trusted_attestation_status);
    }
    status::set(
        &mut instance.provisioning_status,
        &mut instance.provisioning_status_indicator,
        &mut instance.provisioning_status_timestamp,
        status::PROVISIONED,
        now,
    );
}

/// A desired OS must be an immutable image of the profile that is installed, and there must be something to download.
async fn check_desired(scope: &Scope<'_>, instance: &Instance, wanted: &Os) -> Result<(), ApiError> {
    let installed: Option<Os> = match instance.os_id.id() {
        Some(id) => scope.store.load(scope.project, id).await.map_err(refused)?,
        None => None,
    };
    let profile = installed.as_ref().map_or(instance.running_profile.as_str(), |os| os.profile_name.as_str());
    if wanted.os_type != OsType::Immutable {
        return Err(ApiError::precondition(format!(
            "{} is a mutable OS and cannot be installed on instance {}: choose an immutable OS of profile {profile}",
            wanted.id(),
            instance.id(),
        )));
    }
    if wanted.profile_name != profile {
        return Err(ApiError::precondition(format!(
            "{} has profile {}, but instance {} runs profile {profile}: choose an OS of the same profile",
            wanted.id(),
            wanted.profile_name,
            instance.id(),
        )));
    }
    if !wanted.blocked.is_empty() {
        return Err(ApiError::precondition(format!(
            "{} is blocked {}: choose another OS of profile {profile}, or unblock it (emtctl os unblock)",
            wanted.id(),
            wanted.blocked,
        )));
    }
    if wanted.image_url.is_empty() {
        return Err(ApiError::precondition(format!(
            "{} has no imageUrl, so that no node could download it: publish the image, or choose another OS",
            wanted.id(),
        )));
    }
    Ok(())
}

impl Inventory {
    /// Withdraws trust from an instance.
    pub async fn invalidate_instance(&self, project: &str, id: &str) -> Result<(), ApiError> {
        let rule = |_: &Scope<'_>, before: &Row| {
            let mut instance = Instance::from_row(before.clone());
            instance.desired_state = InstanceState::Untrusted;
            Ok((instance.into_row(), Vec::new()))
        };
        self.modify(&INSTANCE, project, id, &rule).await.map(drop)
    }
}
