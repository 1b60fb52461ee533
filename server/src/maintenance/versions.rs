//! OS resources among which a decision looks.

use emt_api::{record::Record, resources::Os};

/// Those of a profile, as they are shared, and before them those that were read for one node: they stand for the same ones.
#[derive(Debug, Clone, Copy, Default)]
pub struct Versions<'a> {
    own: &'a [Os],
    shared: &'a [Os],
}

impl<'a> Versions<'a> {
    /// These.
    pub const fn of(own: &'a [Os]) -> Self {
        Self { own, shared: &[] }
    }

    /// These, and of others those that are none of them.
    pub const fn before(own: &'a [Os], shared: &'a [Os]) -> Self {
        Self { own, shared }
    }

    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = &'a Os> {
        let Self { own, shared } = self;
        own.iter().chain(shared.iter().filter(move |os| own.iter().all(|own| own.id() != os.id())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_for_a_node_stands_for_the_same() {
        let os = |id: &str, version: &str| {
            let mut os = Os { image_id: version.to_owned(), ..Os::default() };
            id.clone_into(&mut os.meta.id);
            os
        };
        let shared = [os("1", "a"), os("2", "b"), os("3", "c")];
        let own = [os("2", "B"), os("4", "d")];
        let versions = |versions: Versions<'_>| versions.iter().map(|os| os.image_id.clone()).collect::<Vec<_>>();
        assert_eq!(versions(Versions::before(&own, &shared)), ["B", "d", "a", "c"]);
        assert_eq!(versions(Versions::of(&shared)), ["a", "b", "c"]);
        assert!(versions(Versions::default()).is_empty());
    }
}
