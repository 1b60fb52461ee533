//! A client that costs next to nothing: requests that are written once, answers of which only the end is looked for. The
//! machine's cores are shared with the server, and what the client costs would be taken for the server's.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer, pki_types::ServerName, pki_types::pem::PemObject};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::Outcome;

/// Bytes that are read at once.
const CHUNK: usize = 64 * 1024;
/// Most bytes of an answer's head.
const HEAD: usize = 8 * 1024;

/// Where connections go.
#[derive(Clone)]
pub(crate) struct Target {
    connector: TlsConnector,
    host: String,
    port: u16,
}

impl Target {
    /// An origin such as `https://emt.localhost:8443`, whose certificate comes from `authority` (PEM). Names are loopback's.
    pub(crate) fn new(origin: &str, authority: &[u8]) -> Outcome<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority)?)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let address = origin.strip_prefix("https://").ok_or("an origin begins with https://")?;
        let (host, port) = address.split_once(':').ok_or("an origin has a port")?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), host: host.to_owned(), port: port.parse()? })
    }

    /// A new connection.
    pub(crate) async fn connect(&self) -> Outcome<Connection> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(self.host.clone())?;
        Ok(Connection { stream: self.connector.connect(name, stream).await?, buffer: vec![0; CHUNK] })
    }

    /// A request as it goes over the wire. `body` is JSON; "" for none.
    pub(crate) fn request(&self, method: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
        self.plain(method, path, &format!("authorization: Bearer {token}\r\n"), body)
    }

    /// The same with these lines as headers, whoever asks.
    pub(crate) fn plain(&self, method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
        let (host, port, length) = (&self.host, self.port, body.len());
        let kind = if body.is_empty() {
            String::new()
        } else {
            format!("content-type: application/json\r\ncontent-length: {length}\r\n")
        };
        format!("{method} {path} HTTP/1.1\r\nhost: {host}:{port}\r\n{headers}{kind}\r\n{body}").into_bytes()
    }
}

/// One connection, one request at a time.
pub(crate) struct Connection {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
}

/// How the end of a body is known.
enum Rest {
    Bytes(usize),
    Chunks(Chunks),
}

impl Connection {
    /// Sends a request and reads its answer to the end; an answer that is not 200 is an error. The answer's bytes are handed
    /// to `seen`, framing of chunks included.
    pub(crate) async fn ask(&mut self, request: &[u8], mut seen: impl FnMut(&[u8])) -> Outcome<()> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        let mut had = 0;
        let (end, mut rest) = loop {
            had += self.read(had).await?;
            if let Some(end) = self.buffer[..had].windows(4).position(|four| four == b"\r\n\r\n") {
                break (end + 4, head(&self.buffer[..end])?);
            }
            if had > HEAD {
                return Err("the head of an answer does not end".into());
            }
        };
        let mut from = end;
        loop {
            let part = &self.buffer[from..had];
            seen(part);
            let done = match &mut rest {
                Rest::Bytes(missing) => {
                    *missing = missing.checked_sub(part.len()).ok_or("an answer is longer than it says")?;
                    *missing == 0
                }
                Rest::Chunks(chunks) => chunks.pass(part)?,
            };
            if done {
                return Ok(());
            }
            (from, had) = (0, self.read(0).await?);
        }
    }

    /// Sends a request whose answer does not end.
    pub(crate) async fn follow(&mut self, request: &[u8]) -> Outcome<()> {
        self.buffer.truncate(4 * 1024);
        self.buffer.shrink_to_fit();
        self.stream.write_all(request).await?;
        Ok(self.stream.flush().await?)
    }

    /// Reads on until there is a text in what was read.
    pub(crate) async fn until(&mut self, text: &[u8]) -> Outcome<()> {
        let mut kept = Vec::new();
        loop {
            let had = self.read(0).await?;
            kept.extend_from_slice(&self.buffer[..had]);
            if kept.windows(text.len()).any(|part| part == text) {
                return Ok(());
            }
        }
    }

    async fn read(&mut self, at: usize) -> Outcome<usize> {
        match self.stream.read(&mut self.buffer[at..]).await? {
            0 => Err("the server ended a connection".into()),
            read => Ok(read),
        }
    }
}

fn head(head: &[u8]) -> Outcome<Rest> {
    let head = std::str::from_utf8(head)?.to_ascii_lowercase();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    if !status.starts_with("http/1.1 200") {
        return Err(format!("the server answered {status}").into());
    }
    for line in lines {
        if let Some(length) = line.strip_prefix("content-length:") {
            return Ok(Rest::Bytes(length.trim().parse()?));
        }
        if line.starts_with("transfer-encoding:") {
            return Ok(Rest::Chunks(Chunks::default()));
        }
    }
    Err("an answer does not say where it ends".into())
}

/// Where a body in chunks is.
#[derive(Default)]
struct Chunks {
    /// Bytes of the chunk, and of the line end behind it, that are still to come.
    missing: usize,
    /// The line that is being read.
    line: Vec<u8>,
    last: bool,
}

impl Chunks {
    /// Whether the body ends with these bytes.
    fn pass(&mut self, mut bytes: &[u8]) -> Outcome<bool> {
        while !bytes.is_empty() {
            let skipped = self.missing.min(bytes.len());
            self.missing -= skipped;
            bytes = &bytes[skipped..];
            let Some((first, others)) = bytes.split_first() else { break };
            bytes = others;
            if *first != b'\n' {
                self.line.push(*first);
                continue;
            }
            if self.last {
                return Ok(true);
            }
            let size = usize::from_str_radix(std::str::from_utf8(&self.line)?.trim(), 16)?;
            self.line.clear();
            self.last = size == 0;
            self.missing = if self.last { 0 } else { size + 2 };
        }
        Ok(false)
    }
}
