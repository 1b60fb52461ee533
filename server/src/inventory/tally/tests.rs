//! Kept counts are held against counting from scratch.

#![allow(clippy::cast_possible_truncation, reason = "few records")]

use std::sync::atomic::AtomicBool;

use emt_api::{
    enums::{InstanceState, StatusIndication},
    filter::Expr,
    record::{Meta, Record},
    resources::{HOST, Host, INSTANCE, Instance, Os},
    spec::Spec,
    value::Link,
};
use proptest::prelude::*;

use super::*;
use crate::store::{Batch, Change, Query, StoreExt, sqlite::SqliteStore};

/// The project of those tests that need but one.
const P: &str = "p";
const HOSTS: u32 = 5;
const OSES: u32 = 3;

fn open(directory: &tempfile::TempDir) -> SqliteStore {
    crate::store::open(&directory.path().join("emt.db")).unwrap()
}

fn meta(project: &str, prefix: &str, number: u32) -> Meta {
    Meta { project: project.to_owned(), id: emt_api::id::make(prefix, number), revision: 1, created_ms: 1, updated_ms: 1 }
}

fn os_link(number: u32) -> Link {
    if number < OSES { Link::to(emt_api::id::make("os", number)) } else { Link::default() }
}

fn host(project: &str, number: u32, look: u32) -> Host {
    let status = ["Running", "Not Connected", "No Connection", ""][look as usize % 4];
    Host {
        meta: meta(project, "host", number),
        host_status: status.to_owned(),
        host_status_indicator: if look.is_multiple_of(5) { StatusIndication::Error } else { StatusIndication::Idle },
        amt_status_indicator: if look.is_multiple_of(7) { StatusIndication::Error } else { StatusIndication::Unspecified },
        site_id: if look.is_multiple_of(2) { Link::default() } else { Link::to("site-00000001") },
        uuid_key: Link::to(format!("uuid {number} of {project}")),
        ..Host::default()
    }
}

fn instance(project: &str, number: u32, host: u32, look: u32) -> Instance {
    let status = ["Updating", "Update failed", "Download complete", ""][look as usize / 4 % 4];
    Instance {
        meta: meta(project, "inst", number),
        host_id: if host < HOSTS { Link::to(emt_api::id::make("host", host)) } else { Link::default() },
        os_id: os_link(look % 4),
        desired_os_id: os_link(look / 5 % 4),
        current_state: if look.is_multiple_of(3) { InstanceState::Running } else { InstanceState::Untrusted },
        update_status: status.to_owned(),
        update_status_indicator: if look % 11 == 1 { StatusIndication::Error } else { StatusIndication::Idle },
        os_update_available: if look % 3 == 1 { "newer".to_owned() } else { String::new() },
        ..Instance::default()
    }
}

/// What happens, or that somebody asks.
#[derive(Debug, Clone)]
enum Step {
    Host(u32, u32),
    Instance(u32, u32, u32),
    /// Two instances change places, in one batch.
    Swap(u32, u32),
    NoHost(u32),
    NoInstance(u32),
    NoOs(u32),
    NoInstancesOf(u32),
    Ask,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..HOSTS, 0..70_u32).prop_map(|(host, look)| Step::Host(host, look)),
        4 => (0..HOSTS, 0..=HOSTS, 0..330_u32).prop_map(|(number, host, look)| Step::Instance(number, host, look)),
        1 => (0..HOSTS, 0..HOSTS).prop_map(|(one, other)| Step::Swap(one, other)),
        1 => (0..HOSTS).prop_map(Step::NoHost),
        1 => (0..HOSTS).prop_map(Step::NoInstance),
        1 => (0..OSES).prop_map(Step::NoOs),
        1 => (0..OSES).prop_map(Step::NoInstancesOf),
        3 => Just(Step::Ask),
    ];
    prop::collection::vec(step, 1..40)
}

async fn put<R: Record + Clone>(store: &SqliteStore, project: &str, mut record: R) -> Batch {
    match store.load::<R>(project, record.id()).await.unwrap() {
        Some(before) => {
            record.meta_mut().revision = before.meta().revision;
            Batch::default().update(record)
        }
        None => Batch::default().insert(record),
    }
}

async fn take(store: &SqliteStore, project: &str, step: &Step) {
    let delete = |spec: &'static Spec, number| {
        let id = emt_api::id::make(spec.id_prefix(), number);
        Batch::default().with(Change::Delete { spec, project: project.to_owned(), id, revision: None })
    };
    let owned = project.to_owned();
    let batch = match *step {
        Step::Host(number, look) => put(store, project, host(project, number, look)).await,
        Step::Instance(number, of, look) => put(store, project, instance(project, number, of, look)).await,
        Step::Swap(one, other) => {
            let load = async |number| store.load::<Instance>(project, &emt_api::id::make("inst", number)).await.unwrap();
            let (Some(mut a), Some(mut b)) = (load(one).await, load(other).await) else { return };
            if one == other {
                return;
            }
            let away = Instance { host_id: Link::default(), ..a.clone() };
            std::mem::swap(&mut a.host_id, &mut b.host_id);
            a.meta.revision += 1;
            Batch::default().update(away).update(b).update(a)
        }
        Step::NoHost(number) => delete(&HOST, number),
        Step::NoInstance(number) => delete(&INSTANCE, number),
        Step::NoOs(number) => {
            let id = emt_api::id::make("os", number);
            Batch::default().with(Change::Unlink { spec: &INSTANCE, project: owned, column: "desired_os_id", id })
        }
        Step::NoInstancesOf(number) => {
            let filter = Expr::is("os_id", emt_api::id::make("os", number));
            Batch::default().with(Change::DeleteWhere { spec: &INSTANCE, project: owned, filter })
        }
        Step::Ask => return,
    };
    // What cannot be done does nothing: a host has one instance.
    let _ = store.commit(batch).await;
}

