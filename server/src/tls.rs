//! The server's own certificate authority and certificate, for sites that have no other.

use std::{io, sync::Arc};

use emt_api::timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

/// How long the authority is valid.
const AUTHORITY_DAYS: i64 = 3650;
/// How long the server's certificate is valid: a little over a year, as clients expect.
const CERTIFICATE_DAYS: i64 = 397;
/// A new certificate is made when less than this is left.
pub const RENEW_DAYS: i64 = 60;

const DAY_MS: i64 = 86_400_000;

/// Why certificates cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A name cannot stand in a certificate.
    #[error("{name:?} cannot stand in a certificate: use a host name such as emt.example.org")]
    Name {
        /// The name.
        name: String,
    },
    /// Making or reading a certificate failed.
    #[error("certificates cannot be made: {0}")]
    Make(#[from] rcgen::Error),
    /// The files do not go together.
    #[error("the certificate and key cannot be used: {0}")]
    Use(#[from] rustls::Error),
    /// A file is no PEM.
    #[error("the certificate or key is not readable as PEM: {0}")]
    Pem(#[from] rustls::pki_types::pem::Error),
}

impl From<TlsError> for io::Error {
    fn from(error: TlsError) -> Self {
        Self::other(error)
    }
}

/// A certificate and its key, both as PEM.
#[derive(Clone)]
pub struct Pair {
    /// Certificate.
    pub certificate: String,
    /// Private key.
    pub key: String,
}

/// A new certificate authority.
pub fn authority(now_ms: i64) -> Result<Pair, TlsError> {
    let key = KeyPair::generate()?;
    let certificate = authority_parameters(now_ms)?.self_signed(&key)?;
    Ok(Pair { certificate: certificate.pem(), key: key.serialize_pem() })
}

/// Refuses a domain name that no certificate can be made for.
pub fn check_name(fqdn: &str) -> Result<(), TlsError> {
    dns_name(fqdn, fqdn).map(drop)
}

fn dns_name(name: &str, fqdn: &str) -> Result<SanType, TlsError> {
    name.try_into().map(SanType::DnsName).map_err(|_| TlsError::Name { name: fqdn.to_owned() })
}

/// A certificate for the server under its domain name, any name below it, and loopback.
pub fn certificate(authority: &Pair, fqdn: &str, now_ms: i64) -> Result<Pair, TlsError> {
    let name = |name: &str| dns_name(name, fqdn);
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, fqdn);
    parameters.subject_alt_names = vec![
        name("localhost")?,
        name(fqdn)?,
        name(&format!("*.{fqdn}"))?,
        SanType::IpAddress(std::net::Ipv4Addr::LOCALHOST.into()),
        SanType::IpAddress(std::net::Ipv6Addr::LOCALHOST.into()),
    ];
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters.use_authority_key_identifier_extension = true;
    valid(&mut parameters, now_ms, CERTIFICATE_DAYS);
    let key = KeyPair::generate()?;
    let issuer = Issuer::new(authority_parameters(now_ms)?, KeyPair::from_pem(&authority.key)?);
    let certificate = parameters.signed_by(&key, &issuer)?;
    Ok(Pair { certificate: certificate.pem(), key: key.serialize_pem() })
}

/// TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN.
pub fn server_config(pair: &Pair) -> Result<Arc<ServerConfig>, TlsError> {
    let certificates = CertificateDer::pem_slice_iter(pair.certificate.as_bytes()).collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The subject is fixed, so that certificates can be issued from the key alone.
fn authority_parameters(now_ms: i64) -> Result<CertificateParams, TlsError> {
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.distinguished_name.push(DnType::CommonName, "emt-server certificate authority");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut parameters, now_ms, AUTHORITY_DAYS);
    Ok(parameters)
}

/// Valid from yesterday, because clocks differ, for so many days.
fn valid(parameters: &mut CertificateParams, now_ms: i64, days: i64) {
    let day = |milliseconds| {
        let text = timestamp::rfc3339(milliseconds);
        let part = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<u16>().ok()).unwrap_or(1);
        let small = |number: u16| u8::try_from(number).unwrap_or(1);
        rcgen::date_time_ymd(i32::from(part(0..4)), small(part(5..7)), small(part(8..10)))
    };
    parameters.not_before = day(now_ms - DAY_MS);
    parameters.not_after = day(now_ms + days * DAY_MS);
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_780_000_000_000;

    #[test]
    fn a_certificate_of_the_authority_can_be_served() {
        let authority = authority(NOW).unwrap();
        let pair = certificate(&authority, "emt.localhost", NOW).unwrap();
        let config = server_config(&pair).unwrap();
        assert_eq!(config.alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
    }

    #[test]
    fn clients_that_trust_the_authority_accept_every_name() {
        use rustls::{client::WebPkiServerVerifier, pki_types::ServerName};
        let authority = authority(NOW).unwrap();
        let pair = certificate(&authority, "emt.localhost", NOW).unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.certificate.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        let certificate = CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap();
        let time = rustls::pki_types::UnixTime::since_unix_epoch(std::time::Duration::from_millis(NOW.unsigned_abs()));
        for (name, accepted) in [
            ("localhost", true),
            ("emt.localhost", true),
            ("api.emt.localhost", true),
            ("keycloak.emt.localhost", true),
            ("127.0.0.1", true),
            ("::1", true),
            ("emt.example.org", false),
        ] {
            let server = ServerName::try_from(name).unwrap();
            let outcome =
                rustls::client::danger::ServerCertVerifier::verify_server_cert(&*verifier, &certificate, &[], &server, &[], time);
            assert_eq!(outcome.is_ok(), accepted, "{name}: {outcome:?}");
        }
    }

    #[test]
    fn bad_names_and_files_are_refused() {
        let authority = authority(NOW).unwrap();
        assert!(matches!(certificate(&authority, "ümlaut", NOW), Err(TlsError::Name { .. })));
        let broken = Pair { certificate: "x".to_owned(), key: "y".to_owned() };
        assert!(server_config(&broken).is_err());
    }
}
