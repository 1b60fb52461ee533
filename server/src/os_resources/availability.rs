//! What an instance could be updated to.

use emt_api::{enums::OsType, resources::Os, version};

/// What `osUpdateAvailable` of an instance says: the name of the newest OS of its profile if that is newer than what is installed,
/// and its version if it has no name; else nothing. `None` if it is not for the catalogue to say: a mutable system itself tells
/// which of its packages are newer.
pub fn update_available(installed: Option<&Os>, newest: Option<&Os>) -> Option<String> {
    if installed.is_some_and(|os| os.os_type == OsType::Mutable) {
        return None;
    }
    Some(match (installed, newest) {
        (Some(installed), Some(newest)) if version::is_newer(&newest.image_id, &installed.image_id) => label(newest),
        _ => String::new(),
    })
}

fn label(os: &Os) -> String {
    if os.name.is_empty() { os.image_id.clone() } else { os.name.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn os(name: &str, version: &str) -> Os {
        Os { name: name.to_owned(), image_id: version.to_owned(), os_type: OsType::Immutable, ..Os::default() }
    }

    #[test]
    fn the_newest_is_told_by_name_if_it_is_newer() {
        let mutable = Os { os_type: OsType::Mutable, ..os("ubuntu", "22.4") };
        for (installed, newest, expected) in [
            (Some(os("a", "3.0.1")), Some(os("b", "3.0.2")), Some("b")),
            (Some(os("a", "3.0.1")), Some(os("", "3.0.2")), Some("3.0.2")),
            (Some(os("a", "3.0.1")), Some(os("a", "3.0.1")), Some("")),
            (Some(os("b", "3.0.2")), Some(os("a", "3.0.1")), Some("")),
            (Some(os("a", "3.0.20260602.0732")), Some(os("b", "3.0.20260602.2200")), Some("b")),
            (Some(os("a", "nightly")), Some(os("b", "3.0.2")), Some("")),
            (Some(os("a", "3.0.1")), None, Some("")),
            (None, Some(os("b", "3.0.2")), Some("")),
            (None, None, Some("")),
            (Some(mutable), Some(os("b", "99.0")), None),
        ] {
            assert_eq!(update_available(installed.as_ref(), newest.as_ref()).as_deref(), expected, "{installed:?} {newest:?}");
        }
    }
}
