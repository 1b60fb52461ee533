//! One operation of the operators' side as it is declared: what it is called, where it is, who may call it, what goes in
//! and out. The routes, the OpenAPI document, the feature list and the tests of authorisation are all made from these.

use std::borrow::Cow;

use axum::{
    handler::Handler,
    http::Method,
    routing::{MethodFilter, MethodRouter, on},
};
use emt_api::{input::Purpose, openapi::Schemas, spec::Spec};
use serde_json::Value as Json;

use super::Rest;
use crate::inventory::Resource;

/// What is below a project.
pub const PROJECT: &str = "/v1/projects/{project}";
/// The service's own prefix: the project comes from the header `ActiveProjectID` or from the token.
pub const PREFIX: &str = "/edge-infra.orchestrator.apis/v2";

/// One method at one path and its other names.
pub struct Operation {
    /// Unique name, such as `listHosts`.
    pub id: Cow<'static, str>,
    /// What it does, one line.
    pub summary: Cow<'static, str>,
    /// The method.
    pub method: Method,
    /// Templates of whole paths, such as `/v1/projects/{project}/compute/hosts/{resourceId}`: the one that clients use
    /// first, then others that lead to the same.
    pub paths: Vec<String>,
    /// Who may call it.
    pub access: Access,
    /// What the query may carry; the names in the path are parameters anyway.
    pub parameters: Vec<&'static Parameter>,
    /// Headers that have a meaning.
    pub headers: Vec<&'static Parameter>,
    /// What a request carries.
    pub body: Body,
    /// What success looks like.
    pub answer: Answer,
    /// Whether the Edge Orchestrator does not have it.
    pub extension: bool,
    /// Whether the limit of time for a request does not hold for it.
    pub unhurried: bool,
    handler: MethodRouter<Rest>,
}

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Everybody, also without a token.
    Open,
    /// Whoever knows the secret of what it is about; a token is none.
    OwnSecret,
    /// Whoever has a valid token. What is not the caller's is not found.
    SignedIn,
    /// People who have logged in; no programs, no nodes.
    Person,
    /// Readers of the project (`<project>_im-r`, `<project>_im-rw`).
    ReadProject,
    /// Writers of the project (`<project>_im-rw`).
    WriteProject,
    /// Readers of the project and its nodes.
    FetchImages,
    /// Administrators of projects (`project-…-role`).
    AdministerProjects,
    /// Administrators of organisations (`org-…-role`).
    AdministerOrgs,
}

/// A parameter of the query, or a header.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Older spelling, or one of ours.
    pub kind: ParameterKind,
}

/// What a parameter holds.
#[derive(Debug)]
pub enum Holds {
    /// Whole number within limits.
    Number {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// Text with limits in characters and a pattern ("" = any).
    Text {
        /// Most characters.
        max: usize,
        /// Regular expression.
        pattern: &'static str,
    },
    /// `true` or `false`.
    Bool,
    /// Id of a kind.
    Id(&'static str),
}

/// Where a parameter comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// The Edge Orchestrator's API has it.
    Upstream,
    /// The same, and requests must carry it.
    Required,
    /// The first generation of that API had it.
    Older,
    /// Ours.
    Extension,
}

/// A schema that is not a resource's.
#[derive(Debug)]
pub struct Named {
    /// Name in the document.
    pub name: &'static str,
    /// Makes the schema.
    pub schema: fn(&mut Schemas) -> Json,
}

impl Named {
    /// A reference to it.
    pub fn refer(&self, schemas: &mut Schemas) -> Json {
        schemas.named(self.name, self.schema)
    }
}

/// What a request carries.
#[derive(Clone, Copy)]
pub enum Body {
    /// Nothing.
    None,
    /// A resource's fields.
    Input(&'static Spec, Purpose),
    /// Some other JSON.
    Named(&'static Named),
    /// Some other JSON, or nothing.
    Optional(&'static Named),
    /// The bytes of a file.
    File,
    /// Some of the bytes of a file (`application/partial-upload`).
    PartOfFile,
}

/// What success looks like.
#[derive(Clone, Copy)]
pub enum Answer {
    /// `{}`.
    Empty,
    /// Headers only.
    Nothing,
    /// One resource.
    One(&'static dyn Resource),
    /// A page of them.
    List(&'static dyn Resource),
    /// Some other JSON.
    Named(&'static Named),
    /// The bytes of a file, whole or in part.
    File,
    /// A line of text.
    Text,
    /// Server-sent events, without end.
    Events,
}

/// Where something is: below a project, below the service's own prefix, or at whole paths.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct At {
    /// Below [`PROJECT`]; the first is the one that clients use.
    pub(super) project: &'static [&'static str],
    /// Below [`PREFIX`].
    pub(super) prefix: &'static [&'static str],
    /// Whole paths.
    pub(super) whole: &'static [&'static str],
}

impl At {
    /// One whole path.
    pub(super) const fn whole(paths: &'static [&'static str]) -> Self {
        Self { project: &[], prefix: &[], whole: paths }
    }

    /// Below a project and below the service's own prefix.
    pub(super) const fn project(project: &'static [&'static str], prefix: &'static [&'static str]) -> Self {
        Self { project, prefix, whole: &[] }
    }

