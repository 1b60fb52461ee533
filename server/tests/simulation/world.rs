//! The fleets, their operators, and time.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    sync::Arc,
};

use emt_api::{
    enums::{HostState, InstanceState, OsProvider, OsType, StatusIndication, UpdateRunState},
    error::ApiError,
    filter::Expr,
    input::{Input, Purpose},
    maintmgr::{OsProfileUpdateSource, update_status::StatusType},
    record::{Meta, Record},
    resources::{Host, Instance, Os, OsUpdateRun, Region, Site, UNFINISHED},
    status,
    value::Link,
};
use emt_server::{
    inventory::{INSTANCES, Inventory, OS_UPDATE_POLICIES, REPEATED_SCHEDULES, Resource, SINGLE_SCHEDULES},
    maintenance::{Agent, MaintenanceManager, Refusal, Reporter, RunRules, decision::Gate},
    os_resources::Modes,
    store::{Batch, StoreExt},
};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::{
    has_one_first_blocker,
    node::{Ending, Node},
    oracle::{Image, Place, Schedule, When, Wish, target},
    random::Random,
    support::{SATURDAY_MS, Server},
};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Second of a minute at which operators act: nodes hear of it before the next window opens.
const ACTS: i64 = 20;
/// Furthest predicted instant that is looked at.
const FAR: i64 = 400 * DAY;

/// What was seen.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) reports: usize,
    pub(crate) begun: usize,
    pub(crate) begun_by_old: usize,
    pub(crate) done: usize,
    pub(crate) failed: usize,
    pub(crate) vanished: usize,
    pub(crate) decisions: usize,
    pub(crate) instants: usize,
    pub(crate) blockers: BTreeMap<&'static str, usize>,
    pub(crate) runs: BTreeMap<String, usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Poll(usize, usize),
    Act(usize),
    Upkeep,
}

/// One project.
struct Project {
    id: String,
    /// The upper region, and the one below it.
    regions: [String; 2],
    /// Sites with their regions.
    sites: Vec<(String, usize)>,
    images: Vec<Image>,
    schedules: Vec<Schedule>,
    nodes: Vec<Node>,
    wishes: Vec<Wish>,
    built: i64,
}

impl Project {
    fn holds(&self, schedule: &Schedule, node: &Node) -> bool {
        let (site, region) = &self.sites[node.site];
        match &schedule.place {
            Place::Host(host) => *host == node.host,
            Place::Site(at) => at == site,
            Place::Region(at) => self.regions[..=*region].contains(at),
        }
    }

    /// Whether a node has something to install.
    fn wants(&self, node: usize) -> bool {
        target(&self.wishes[node], &self.nodes[node].image, &self.images).is_some()
    }

    fn is_open(&self, node: usize, at: i64) -> bool {
        let node = &self.nodes[node];
        self.schedules.iter().any(|schedule| schedule.for_updates && self.holds(schedule, node) && schedule.is_open(at))
    }
}

pub(crate) struct World {
    server: Server,
    inventory: Inventory,
    manager: MaintenanceManager,
    random: Random,
    projects: Vec<Project>,
    queue: BinaryHeap<Reverse<(i64, Event)>>,
    acting: bool,
    ids: u32,
    pub(crate) seen: Seen,
}

fn sha(version: &str) -> String {
    hex::encode(Sha256::digest(version))
}

impl World {
    pub(crate) async fn new(seed: u64, projects: usize, nodes: usize) -> Self {
        let server = Server::start_at(SATURDAY_MS).await;
        let (clock, randomness) = (server.parts.clock.clone(), server.parts.random.clone());
        let inventory = Inventory::new(Arc::clone(&server.store), clock.clone(), randomness.clone());
        let manager = MaintenanceManager::new(Arc::clone(&server.store), clock, randomness, RunRules::default());
        let mut world = Self {
            server,
            inventory,
            manager,
            random: Random::new(seed),
            projects: Vec::new(),
            queue: BinaryHeap::new(),
            acting: true,
            ids: 0,
            seen: Seen::default(),
        };
        for number in 0..projects {
            world.project(number, nodes).await;
        }
        world.at(HOUR, Event::Upkeep);
        world
    }

    fn now(&self) -> i64 {
        self.server.now()
    }

