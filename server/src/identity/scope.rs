//! Scopes: what a login may show.

use super::oauth::OAuthError;

/// Scopes that every login has.
const DEFAULT: [&str; 5] = ["roles", "openid", "basic", "profile", "email"];
/// Scope that shows groups.
pub(super) const GROUPS: &str = "groups";
/// Scope of a login that lasts as long as it is used.
pub(super) const OFFLINE: &str = "offline_access";

/// Whether a scope is among those of a text.
pub(super) fn asks(scope: &str, name: &str) -> bool {
    scope.split_ascii_whitespace().any(|asked| asked == name)
}

/// Whether all scopes of a text are known.
pub(super) fn is_known(scope: &str) -> bool {
    scope.split_ascii_whitespace().all(|asked| DEFAULT.contains(&asked) || [GROUPS, OFFLINE].contains(&asked))
}

/// Refuses scopes that no client has.
pub(super) fn check(scope: &str) -> Result<(), OAuthError> {
    if is_known(scope) {
        return Ok(());
    }
    Err(OAuthError::new(400, "invalid_scope", format!("Invalid scopes: {scope}")))
}

/// All scopes that a login is told to have.
pub(super) fn granted(groups: bool, offline: bool) -> String {
    let optional = [(GROUPS, groups), (OFFLINE, offline)];
    let optional = optional.into_iter().filter_map(|(scope, granted)| granted.then_some(scope));
    DEFAULT.into_iter().chain(optional).collect::<Vec<_>>().join(" ")
}
