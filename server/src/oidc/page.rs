//! Pages for people: plain forms, no script, nothing from elsewhere.

use std::{fmt::Write as _, sync::LazyLock};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

const STYLE: &str = ":root{color-scheme:light dark;--b:#f5f6f8;--c:#fff;--t:#1a1d21;--l:#8a939e;--a:#0b5cad;--o:#fff;--e:#b3202a}\
@media (prefers-color-scheme:dark){:root{--b:#0e1115;--c:#161a20;--t:#e5e9ee;--l:#6b7480;--a:#75b7ff;--o:#0e1115;--e:#ff8a84}}\
body{font:1rem/1.5 system-ui,sans-serif;max-width:24rem;margin:10vh auto;padding:1.2rem 1.6rem 1.8rem;color:var(--t);\
background:var(--c);border-radius:12px}html{background:var(--b);padding:0 1rem}h1{font-size:1.4rem}label{display:block;margin:.8rem 0}\
input{display:block;width:100%;box-sizing:border-box;padding:.5rem;font:inherit;color:inherit;background:var(--c);\
border:1px solid var(--l);border-radius:6px}button{margin:1rem .6rem 0 0;padding:.5rem 1.2rem;font:inherit;font-weight:600;\
border:1px solid var(--a);border-radius:6px;background:var(--a);color:var(--o)}:focus-visible{outline:3px solid var(--a);\
outline-offset:2px}.error{color:var(--e)}";

/// The one style that the policy lets through.
static STYLE_HASH: LazyLock<String> = LazyLock::new(|| STANDARD.encode(Sha256::digest(STYLE)));

/// A page in the making.
pub(super) struct Page {
    status: StatusCode,
    title: &'static str,
    body: String,
    /// Origin that a form's answer may send the browser on to.
    leads_to: String,
}

impl Page {
    /// An empty page.
    pub(super) fn new(status: StatusCode, title: &'static str) -> Self {
        Self { status, title, body: String::new(), leads_to: String::new() }
    }

    /// Adds a paragraph.
    pub(super) fn text(mut self, text: &str) -> Self {
        let _ = write!(self.body, "<p>{}</p>", escaped(text));
        self
    }

    /// Adds what went wrong, if anything did.
    pub(super) fn error(mut self, text: Option<&str>) -> Self {
        if let Some(text) = text {
            let _ = write!(self.body, "<p class=\"error\" role=\"alert\">{}</p>", escaped(text));
        }
        self
    }

    /// Adds a form. Fields: type, name, label, value; hidden ones have no label. Buttons: what they send as `answer`, label.
    pub(super) fn form(mut self, action: &str, fields: &[Field<'_>], buttons: &[(&str, &str)]) -> Self {
        let _ = write!(self.body, "<form method=\"post\" action=\"{}\">", escaped(action));
        for Field { kind, name, label, value } in fields {
            let (value, completes) = (escaped(value), completion(name));
            let input = format!("<input type=\"{kind}\" name=\"{name}\" value=\"{value}\"{completes}>");
            if label.is_empty() {
                self.body.push_str(&input);
            } else {
                let _ = write!(self.body, "<label>{label}{input}</label>");
            }
        }
        for (answer, label) in buttons {
            let _ = write!(self.body, "<button type=\"submit\" name=\"answer\" value=\"{answer}\">{label}</button>");
        }
        self.body.push_str("</form>");
        self
    }

    /// Lets what a form is answered with send the browser on to an origin.
    pub(super) fn leads_to(mut self, origin: &str) -> Self {
        // What is no plain origin could say more than it should in a header.
        if origin.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:/[]_".contains(&b)) {
            origin.clone_into(&mut self.leads_to);
        }
        self
    }
}

/// What is asked on a page.
pub(super) struct Field<'a> {
    pub(super) kind: &'static str,
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) value: &'a str,
}

/// A field with a label.
pub(super) const fn field<'a>(kind: &'static str, name: &'static str, label: &'static str, value: &'a str) -> Field<'a> {
    Field { kind, name, label, value }
}

/// Helps programs that keep passwords.
fn completion(name: &str) -> &'static str {
    match name {
        "username" => " autocomplete=\"username\" required",
        "password" => " autocomplete=\"current-password\" required",
        "new" | "again" => " autocomplete=\"new-password\" required",
        _ => " autocomplete=\"off\"",
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let Self { status, title, body, leads_to } = self;
        let page = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>{body}</body>\
             </html>\n"
        );
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; form-action 'self' {leads_to}; frame-ancestors 'none'; base-uri 'none'",
            *STYLE_HASH
        );
        let mut response = (status, page).into_response();
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CONTENT_TYPE, "text/html;charset=utf-8"),
            (header::CACHE_CONTROL, "no-store, must-revalidate, max-age=0"),
            (header::REFERRER_POLICY, "no-referrer"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

/// A text as it may stand anywhere in a page.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_shown_becomes_part_of_the_page() {
        let evil = "\"><script>alert('x')</script>&";
        let fields = [field("hidden", "code", "", evil)];
        let page = Page::new(StatusCode::OK, "T").text(evil).error(Some(evil)).form("/x", &fields, &[("yes", "Yes")]);
        assert!(!page.body.contains("<script") && !page.body.contains("\"><s"), "{}", page.body);
        assert_eq!(page.leads_to("https://a; script-src *").leads_to, "");
    }
}