async fn count(store: &SqliteStore, project: &str, spec: &'static Spec, filter: Expr) -> u64 {
    store.find(Query { count: true, ..Query::all(spec, project).filter(filter).limit(0) }).await.unwrap().total
}

async fn check(store: &SqliteStore, project: &str, counts: &Counts) {
    for group in Group::ALL {
        assert_eq!(counts.of(group), count(store, project, &HOST, group.condition()).await, "{group:?}");
        let page = store.find(Query::all(&HOST, project).filter(group.condition())).await.unwrap();
        let mut members: Vec<String> = counts.members(group).unwrap().collect();
        members.sort();
        assert_eq!(members, page.rows.into_iter().map(|row| row.meta.id).collect::<Vec<_>>(), "{group:?}");
    }
    for os in 0..OSES {
        let id = emt_api::id::make("os", os);
        let linked = Expr::is("desired_os_id", id.as_str()).and(Expr::Not(Box::new(Expr::is("os_id", id.as_str()))));
        let installed = count(store, project, &INSTANCE, Expr::is("os_id", id.as_str())).await;
        assert_eq!(counts.runs(&id), Runs { installed, to_run: count(store, project, &INSTANCE, linked).await }, "{id}");
    }
}

#[test]
fn counts_are_what_counting_from_scratch_gives() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = open(&directory);
    let (tallies, cases) = (Tallies::new(Arc::new(store.clone())), std::cell::Cell::new(0));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases: 60, ..ProptestConfig::default() });
    let outcome = runner.run(&steps(), |steps| {
        cases.set(cases.get() + 1);
        let project = cases.get().to_string();
        runtime.block_on(async {
            for step in steps.iter().chain([&Step::Ask]) {
                match step {
                    Step::Ask => check(&store, &project, &tallies.counts(&project).await.unwrap()).await,
                    step => take(&store, &project, step).await,
                }
            }
        });
        Ok(())
    });
    outcome.unwrap();
}

/// More at once than the feed keeps.
#[tokio::test]
async fn what_was_missed_is_counted_anew() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let tallies = Tallies::new(Arc::new(store.clone()));
    assert_eq!(tallies.counts(P).await.unwrap().of(Group::All), 0);
    let many: Vec<Host> = (0..5000).map(|number| host(P, number, 1)).collect();
    store.commit(many.iter().cloned().fold(Batch::default(), Batch::insert)).await.unwrap();
    let counts = tallies.counts(P).await.unwrap();
    assert_eq!((counts.of(Group::All), counts.of(Group::Silent)), (5000, 5000));
    assert!(counts.members(Group::Silent).is_none() && counts.members(Group::Failing).is_some());
    let changed = many.into_iter().skip(1).map(|before| Host { host_status: "Running".to_owned(), ..before });
    store.commit(changed.fold(Batch::default(), Batch::update)).await.unwrap();
    let counts = tallies.counts(P).await.unwrap();
    assert_eq!(counts.of(Group::Silent), 1);
    assert!(counts.members(Group::Silent).unwrap().eq(["host-00000000"]));
    let os = Os { meta: meta(P, "os", 1), ..Os::default() };
    store.commit(Batch::default().insert(os)).await.unwrap();
    assert_eq!(tallies.counts(P).await.unwrap().of(Group::Silent), 1);
}

/// One host is silent at any moment, another one after each change: numbers of two moments would tell none or two.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn counts_are_of_one_moment_and_not_of_an_earlier_one() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let silent = |is_silent: bool| if is_silent { "Not Connected" } else { "Running" }.to_owned();
    let hosts = (0..HOSTS).map(|number| Host { host_status: silent(number == 0), ..host(P, number, 3) });
    store.commit(hosts.fold(Batch::default(), Batch::insert)).await.unwrap();
    let (tallies, is_over) = (Tallies::new(Arc::new(store.clone())), Arc::new(AtomicBool::new(false)));
    let askers: Vec<_> = (0..3)
        .map(|_| {
            let (tallies, is_over) = (tallies.clone(), Arc::clone(&is_over));
            tokio::spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    let counts = tallies.counts(P).await.unwrap();
                    assert_eq!((counts.of(Group::All), counts.of(Group::Silent)), (u64::from(HOSTS), 1));
                }
            })
        })
        .collect();
    for round in 0..200 {
        let load = async |number: u32| store.load::<Host>(P, &emt_api::id::make("host", number)).await.unwrap().unwrap();
        let (before, after) = (load(round % HOSTS).await, load((round + 1) % HOSTS).await);
        let (before, after) = (Host { host_status: silent(false), ..before }, Host { host_status: silent(true), ..after });
        store.commit(Batch::default().update(before).update(after)).await.unwrap();
    }
    let site = Host { site_id: Link::default(), ..store.load::<Host>(P, "host-00000000").await.unwrap().unwrap() };
    store.commit(Batch::default().update(site)).await.unwrap();
    assert_eq!(tallies.counts(P).await.unwrap().of(Group::Unallocated), 1);
    is_over.store(true, Ordering::Relaxed);
    for asker in askers {
        asker.await.unwrap();
    }
}
