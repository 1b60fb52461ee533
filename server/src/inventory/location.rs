//! The tree of places that a name is found in: regions and sites that match, and all regions above them.

use std::collections::HashSet;

use emt_api::{
    error::ApiError,
    filter::{Expr, Path, Test},
    record::Row,
    resources::{REGION, SITE},
    spec::Spec,
};

use super::{Inventory, refused, region::MAX_DEPTH};
use crate::store::Query;

/// Most matches of each kind that are shown, the first by name (northbound contract, location tree).
const MATCHES: u64 = 50;

/// What a name is looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// Regions.
    pub regions: bool,
    /// Sites.
    pub sites: bool,
}

/// A part of the tree.
#[derive(Debug, Default)]
pub struct Tree {
    /// Matches and all that is above them, each once.
    pub nodes: Vec<Row>,
    /// How many match.
    pub total: u64,
    /// How many of them are shown.
    pub shown: u64,
}

impl Inventory {
    /// The places whose name contains a text, and what is above them.
    pub async fn locations(&self, project: &str, name: &str, places: Places) -> Result<Tree, ApiError> {
        let mut tree = Tree::default();
        if places.sites {
            self.find_places(&mut tree, &SITE, project, name).await?;
        }
        if places.regions {
            self.find_places(&mut tree, &REGION, project, name).await?;
        }
        let mut known: HashSet<String> = tree.nodes.iter().map(|row| row.meta.id.clone()).collect();
        let mut level = 0;
        for _ in 0..=MAX_DEPTH {
            let above = tree.nodes[level..].iter().map(|row| parent(row).to_owned());
            let above: Vec<String> = above.filter(|id| !id.is_empty() && known.insert(id.clone())).collect();
            level = tree.nodes.len();
            tree.nodes.extend(self.store.get_many(&REGION, project, &above).await.map_err(refused)?);
        }
        Ok(tree)
    }

    async fn find_places(&self, tree: &mut Tree, spec: &'static Spec, project: &str, name: &str) -> Result<(), ApiError> {
        let named = Expr::Test(Path { steps: Vec::new(), column: "name" }, Test::Like(name.to_owned()));
        let query = Query { order: vec![("name", false)], count: true, ..Query::all(spec, project).filter(named).limit(MATCHES) };
        let page = self.store.find(query).await.map_err(refused)?;
        tree.total += page.total;
        tree.shown += page.rows.len() as u64;
        tree.nodes.extend(page.rows);
        Ok(())
    }
}

/// Id of the region around a place, or "".
pub fn parent(place: &Row) -> &str {
    place.get(if place.spec == &SITE { "region_id" } else { "parent_region_id" }).text()
}
