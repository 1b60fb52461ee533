//! Package manifests: a JSON object whose `repo` lists packages.

use serde::{
    Deserialize,
    de::{Deserializer, Error, SeqAccess, Visitor},
};

use crate::squeeze::{TextError, is_plain, squeeze};

#[derive(Deserialize)]
struct Manifest {
    #[serde(rename = "repo")]
    _repo: Packages,
}

#[derive(Deserialize)]
struct Package {
    name: Option<String>,
    version: Option<String>,
}

/// Packages are looked at one by one, and not kept.
struct Packages;

impl<'de> Deserialize<'de> for Packages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Packages;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of packages")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut packages: A) -> Result<Packages, A::Error> {
                let Some(first) = packages.next_element::<Package>()? else {
                    return Err(A::Error::custom("repo lists no package"));
                };
                let given = |text: Option<String>| text.is_some_and(|text| !text.is_empty());
                if !given(first.name) || !given(first.version) {
                    return Err(A::Error::custom("the first package has no name or no version"));
                }
                while packages.next_element::<Package>()?.is_some() {}
                Ok(Packages)
            }
        }
        deserializer.deserialize_seq(Reader)
    }
}

/// What a record keeps of a package manifest: the text without white space. The API's document has a narrower set of
/// characters for the field than any manifest needs (no brackets); the one of installed packages of instances is meant.
pub fn read(text: &str) -> Result<String, TextError> {
    let form = |error: serde_json::Error| TextError::Form { form: "package manifest", why: error.to_string() };
    serde_json::from_str::<Manifest>(text).map_err(form)?;
    squeeze(text, is_plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn manifests() {
        let good = r#"{"repo": [{"name": "bash", "version": "5.2-1", "type": "r p m"}, {"name": "zlib"}], "other": 1}"#;
        let kept = r#"{"repo":[{"name":"bash","version":"5.2-1","type":"rpm"},{"name":"zlib"}],"other":1}"#;
        assert_eq!(read(good).unwrap(), kept);
        for (text, word) in [
            ("", "no package manifest"),
            ("[]", "no package manifest"),
            ("<html></html>", "no package manifest"),
            ("{}", "repo"),
            (r#"{"repo":{}}"#, "a list of packages"),
            (r#"{"repo":[]}"#, "no package"),
            (r#"{"repo":[{"name":"a"}]}"#, "no version"),
            (r#"{"repo":[{"name":"","version":"1"}]}"#, "no name"),
            (r#"{"repo":[{"name":"a","version":1}]}"#, "string"),
            (r#"{"repo":[{"name":"a","version":"1"},2]}"#, "Package"),
            (r#"{"repo":[{"name":"ä","version":"1"}]}"#, "'ä'"),
            (r#"{"repo":[{"name":"a","version":"1"}]} x"#, "trailing"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn depth_does_no_harm() {
        let deep = format!(r#"{{"x":{}"#, "[".repeat(1_000_000));
        assert!(read(&deep).is_err(), "what is passed over is not recursed into");
        let deep = format!(r#"{{"repo":[{{"name":{}"#, "[".repeat(1_000_000));
        assert!(read(&deep).is_err());
    }

    proptest! {
        #[test]
        fn what_is_kept_is_json_again(name in "[a-z0-9 +~.]{1,20}", version in "[a-z0-9 ]{1,20}") {
            let text = serde_json::json!({"repo": [{"name": name, "version": version}]}).to_string();
            if let Ok(kept) = read(&text) {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&kept).is_ok());
                prop_assert!(!kept.contains(char::is_whitespace));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let _ = read(&text);
        }
    }
}
