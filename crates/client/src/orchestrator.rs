//! Requests to the orchestrator's API, below one project.

use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt, TryStreamExt, stream};
use jiff::{Timestamp, fmt::rfc2822};
use reqwest::{Method, RequestBuilder, Response, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value as Json;
use url::Url;
use zeroize::Zeroizing;

use crate::{
    Error, Http,
    http::{REQUEST_ID, date, header_text},
    kinds::Kind,
};

/// Most records that one page may have.
const PAGE: usize = 100;
/// Furthest offset that servers take.
const FURTHEST: usize = 10_000;
/// Pages that are asked for at once.
const AT_ONCE: usize = 4;
/// Most characters shown of an answer that is no error of the API.
const SHOWN: usize = 500;

/// An orchestrator as one user sees it.
#[derive(Clone)]
pub struct Orchestrator {
    pub(crate) http: Http,
    base: Url,
    project: String,
    token: Zeroizing<String>,
    date: Arc<Mutex<Option<Timestamp>>>,
}

/// A resource: as it was answered, and what of it is understood.
#[derive(Debug, Clone)]
pub struct Resource<T> {
    /// All that was answered.
    pub json: Json,
    /// What is understood of it.
    pub data: T,
}

/// Parameters of a query.
pub type Query<'a> = &'a [(&'a str, &'a str)];

struct Page<T> {
    items: Vec<Resource<T>>,
    total: Option<usize>,
    has_next: bool,
}

impl Orchestrator {
    /// An orchestrator at `base`, such as `https://api.emt.localhost:8443`.
    pub fn new(http: Http, base: Url, project: &str, token: Zeroizing<String>) -> Self {
        Self { http, base, project: project.to_owned(), token, date: Arc::default() }
    }

    /// Address of the API.
    pub fn address(&self) -> &Url {
        &self.base
    }

    /// The server's clock as of its last answer.
    pub fn server_time(&self) -> Option<Timestamp> {
        *self.date.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All records of a kind that a query asks for.
    pub async fn list<T: DeserializeOwned>(&self, kind: &Kind<T>, query: Query<'_>) -> Result<Vec<Resource<T>>, Error> {
        let first = self.page(kind, query, 0, true).await?;
        let (mut all, mut has_next) = (first.items, first.has_next);
        if let Some(total) = first.total.filter(|_| has_next) {
            let offsets = (all.len().max(1)..total.min(FURTHEST)).step_by(PAGE);
            let pages = stream::iter(offsets.map(|offset| self.page(kind, query, offset, true)));
            let pages: Vec<Page<T>> = pages.buffered(AT_ONCE).try_collect().await?;
            has_next = pages.last().map_or(has_next, |page| page.has_next);
            all.extend(pages.into_iter().flat_map(|page| page.items));
        }
        while has_next {
            // What is further away comes in one piece.
            let offset = all.len().min(FURTHEST);
            let page = self.page(kind, query, offset, all.len() < FURTHEST).await?;
            if page.items.is_empty() {
                break;
            }
            has_next = page.has_next;
            all.truncate(offset);
            all.extend(page.items);
        }
        Ok(all)
    }

    async fn page<T: DeserializeOwned>(
        &self,
        kind: &Kind<T>,
        query: Query<'_>,
        offset: usize,
        limited: bool,
    ) -> Result<Page<T>, Error> {
        let url = self.url(kind.path)?;
        let mut request = self.request(Method::GET, &url).query(query).query(&[("offset", offset)]);
        if limited {
            request = request.query(&[("pageSize", PAGE)]);
        }
        let mut page = self.ask(&url, request).await?;
        if !page.is_object() {
            return Err(nonsense(&url, &"a JSON object was expected"));
        }
        let items = page.get_mut(kind.list_key).map(Json::take).unwrap_or_default();
        let items = Option::<Vec<Json>>::deserialize(items).map_err(|error| nonsense(&url, &error))?.unwrap_or_default();
        let items = items.into_iter().map(|json| understood(&url, json)).collect::<Result<_, _>>()?;
        let total = page.get("totalElements").and_then(Json::as_u64).and_then(|total| usize::try_from(total).ok());
        Ok(Page { items, total, has_next: page.get("hasNext").and_then(Json::as_bool).unwrap_or(false) })
    }

    /// One record.
    pub async fn get<T: DeserializeOwned>(&self, kind: &Kind<T>, id: &str) -> Result<Resource<T>, Error> {
        let url = self.url(&format!("{}/{id}", kind.path))?;
        understood(&url, self.ask(&url, self.request(Method::GET, &url)).await?)
    }

    /// Makes a record.
    pub async fn create<T: DeserializeOwned>(&self, kind: &Kind<T>, body: &Json) -> Result<Resource<T>, Error> {
        self.create_at(kind.path, &[], body).await
    }

    /// Makes a record at a path of its own below the project.
    pub async fn create_at<T: DeserializeOwned>(&self, path: &str, query: Query<'_>, body: &Json) -> Result<Resource<T>, Error> {
        let url = self.url(path)?;
        let request = self.request(Method::POST, &url).query(query).json(body);
        understood(&url, self.ask(&url, request).await?)
    }

    /// Changes a record.
    pub async fn patch<T: DeserializeOwned>(&self, kind: &Kind<T>, id: &str, body: &Json) -> Result<Resource<T>, Error> {
        let url = self.url(&format!("{}/{id}", kind.path))?;
        let request = self.request(Method::PATCH, &url).json(body);
        understood(&url, self.ask(&url, request).await?)
    }

    /// Does something with a record, which is shown afterwards.
    pub async fn put<T: DeserializeOwned>(
        &self,
        kind: &Kind<T>,
        id: &str,
        action: &str,
        query: Query<'_>,
        body: &Json,
    ) -> Result<Resource<T>, Error> {
        let url = self.url(&format!("{}/{id}/{action}", kind.path))?;
        let request = self.request(Method::PUT, &url).query(query).json(body);
        understood(&url, self.ask(&url, request).await?)
    }

    /// Deletes a record.
    pub async fn delete<T>(&self, kind: &Kind<T>, id: &str) -> Result<(), Error> {
        let url = self.url(&format!("{}/{id}", kind.path))?;
        self.answer(self.request(Method::DELETE, &url)).await.map(drop)
    }

    /// A request outside of the project. `path` has its segments, each as it is.
    pub(crate) async fn outside(
        &self,
        method: Method,
        path: &[&str],
        query: Query<'_>,
        body: Option<&Json>,
    ) -> Result<Json, Error> {
        let url = self.below(path)?;
        let mut request = self.request(method, &url).query(query);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.ask(&url, request).await
    }

    pub(crate) fn url(&self, path: &str) -> Result<Url, Error> {
        let mut segments = vec!["v1", "projects", self.project.as_str()];
        segments.extend(path.split('/'));
        self.below(&segments)
    }

    pub(crate) fn below(&self, path: &[&str]) -> Result<Url, Error> {
        let mut url = self.base.clone();
        let wrong = || Error::Nonsense { url: self.base.to_string(), reason: "the address cannot carry a path".to_owned() };
        url.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().extend(path);
        Ok(url)
    }

    pub(crate) fn request(&self, method: Method, url: &Url) -> RequestBuilder {
        let request = self.http.client.request(method, url.clone());
        request.bearer_auth(self.token.as_str()).header(header::ACCEPT, "application/json")
    }

    async fn ask(&self, url: &Url, request: RequestBuilder) -> Result<Json, Error> {
        read(url, self.answer(request).await?).await
    }

    async fn answer(&self, request: RequestBuilder) -> Result<Response, Error> {
        self.checked(self.http.send(request).await?).await
    }

    /// Makes an error of an answer that is one.
    pub(crate) async fn checked(&self, response: Response) -> Result<Response, Error> {
        if let Some(time) = date(&response).and_then(|date| rfc2822::parse(date).ok()) {
            *self.date.lock().unwrap_or_else(PoisonError::into_inner) = Some(time.timestamp());
        }
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let request_id = header_text(&response, REQUEST_ID).to_owned();
        let text = response.text().await.unwrap_or_default();
        let json: Json = serde_json::from_str(&text).unwrap_or_default();
        let part = |key: &str| json.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
        let mut message = part("message");
        if message.is_empty() {
            let text = if json.is_object() { "" } else { text.trim() };
            message = if text.is_empty() { format!("status {status}") } else { text.chars().take(SHOWN).collect() };
        }
        Err(Error::Refused { status: status.as_u16(), code: part("code"), message, request_id })
    }
}

pub(crate) async fn read(url: &Url, response: Response) -> Result<Json, Error> {
    let bytes = response.bytes().await.map_err(|error| Error::transport(&error))?;
    if bytes.is_empty() {
        return Ok(Json::Null);
    }
    serde_json::from_slice(&bytes).map_err(|error| nonsense(url, &error))
}

pub(crate) fn understood<T: DeserializeOwned>(url: &Url, json: Json) -> Result<Resource<T>, Error> {
    // A record could be read from a list of its values, too, which no server means.
    if !json.is_object() {
        return Err(nonsense(url, &"a JSON object was expected"));
    }
    let data = T::deserialize(&json).map_err(|error| nonsense(url, &error))?;
    Ok(Resource { json, data })
}

pub(crate) fn nonsense(url: &Url, error: &impl std::fmt::Display) -> Error {
    Error::Nonsense { url: url.to_string(), reason: error.to_string() }
}
