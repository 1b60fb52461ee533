//! Lists of vulnerabilities: a JSON array of id, priority and affected packages.

use serde::{
    Deserialize,
    de::{Deserializer, Error, SeqAccess, Visitor},
};

use crate::squeeze::{TextError, is_oval, is_plain, squeeze};

/// Which list it is: the API allows different characters in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Vulnerabilities that the image has.
    Existing,
    /// Vulnerabilities that it has no more.
    Fixed,
}

#[derive(Deserialize)]
struct Cve {
    #[serde(rename = "cve_id")]
    id: Option<String>,
    priority: Option<String>,
    #[serde(default, rename = "affected_packages")]
    _affected_packages: Option<Vec<String>>,
}

/// Entries are looked at one by one, and not kept.
struct Cves;

impl<'de> Deserialize<'de> for Cves {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Cves;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array of vulnerabilities")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut cves: A) -> Result<Cves, A::Error> {
                let given = |text: Option<String>| text.is_some_and(|text| !text.is_empty());
                if let Some(first) = cves.next_element::<Cve>()?
                    && !(given(first.id) && given(first.priority))
                {
                    return Err(A::Error::custom("the first entry has no cve_id or no priority"));
                }
                while cves.next_element::<Cve>()?.is_some() {}
                Ok(Cves)
            }
        }
        deserializer.deserialize_seq(Reader)
    }
}

/// What a record keeps of a list: the text without white space. A list may be empty.
pub fn read(text: &str, list: List) -> Result<String, TextError> {
    if is_oval(text.as_bytes()) {
        return Err(TextError::Oval);
    }
    let form = |error: serde_json::Error| TextError::Form { form: "list of vulnerabilities", why: error.to_string() };
    serde_json::from_str::<Cves>(text).map_err(form)?;
    squeeze(text, |c| match list {
        List::Existing => is_plain(c) || ('À'..='ÿ').contains(&c),
        List::Fixed => !c.is_control(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists() {
        let good = r#"[{"cve_id": "CVE-2026-1", "priority": "high", "affected_packages": ["a b-1.0"]}, {}]"#;
        let kept = r#"[{"cve_id":"CVE-2026-1","priority":"high","affected_packages":["ab-1.0"]},{}]"#;
        assert_eq!(read(good, List::Existing).unwrap(), kept);
        assert_eq!(read(" [ ]\n", List::Fixed).unwrap(), "[]");
        let greek = r#"[{"cve_id":"β","priority":"é"}]"#;
        assert_eq!(read(greek, List::Fixed).unwrap(), greek);
        for (text, word) in [
            ("", "no list of vulnerabilities"),
            ("{}", "an array of vulnerabilities"),
            ("[1]", "Cve"),
            ("[{}]", "no cve_id"),
            (r#"[{"cve_id":"a","priority":""}]"#, "no priority"),
            (r#"[{"cve_id":"a","priority":"b","affected_packages":"c"}]"#, "sequence"),
            ("<?xml version='1.0'?><oval_definitions/>", "Ubuntu"),
            (greek, "'β'"),
        ] {
            let error = read(text, List::Existing).unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
        let at = read("{}", List::Fixed).unwrap_err().at("https://files.example/a.json?secret").to_string();
        assert!(at.contains("https://files.example/a.json:") && !at.contains("secret"), "{at}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let _ = read(&text, List::Existing);
        }
    }
}
