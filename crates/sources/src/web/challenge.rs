//! `WWW-Authenticate` (RFC 9110, 11.6.1): which credentials are wanted.

/// Credentials that are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User name and password.
    Basic,
    /// A token from somewhere.
    Bearer { realm: String, service: String, scope: String },
}

/// Those of a header's challenges that are known.
pub(super) fn read(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            break;
        }
        if let Some(value) = after.trim_start().strip_prefix('=').filter(|_| !challenges.is_empty()) {
            let (value, after) = self::value(value.trim_start());
            if let Some((_, parameters)) = challenges.last_mut() {
                parameters.push((word.to_ascii_lowercase(), value));
            }
            rest = after;
        } else {
            challenges.push((word.to_ascii_lowercase(), Vec::new()));
            rest = after.trim_start_matches('=');
        }
    }
    challenges.into_iter().filter_map(|(scheme, parameters)| known(&scheme, parameters)).collect()
}

fn known(scheme: &str, parameters: Vec<(String, String)>) -> Option<Challenge> {
    match scheme {
        "basic" => Some(Challenge::Basic),
        "bearer" => {
            let mut found = [String::new(), String::new(), String::new()];
            for (name, value) in parameters {
                if let Some(at) = ["realm", "service", "scope"].iter().position(|known| *known == name) {
                    found[at] = value;
                }
            }
            let [realm, service, scope] = found;
            (!realm.is_empty()).then_some(Challenge::Bearer { realm, service, scope })
        }
        _ => None,
    }
}

/// A token or a quoted text, and what follows it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_at(text.find([' ', '\t', ',']).unwrap_or(text.len()));
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bearer(realm: &str, service: &str, scope: &str) -> Challenge {
        Challenge::Bearer { realm: realm.to_owned(), service: service.to_owned(), scope: scope.to_owned() }
    }

    #[test]
    fn challenges() {
        for (header, expected) in [
            ("", vec![]),
            ("Basic realm=\"x\"", vec![Challenge::Basic]),
            ("basic", vec![Challenge::Basic]),
            ("Negotiate, Basic realm=\"a, b\"", vec![Challenge::Basic]),
            (
                r#"Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull,push""#,
                vec![bearer("https://auth.example/token", "registry", "repository:a/b:pull,push")],
            ),
            (r#"Bearer realm = "r" , scope=s"#, vec![bearer("r", "", "s")]),
            (r#"Bearer realm="a\"b", Basic realm=x"#, vec![bearer("a\"b", "", ""), Challenge::Basic]),
            ("Bearer service=\"x\"", vec![]),
            ("Bearer realm=\"open", vec![bearer("open", "", "")]),
        ] {
            assert_eq!(read(header), expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read(header in "[Bbasicrelm= ,\"\\\\é]{0,60}") {
            let _ = read(&header);
        }
    }
}
