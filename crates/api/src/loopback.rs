//! Names that mean the machine itself (RFC 6761, 6.3), whatever the system's resolver knows.

/// Whether a host name is `localhost` or ends in `.localhost`.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine() {
        for (host, expected) in [
            ("localhost", true),
            ("api.emt.localhost", true),
            ("API.EMT.LocalHost.", true),
            ("a.localhost.", true),
            ("API.emt.localhost", true),
            ("localhost.example", false),
            ("localhost.example.org", false),
            ("xlocalhost", false),
            ("notlocalhost", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }
}
