//! Where identity is, seen from the API's address; and how a context is called if nobody says it.

use url::Url;

/// The realm that people log in to.
const REALM: &str = "/realms/master";

/// The issuer: as given, else `keycloak.X` for an API at `api.X`, else the API's own origin.
pub(crate) fn issuer(api: &Url, given: Option<&Url>) -> String {
    if let Some(given) = given {
        let base = given.as_str().trim_end_matches('/');
        return if base.contains("/realms/") { base.to_owned() } else { format!("{base}{REALM}") };
    }
    let host = api.host_str().unwrap_or_default();
    let host = host.strip_prefix("api.").map_or_else(|| host.to_owned(), |rest| format!("keycloak.{rest}"));
    let port = api.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("https://{host}{port}{REALM}")
}

/// The name of a context for a server: its host without `api.`, and its port if that is not the usual one.
pub(crate) fn default_name(api: &Url) -> String {
    let host = api.host_str().unwrap_or_default();
    let host = host.strip_prefix("api.").unwrap_or(host).trim_matches(['[', ']']);
    let port = api.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{host}{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_is_found_from_the_api() {
        for (api, given, expected) in [
            ("https://api.emt.localhost:8443", None, "https://keycloak.emt.localhost:8443/realms/master"),
            ("https://api.edge.example", None, "https://keycloak.edge.example/realms/master"),
            ("https://localhost:8443", None, "https://localhost:8443/realms/master"),
            ("https://[::1]:8443", None, "https://[::1]:8443/realms/master"),
            ("https://apis.example", None, "https://apis.example/realms/master"),
            ("https://api.x", Some("https://id.x/"), "https://id.x/realms/master"),
            ("https://api.x", Some("https://id.x/realms/fleet/"), "https://id.x/realms/fleet"),
        ] {
            let (api, given) = (Url::parse(api).unwrap(), given.map(|given| Url::parse(given).unwrap()));
            assert_eq!(issuer(&api, given.as_ref()), expected, "{api} {given:?}");
        }
    }

    #[test]
    fn contexts_are_called_after_their_server() {
        for (api, expected) in [
            ("https://api.emt.localhost:8443", "emt.localhost:8443"),
            ("https://api.edge.example", "edge.example"),
            ("https://127.0.0.1:1", "127.0.0.1:1"),
            ("https://[::1]:8443", "::1:8443"),
        ] {
            assert_eq!(default_name(&Url::parse(api).unwrap()), expected, "{api}");
        }
    }
}
