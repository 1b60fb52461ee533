//! What names and addresses of people may be like. Codes and bounds are those that clients know from Keycloak.

use super::AdminError;

/// Most characters of a name or an address.
const LONGEST: usize = 255;

fn refused(field: &'static str, message: &'static str, more: &[&str]) -> AdminError {
    let params = std::iter::once(field).chain(more.iter().copied()).map(str::to_owned).collect();
    AdminError::Field { field, message, params }
}

/// A name to log in with.
pub(super) fn username(name: &str) -> Result<(), AdminError> {
    let length = name.chars().count();
    if name.chars().any(|c| c.is_whitespace() || c.is_control() || "<>&\"'$%!#?§,;:*~/\\|^=[]{}()`".contains(c)) {
        return Err(refused("username", "error-username-invalid-character", &[]));
    }
    if !(3..=LONGEST).contains(&length) {
        return Err(refused("username", "error-invalid-length", &["3", "255"]));
    }
    Ok(())
}

/// An address; none is as good.
pub(super) fn email(address: &str) -> Result<(), AdminError> {
    let plain =
        |text: &str| !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>,;\"".contains(c));
    let fits = address.rsplit_once('@').is_some_and(|(local, domain)| {
        plain(local) && !local.contains('@') && plain(domain) && domain.split('.').all(|label| !label.is_empty())
    });
    if address.is_empty() || (fits && address.len() <= LONGEST) {
        return Ok(());
    }
    Err(refused("email", "error-invalid-email", &[address]))
}

/// A person's first or last name.
pub(super) fn person(field: &'static str, name: &str) -> Result<(), AdminError> {
    if name.chars().any(|c| c.is_control() || "<>&\"$%!#?§;*~/\\|^=[]{}()".contains(c)) {
        return Err(refused(field, "error-person-name-invalid-character", &[]));
    }
    if name.chars().count() > LONGEST {
        return Err(refused(field, "error-invalid-length-too-long", &["255"]));
    }
    Ok(())
}

/// The name of a role, group or client that an administrator makes.
pub(super) fn label(kind: &str, name: &str) -> Result<(), AdminError> {
    if name.chars().count() > LONGEST || name.chars().any(char::is_control) || name.contains('/') || name.trim() != name {
        return Err(AdminError::Invalid(format!(
            "{kind} {name:?} cannot be made: use at most 255 characters, no slash, no blank at either end"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_may_be_called() {
        for (found, good) in [
            (username("alice"), true),
            (username("alice@edge.example"), true),
            (username("al"), false),
            (username("new user"), false),
            (username("a<b>c"), false),
            (username(&"a".repeat(256)), false),
            (email(""), true),
            (email("a@b"), true),
            (email("nomail"), false),
            (email("a@@b"), false),
            (email("a b@c"), false),
            (email("a@b..c"), false),
            (person("firstName", "Zoë O'Neil-Smith"), true),
            (person("lastName", "<script>"), false),
            (label("role", "fleet viewer"), true),
            (label("role", "a/b"), false),
        ] {
            assert_eq!(found.is_ok(), good, "{found:?}");
        }
    }
}