    fn at(&mut self, from_now: i64, event: Event) {
        self.queue.push(Reverse((self.now() + from_now, event)));
    }

    fn meta(&mut self, project: &str, prefix: &str) -> Meta {
        self.ids += 1;
        let id = format!("{prefix}-{:08x}", self.ids.wrapping_mul(2_654_435_761));
        Meta { project: project.to_owned(), id, revision: 1, created_ms: SATURDAY_MS, updated_ms: SATURDAY_MS }
    }

    async fn project(&mut self, number: usize, nodes: usize) {
        let id = format!("0a1b2c3d-1111-4222-8333-{number:012x}");
        let mut project = Project {
            id: id.clone(),
            regions: [(); 2].map(|()| String::new()),
            sites: Vec::new(),
            images: Vec::new(),
            schedules: Vec::new(),
            nodes: Vec::new(),
            wishes: Vec::new(),
            built: 0,
        };
        let mut batch = Batch::default();
        for level in 0..2 {
            let meta = self.meta(&id, "region");
            let parent = if level == 0 { Link::default() } else { Link::to(project.regions[0].clone()) };
            project.regions[level].clone_from(&meta.id);
            batch = batch.insert(Region { meta, name: format!("region {level}"), parent_region_id: parent, ..Region::default() });
        }
        for region in [1, 0, 1] {
            let meta = self.meta(&id, "site");
            project.sites.push((meta.id.clone(), region));
            let region_id = Link::to(project.regions[region].clone());
            batch = batch.insert(Site { meta, name: "shop".to_owned(), region_id, ..Site::default() });
        }
        self.server.store.commit(batch).await.unwrap();
        for profile in ["emt", "emt", "emt", "emt-rt"] {
            self.publish(&mut project, profile).await;
        }
        for node in 0..nodes {
            self.node(&mut project, number, node).await;
        }
        self.projects.push(project);
        for node in 0..nodes {
            let first = self.random.below(HOUR);
            self.at(first, Event::Poll(number, node));
        }
        self.at(ACTS, Event::Act(number));
    }

    /// A host as it is after weeks of service.
    async fn node(&mut self, project: &mut Project, number: usize, node: usize) {
        let uuid = format!("0a1b2c3d-2222-4222-{number:04x}-{node:012x}");
        let (host, instance) = (self.meta(&project.id, "host"), self.meta(&project.id, "inst"));
        let site = usize::try_from(self.random.below(3)).unwrap();
        let image = self.random.of(&project.images[..]).clone();
        let agent = if self.random.percent(30) { Agent::PlatformUpdateAgent } else { Agent::Careful };
        let who = Reporter { project: project.id.clone(), host_uuid: uuid.clone(), agent };
        project.nodes.push(Node::new(host.id.clone(), instance.id.clone(), site, who, image.clone()));
        project.wishes.push(Wish::Nothing);
        let host = Host {
            meta: host,
            name: format!("node-{node}"),
            uuid_key: Link::to(uuid.clone()),
            uuid,
            desired_state: HostState::Onboarded,
            current_state: HostState::Onboarded,
            site_id: Link::to(project.sites[site].0.clone()),
            ..Host::default()
        };
        let instance = Instance {
            meta: instance,
            desired_state: InstanceState::Running,
            current_state: InstanceState::Running,
            host_id: Link::to(host.id()),
            os_id: Link::to(image.id),
            provisioning_status: status::PROVISIONED.0.to_owned(),
            provisioning_status_indicator: StatusIndication::Idle,
            ..Instance::default()
        };
        self.server.store.commit(Batch::default().insert(host).insert(instance)).await.unwrap();
    }

    async fn publish(&mut self, project: &mut Project, profile: &str) {
        project.built += 1;
        // Two builds of a day, whose order as texts is another one than as numbers.
        let version =
            format!("3.0.{}.{}", 20_260_101 + project.built / 2, [932, 2200][usize::try_from(project.built % 2).unwrap()]);
        let os = Os {
            meta: self.meta(&project.id, "os"),
            name: format!("{profile} {version}"),
            profile_name: profile.to_owned(),
            image_id: version.clone(),
            image_url: format!("files/{profile}-{version}.raw.gz"),
            sha256: sha(&format!("{profile} {version}")),
            os_type: OsType::Immutable,
            os_provider: OsProvider::Infra,
            ..Os::default()
        };
        project.images.push(Image { id: os.id().to_owned(), profile: profile.to_owned(), version });
        self.server.store.commit(Batch::default().insert(os)).await.unwrap();
    }

