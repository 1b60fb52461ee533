//! Follows what happens in each project, and brings the instances up to date that it can affect.
//!
//! Work is done in batches of a few hundred instances, one at a time for all projects, with a rest after each that has written,
//! so that nobody who reports or asks meanwhile waits for long. What cannot be written because somebody else was faster is left
//! to the news of that change.

mod batches;
mod news;

use std::{collections::HashMap, sync::Arc, time::Duration};

use emt_api::{
    filter::Expr,
    record::Record,
    resources::{INSTANCE, OS_MODE_RECORD, Os},
};
use tokio::{
    sync::{Semaphore, watch},
    task::{AbortHandle, JoinSet},
};

use super::{
    Catalogue, Modes, OsModes,
    due::{Due, Own},
    modes::SERVER,
};
use crate::{
    clock::Clock,
    identity::records::{PROJECT, ProjectRecord},
    store::{Follower, News, Store, StoreError, StoreExt},
};

/// Instances of a batch.
const BATCH: usize = 200;
/// How long news are gathered before they are looked at.
const GATHER: Duration = Duration::from_millis(50);
/// How long is waited after the store has failed.
const FAILED: Duration = Duration::from_secs(5);

/// Keeps the instances of all projects up to date with catalogue and modes.
#[derive(Clone)]
pub struct Keeper {
    store: Arc<dyn Store>,
    modes: OsModes,
    clock: Clock,
    /// One batch at a time.
    turn: Arc<Semaphore>,
}

/// What is known of a project while it is followed.
struct Followed {
    project: String,
    follower: Follower,
    catalogue: Catalogue,
    modes: Modes,
    due: Due,
    own: Own,
    written: usize,
}

impl Keeper {
    /// A keeper over a store.
    pub fn new(store: Arc<dyn Store>, modes: OsModes, clock: Clock) -> Self {
        Self { store, modes, clock, turn: Arc::new(Semaphore::new(1)) }
    }

    /// Goes on until the feed of the store ends.
    pub async fn run(self) {
        let mut news = self.store.feed().follow(SERVER, None);
        let server_mode = watch::Sender::new(());
        let (mut tasks, mut followed) = (JoinSet::new(), HashMap::<String, AbortHandle>::new());
        loop {
            match self.projects().await {
                Ok(projects) => {
                    followed.retain(|project, task| {
                        let stays = projects.contains(project);
                        if !stays {
                            task.abort();
                        }
                        stays
                    });
                    for project in projects {
                        followed.entry(project).or_insert_with_key(|project| {
                            tasks.spawn(self.clone().follow(project.clone(), server_mode.subscribe()))
                        });
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "projects were not read: their instances are brought up to date later");
                    tokio::time::sleep(FAILED).await;
                    continue;
                }
            }
            loop {
                let Some(told) = news.next().await else { return };
                let tells = |kind: &str| match &told {
                    News::Missed(_) => true,
                    News::Changes(changes) => changes.iter().any(|change| change.kind == kind),
                };
                if tells(OS_MODE_RECORD.prefix) {
                    server_mode.send_replace(());
                }
                if tells(PROJECT.prefix) {
                    break;
                }
            }
            while tasks.try_join_next().is_some() {}
        }
    }

    /// Brings all instances of a project up to date once; how many were not.
    pub async fn bring_up_to_date(&self, project: &str) -> Result<usize, StoreError> {
        let mut followed = self.begin(project);
        self.read(&mut followed).await?;
        self.work(&mut followed).await?;
        Ok(followed.written)
    }

    async fn projects(&self) -> Result<Vec<String>, StoreError> {
        let all = self.store.load_all::<ProjectRecord>(SERVER, Expr::is("deleting", 0)).await?;
        Ok(all.into_iter().map(|project| project.meta.id).collect())
    }

    fn begin(&self, project: &str) -> Followed {
        Followed {
            project: project.to_owned(),
            follower: self.store.feed().follow(project, None),
            catalogue: Catalogue::default(),
            modes: Modes::default(),
            due: Due::all(),
            own: Own::default(),
            written: 0,
        }
    }

    /// Reads all that decides, anew; of one project at a time.
    async fn read(&self, followed: &mut Followed) -> Result<(), StoreError> {
        let Ok(_turn) = self.turn.acquire().await else { return Ok(()) };
        followed.catalogue = self.store.load_brief::<Os>(&followed.project, Expr::everything()).await?.into_iter().collect();
        followed.modes = self.modes.read(&followed.project).await?;
        Ok(())
    }

    async fn follow(self, project: String, mut server_mode: watch::Receiver<()>) {
        let mut followed = self.begin(&project);
        let mut is_known = false;
        loop {
            let outcome = async {
                if !is_known {
                    self.read(&mut followed).await?;
                    is_known = true;
                }
                self.work(&mut followed).await
            };
            if let Err(error) = outcome.await {
                tracing::warn!(project, %error, "instances were not brought up to date with the OS resources; it is tried again");
                (is_known, followed.due) = (false, Due::all());
                tokio::time::sleep(FAILED).await;
                continue;
            }
            if followed.written > 0 {
                tracing::info!(project, instances = followed.written, "instances are up to date with the OS resources");
                followed.written = 0;
            }
            let absorbed = tokio::select! {
                news = followed.follower.next() => match news {
                    None => return,
                    Some(news) => {
                        let absorbed = self.absorb(&mut followed, news).await;
                        if absorbed.is_ok() && !followed.due.is_empty() {
                            tokio::time::sleep(GATHER).await;
                        }
                        absorbed
                    }
                },
                changed = server_mode.changed() => match changed {
                    Err(_) => return,
                    Ok(()) => self.read_modes(&mut followed).await,
                },
            };
            if let Err(error) = absorbed {
                tracing::warn!(project, %error, "what has changed was not read; it is read anew");
                (is_known, followed.due) = (false, Due::all());
            }
        }
    }

    /// Does what is due, and what becomes due meanwhile.
    async fn work(&self, followed: &mut Followed) -> Result<(), StoreError> {
        while !followed.due.is_empty() {
            if followed.due.all {
                followed.due = Due::default();
                self.each(followed, &Expr::everything()).await?;
            } else if let Some(profile) = followed.due.profiles.pop_first() {
                let ids: Vec<String> = followed.catalogue.of_profile(&profile).iter().map(|os| os.id().to_owned()).collect();
                for id in ids {
                    self.each(followed, &Expr::is("os_id", id)).await?;
                }
            } else {
                let ids = followed.due.take_instances(BATCH);
                let rows = self.store.get_many(&INSTANCE, &followed.project, &ids).await?;
                self.bring(followed, rows).await?;
            }
        }
        Ok(())
    }
}