    /// Templates of the whole paths, each with `tail` at its end.
    pub(super) fn paths(&self, tail: &str) -> Vec<String> {
        let below = |base: &'static str| move |path: &&str| format!("{base}{path}{tail}");
        let (project, prefix) = (self.project.iter().map(below(PROJECT)), self.prefix.iter().map(below(PREFIX)));
        project.chain(self.whole.iter().map(below(""))).chain(prefix).collect()
    }
}

impl Operation {
    /// An operation with neither parameters nor body, answered with `{}`. Below a project its access follows from the method;
    /// elsewhere it is for whoever has a valid token.
    pub(super) fn new<H, T>(method: Method, id: impl Into<Cow<'static, str>>, paths: Vec<String>, handler: H) -> Self
    where
        H: Handler<T, Rest>,
        T: 'static,
    {
        let in_project = paths.first().is_some_and(|path| path.starts_with(&format!("{PROJECT}/")) || path.starts_with(PREFIX));
        let access = match (in_project, method.is_safe()) {
            (false, _) => Access::SignedIn,
            (true, true) => Access::ReadProject,
            (true, false) => Access::WriteProject,
        };
        // Only methods that a filter has are declared.
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::TRACE);
        Self {
            id: id.into(),
            summary: Cow::Borrowed(""),
            method,
            paths,
            access,
            parameters: Vec::new(),
            headers: Vec::new(),
            body: Body::None,
            answer: Answer::Empty,
            extension: false,
            unhurried: false,
            handler: on(filter, handler),
        }
    }

    /// Sets what it does.
    pub(super) fn summary(mut self, summary: impl Into<Cow<'static, str>>) -> Self {
        self.summary = summary.into();
        self
    }

    /// Sets who may call it.
    pub(super) fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Adds parameters of the query.
    pub(super) fn parameters(mut self, parameters: impl IntoIterator<Item = &'static Parameter>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// Adds headers that have a meaning.
    pub(super) fn headers(mut self, headers: impl IntoIterator<Item = &'static Parameter>) -> Self {
        self.headers.extend(headers);
        self
    }

    /// Sets what a request carries.
    pub(super) fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// Sets what success looks like.
    pub(super) fn answer(mut self, answer: Answer) -> Self {
        self.answer = answer;
        self
    }

    /// Marks it as ours.
    pub(super) fn extension(mut self) -> Self {
        self.extension = true;
        self
    }

    /// Frees it from the limit of time.
    pub(super) fn unhurried(mut self) -> Self {
        self.unhurried = true;
        self
    }

    /// The path that clients use.
    pub fn path(&self) -> &str {
        self.paths.first().map_or("", String::as_str)
    }

    /// What serves it.
    pub(super) fn handler(&self) -> MethodRouter<Rest> {
        self.handler.clone()
    }
}
