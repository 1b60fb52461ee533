//! What news of a project can affect.

use std::collections::{BTreeSet, HashMap};

use emt_api::{
    record::Record,
    resources::{INSTANCE, OS, OS_MODE_RECORD, Os},
};

use super::{Followed, Keeper};
use crate::{
    os_resources::due::Due,
    store::{Happened, News, StoreError},
};

impl Keeper {
    /// Finds out what news can affect.
    pub(super) async fn absorb(&self, followed: &mut Followed, news: News) -> Result<(), StoreError> {
        let changes = match news {
            News::Changes(changes) => changes,
            News::Missed(_) => {
                followed.own.forget();
                followed.due = Due::all();
                return self.read(followed).await;
            }
        };
        let (mut images, mut modes) = (BTreeSet::new(), false);
        for told in changes {
            let id = String::from(told.id);
            match (told.kind, told.happened) {
                (kind, happened) if kind == INSTANCE.prefix => match happened {
                    Happened::Several => followed.due.all = true,
                    Happened::Deleted => drop(followed.due.instances.remove(&id)),
                    Happened::Created | Happened::Updated if followed.own.is(&id) => {}
                    Happened::Created | Happened::Updated => drop(followed.due.instances.insert(id)),
                },
                (kind, Happened::Several) if kind == OS.prefix => {
                    followed.due = Due::all();
                    self.read(followed).await?;
                }
                (kind, _) if kind == OS.prefix => drop(images.insert(id)),
                (kind, _) if kind == OS_MODE_RECORD.prefix => modes = true,
                _ => {}
            }
        }
        if !images.is_empty() {
            let images: Vec<String> = images.into_iter().collect();
            let rows = self.store.get_many(&OS, &followed.project, &images).await?;
            let mut found: HashMap<String, Os> = rows.into_iter().map(|row| (row.meta.id.clone(), Os::from_row(row))).collect();
            for id in images {
                let becomes = found.remove(&id);
                followed.due.profiles.extend(followed.catalogue.take(&id, becomes));
            }
        }
        if modes { self.read_modes(followed).await } else { Ok(()) }
    }

    pub(super) async fn read_modes(&self, followed: &mut Followed) -> Result<(), StoreError> {
        let modes = self.modes.read(&followed.project).await?;
        let before = std::mem::replace(&mut followed.modes, modes);
        let differs = |profile: &&str| before.of(profile) != followed.modes.of(profile);
        followed.due.profiles.extend(followed.catalogue.profiles().filter(differs).map(str::to_owned));
        Ok(())
    }
}