    async fn make(&self, kind: &'static dyn Resource, project: &str, body: Json) -> String {
        let input = Input::read(kind.spec(), &body, Purpose::Create).unwrap();
        self.inventory.create(kind, project, input).await.unwrap().0.meta.id
    }

    async fn patch(&self, kind: &'static dyn Resource, project: &str, id: &str, body: Json) -> Result<(), ApiError> {
        let mut input = Input::read(kind.spec(), &body, Purpose::Patch).unwrap();
        if body == json!({}) {
            // What the mask names and the body has not is emptied.
            input = input.masked(kind.spec(), "osUpdatePolicyID");
        }
        self.inventory.change(kind, project, id, input, Purpose::Patch).await.map(drop)
    }

    /// Lets things happen for so many days.
    pub(crate) async fn live(&mut self, days: i64) {
        let end = self.now() + days * DAY;
        while let Some(Reverse((at, event))) = self.queue.pop() {
            if at > end {
                self.queue.push(Reverse((at, event)));
                break;
            }
            self.server.pass(at - self.now());
            match event {
                Event::Upkeep => {
                    self.manager.upkeep().await.unwrap();
                    self.at(HOUR, Event::Upkeep);
                }
                Event::Act(project) if self.acting => self.act(project).await,
                Event::Act(_) => {}
                Event::Poll(project, node) => self.poll(project, node).await,
            }
        }
        self.server.pass(end - self.now());
    }

    /// Takes all windows away and waits until everything has come to its end.
    pub(crate) async fn rest(&mut self) {
        self.acting = false;
        for number in 0..self.projects.len() {
            for schedule in std::mem::take(&mut self.projects[number].schedules) {
                self.delete(number, &schedule).await;
            }
            self.tell_nodes(number);
        }
        self.live(3).await;
        for project in &self.projects {
            for run in self.server.store.load_all::<OsUpdateRun>(&project.id, Expr::everything()).await.unwrap() {
                assert!(run.state != UpdateRunState::Open && run.end_time != UNFINISHED, "a run has not ended: {run:?}");
                *self.seen.runs.entry(format!("{:?}", run.state)).or_default() += 1;
            }
        }
    }

    /// An operator does something.
    async fn act(&mut self, number: usize) {
        match self.random.below(100) {
            0..35 => self.schedule(number).await,
            35..45 => {
                let known = self.projects[number].schedules.len();
                if known > 0 {
                    let at = usize::try_from(self.random.below(i64::try_from(known).unwrap())).unwrap();
                    let schedule = self.projects[number].schedules.remove(at);
                    self.delete(number, &schedule).await;
                }
            }
            45..52 => self.shift(number).await,
            52..90 => self.wish(number).await,
            90..97 => {
                let profile = *self.random.of(&["emt", "emt", "emt-rt"]);
                let mut project = self.projects.remove(number);
                self.publish(&mut project, profile).await;
                self.projects.insert(number, project);
            }
            _ => self.invalidate(number).await,
        }
        self.tell_nodes(number);
        let wait = (1 + self.random.below(6 * 60)) * MINUTE;
        self.at(wait, Event::Act(number));
    }

    /// Nodes ask every 20 seconds: they hear of a change before they do anything else.
    fn tell_nodes(&mut self, number: usize) {
        for node in 0..self.projects[number].nodes.len() {
            self.at(1, Event::Poll(number, node));
            self.at(2, Event::Poll(number, node));
        }
    }

    async fn delete(&self, number: usize, schedule: &Schedule) {
        let kind: &dyn Resource =
            if matches!(schedule.when, When::Single { .. }) { &SINGLE_SCHEDULES } else { &REPEATED_SCHEDULES };
        self.inventory.delete(kind, &self.projects[number].id, &schedule.id).await.unwrap();
    }

    async fn schedule(&mut self, number: usize) {
        let minute = (self.now() / MINUTE + 1) * MINUTE;
        let for_updates = self.random.percent(85);
        let project = &self.projects[number];
        let place = match self.random.below(4) {
            0 => Place::Region(self.random.of(&project.regions).clone()),
            1 => Place::Site(self.random.of(&project.sites).0.clone()),
            _ => Place::Host(self.random.of(&project.nodes).host.clone()),
        };
        let when = if self.random.percent(50) {
            let start = minute + self.random.below(3 * 24 * 60) * MINUTE;
            let end = (!self.random.percent(5)).then(|| start + (20 + self.random.below(300)) * MINUTE);
            When::Single { start, end }
        } else {
            let hours = (0..=self.random.below(2)).map(|_| self.random.below(24)).collect();
            let weekdays = (0..self.random.below(3)).map(|_| self.random.below(7)).collect();
            let seconds = *self.random.of(&[1800, 7200, 6 * HOUR, DAY]);
            let zone = *self.random.of(&["UTC", "UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"]);
            let except = self.random.percent(30).then(|| {
                let from = minute + self.random.below(7 * 24 * 60) * MINUTE;
                (from, from + (1 + self.random.below(3 * 24 * 60)) * MINUTE)
            });
            When::Repeated { zone, minute: *self.random.of(&[0, 15, 59]), hours, weekdays, seconds, except }
        };
        let mut body = json!({"name": "w", "scheduleStatus": if for_updates { "SCHEDULE_STATUS_OS_UPDATE" } else { "SCHEDULE_STATUS_MAINTENANCE" }});
        let (key, id) = match &place {
            Place::Host(id) => ("targetHostId", id),
            Place::Site(id) => ("targetSiteId", id),
            Place::Region(id) => ("targetRegionId", id),
        };
        body[key] = id.as_str().into();
        let kind: &'static dyn Resource = match &when {
            When::Single { start, end } => {
                body["startSeconds"] = (*start).into();
                if let Some(end) = end {
                    body["endSeconds"] = (*end).into();
                }
                &SINGLE_SCHEDULES
            }
            When::Repeated { zone, minute, hours, weekdays, seconds, except } => {
                let list = |numbers: &[i64]| numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
                body["durationSeconds"] = (*seconds).into();
                body["cronMinutes"] = minute.to_string().into();
                body["cronHours"] = list(hours).into();
                body["cronDayMonth"] = "*".into();
                body["cronMonth"] = "*".into();
                body["cronDayWeek"] = if weekdays.is_empty() { "*".to_owned() } else { list(weekdays) }.into();
                body["timeZone"] = (*zone).into();
                if let Some((from, to)) = except {
                    let time = |second: i64| jiff::Timestamp::from_second(second).unwrap();
                    body["exceptions"] = json!([format!("{}/{}", time(*from), time(*to))]);
                }
                &REPEATED_SCHEDULES
            }
        };
        let id = self.make(kind, &self.projects[number].id, body).await;
        self.projects[number].schedules.push(Schedule { id, place, for_updates, when });
    }

    /// A window that has not opened yet is moved.
    async fn shift(&mut self, number: usize) {
        let (now, by) = (self.now(), (10 + self.random.below(600)) * MINUTE);
        let project = &mut self.projects[number];
        let pending = project.schedules.iter_mut().find_map(|schedule| match &mut schedule.when {
            When::Single { start, end: Some(end) } if *start > now => {
                (*start, *end) = (*start + by, *end + by);
                Some((schedule.id.clone(), *start, *end))
            }
            _ => None,
        });
        if let Some((id, start, end)) = pending {
            let project = self.projects[number].id.clone();
            self.patch(&SINGLE_SCHEDULES, &project, &id, json!({"startSeconds": start, "endSeconds": end})).await.unwrap();
        }
    }

    async fn wish(&mut self, number: usize) {
        let project = &self.projects[number];
        let node = usize::try_from(self.random.below(i64::try_from(project.nodes.len()).unwrap())).unwrap();
        let (id, instance) = (project.id.clone(), project.nodes[node].instance.clone());
        let wish = match self.random.below(10) {
            0 => Wish::Nothing,
            1..5 => Wish::Newest,
            _ => Wish::Exactly(self.random.of(&project.images).id.clone()),
        };
        // Some operators link by policies, others directly.
        let body = match (&wish, node % 3) {
            (Wish::Exactly(os), 0) => json!({"osID": os}),
            (_, 0) => return,
            (Wish::Nothing, _) => json!({}),
            (Wish::Newest, _) => {
                json!({"osUpdatePolicyID": self.make(&OS_UPDATE_POLICIES, &id, json!({"name": "p", "updatePolicy": "UPDATE_POLICY_LATEST"})).await})
            }
            (Wish::Exactly(os), _) => {
                let body = json!({"name": "p", "updatePolicy": "UPDATE_POLICY_TARGET", "targetOsId": os});
                json!({"osUpdatePolicyID": self.make(&OS_UPDATE_POLICIES, &id, body).await})
            }
        };
        // A direct link to another profile is refused at once.
        let other = matches!(&wish, Wish::Exactly(os) if node % 3 == 0 && project.images.iter().any(|image| image.id == *os && image.profile != project.nodes[node].image.profile));
        let linked = self.patch(&INSTANCES, &id, &instance, body).await;
        assert_eq!(linked.is_err(), other, "{linked:?}");
        if !other {
            self.projects[number].wishes[node] = wish;
        }
    }

    async fn invalidate(&mut self, number: usize) {
        let project = &mut self.projects[number];
        let node = usize::try_from(self.random.below(i64::try_from(project.nodes.len()).unwrap())).unwrap();
        let node = &mut project.nodes[node];
        node.is_untrusted = true;
        let mut host: Host = self.server.store.load(&project.id, &node.host).await.unwrap().unwrap();
        host.desired_state = HostState::Untrusted;
        host.current_state = HostState::Untrusted;
        self.server.store.commit(Batch::default().update(host)).await.unwrap();
    }

    /// A node reports, and does what it is told.
    async fn poll(&mut self, number: usize, at: usize) {
        let now = self.now();
        let node = &mut self.projects[number].nodes[at];
        if now < node.silent_until {
            let back = node.silent_until - now;
            if back < 40 * DAY {
                self.at(back, Event::Poll(number, at));
            }
            return;
        }
        if let Some((source, until, ending)) = node.update.clone().filter(|(_, until, _)| *until <= now) {
            self.end(number, at, source, until, ending);
            if now < self.projects[number].nodes[at].silent_until {
                return self.at(1, Event::Poll(number, at));
            }
        }
        let node = &mut self.projects[number].nodes[at];
        self.seen.reports += 1;
        let begins = match self.manager.report(&node.who, &node.report()).await {
            Ok(answer) => {
                if node.status == StatusType::Updated {
                    node.status = StatusType::UpToDate;
                }
                node.hear(answer, now)
            }
            Err(Refusal::Untrusted { .. }) if node.is_untrusted => return,
            Err(refusal) => panic!("{refusal}"),
        };
        let waits = self.projects[number].wants(at);
        if let Some(source) = begins {
            self.begin(number, at, source).await;
        } else if self.random.percent(if waits { 60 } else { 2 }) {
            self.look(number, at).await;
        }
        // One poll of a node is always under way; those that changes bring come on top.
        if (ACTS + 1..=ACTS + 2).contains(&(now % MINUTE)) {
            return;
        }
        let node = &self.projects[number].nodes[at];
        let wait = if node.update.is_some() {
            10 * MINUTE
        } else if waits {
            HOUR
        } else {
            8 * HOUR
        };
        let next = [Some(now + wait), node.next_job(now), node.update.as_ref().map(|(_, until, _)| *until)];
        let next = next.into_iter().flatten().filter(|next| *next > now).min().unwrap_or(now + wait);
        self.at(next - now, Event::Poll(number, at));
    }

    /// A node begins an update: may it?
    async fn begin(&mut self, number: usize, at: usize, source: OsProfileUpdateSource) {
        let now = self.now();
        let project = &self.projects[number];
        let node = &project.nodes[at];
        let what = format!(
            "{} of {} ({:?}) runs {:?}, begins {source:?} at {now}; wish {:?}; schedules {:?}",
            node.host, project.id, node.who.agent, node.image, project.wishes[at], project.schedules
        );
        assert!(project.is_open(at, now), "no window is open: {what}");
        let wished = target(&project.wishes[at], &node.image, &project.images);
        let wished = wished.unwrap_or_else(|| panic!("nothing is to be installed: {what}"));
        assert_eq!((&source.profile_name, &source.os_image_id), (&wished.profile, &wished.version), "{what}");
        assert_eq!(source.os_image_sha, sha(&format!("{} {}", wished.profile, wished.version)), "{what}");
        let ending = match self.random.below(100) {
            0..80 => Ending::Done,
            80..95 => Ending::Failed,
            _ => Ending::Vanished,
        };
        let until = now + (3 + self.random.below(25)) * MINUTE;
        self.seen.begun += 1;
        self.seen.begun_by_old += usize::from(node.is_old());
        let node = &mut self.projects[number].nodes[at];
        node.update = Some((source, until, ending));
        node.status = StatusType::Started;
        self.manager.report(&node.who, &node.report()).await.unwrap();
    }

    fn end(&mut self, number: usize, at: usize, source: OsProfileUpdateSource, until: i64, ending: Ending) {
        let images = &self.projects[number].images;
        let image = images.iter().find(|image| image.profile == source.profile_name && image.version == source.os_image_id);
        let image = image.unwrap().clone();
        let node = &mut self.projects[number].nodes[at];
        node.update = None;
        match ending {
            Ending::Done => {
                node.installed(source, image);
                node.status = StatusType::Updated;
                self.seen.done += 1;
            }
            Ending::Failed => {
                node.status = StatusType::Failed;
                self.seen.failed += 1;
            }
            Ending::Vanished => {
                node.status = StatusType::UpToDate;
                node.silent_until = if self.random.percent(50) { until + 2 * DAY } else { i64::MAX };
                self.seen.vanished += 1;
            }
        }
    }

    /// Looks at why a node updates or does not, and at the instant that is named.
    async fn look(&mut self, number: usize, at: usize) {
        let now = self.now();
        let project = &self.projects[number];
        let (node, id) = (&project.nodes[at], project.id.as_str());
        let decision = self.manager.why(id, &node.host, &Modes::default()).await.unwrap().unwrap().decision;
        self.seen.decisions += 1;
        let states: Vec<_> = decision.gates.iter().map(|check| check.state).collect();
        assert!(has_one_first_blocker(&states), "{:?}", decision.gates);
        let blocker = decision.blocker().map(|check| check.gate);
        *self.seen.blockers.entry(blocker.map_or("none", Gate::as_str)).or_default() += 1;
        let what = format!("{} of {id} at {now}: {:#?}; schedules {:?}", node.host, decision.gates, project.schedules);
        let wished = target(&project.wishes[at], &node.image, &project.images);
        match blocker {
            None => assert!(project.is_open(at, now) && wished.is_some() && !node.is_untrusted, "{what}"),
            Some(Gate::WindowOpen | Gate::WindowExists) => assert!(!project.is_open(at, now), "{what}"),
            Some(Gate::TargetDiffers | Gate::SameProfile | Gate::Linked) => assert!(wished.is_none(), "{what}"),
            Some(_) => {}
        }
        // An old agent is told a changed window one poll later: what it is told is not a matter of time alone.
        let Some(then) = decision.changes_at().filter(|then| *then < now + FAR && !node.is_old()) else { return };
        assert!(then > now, "{what}");
        // Somebody else asks in the future, and the node goes on reporting until then.
        let (clock, random) = (self.server.parts.clock.clone(), self.server.parts.random.clone());
        let probe = MaintenanceManager::new(Arc::clone(&self.server.store), clock, random, RunRules::default());
        self.server.pass(then - 1 - now);
        probe.report(&node.who, &node.report()).await.unwrap();
        let before = probe.why(id, &node.host, &Modes::default()).await.unwrap().unwrap().decision;
        self.server.pass(1);
        let after = probe.why(id, &node.host, &Modes::default()).await.unwrap().unwrap().decision;
        self.server.pass(now - then);
        assert_eq!(before.blocker().map(|check| check.gate), blocker, "a second before {then}: {what}");
        assert_ne!(after.blocker().map(|check| check.gate), blocker, "at {then}: {what}");
        self.seen.instants += 1;
    }
}
