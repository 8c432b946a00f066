//! Certificates that users add because their server's authority is known to their office only.

use base64::Engine as _;
use rustls::{RootCertStore, pki_types::CertificateDer};
use x509_parser::{certificate::X509Certificate, pem::Pem, prelude::FromDer};

use crate::model::Millis;

/// A certificate that TLS can use.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    /// Whose it is: the common name, else the organisation, else everything its subject says.
    pub name: String,
    pub expires_at: Millis,
}

/// Why a file's certificates cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    #[error("there is no certificate in the file")]
    None,
    /// Nobody should hand out such a file; it is not kept.
    #[error("the file holds a private key and no certificate")]
    PrivateKey,
    /// All of them; the time is the latest of theirs.
    #[error("the certificate has expired")]
    Expired(Millis),
}

const LONGEST_NAME: usize = 200;

/// The certificates in a file: PEM with one or many and any text between them, or one in DER. Private keys
/// beside them are left out, expired ones too unless there is no other.
pub fn read_certificates(file: &[u8], now: Millis) -> Result<Vec<Certificate>, CertificateError> {
    let mut found: Vec<Certificate> = Vec::new();
    let mut has_key = is_der_key(file);
    let mut add = |der: &[u8]| {
        if let Some(certificate) = Certificate::read(der)
            && !found.contains(&certificate)
        {
            found.push(certificate);
        }
    };
    add(file);
    for block in Pem::iter_from_buffer(file).map_while(Result::ok) {
        match block.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => add(&block.contents),
            label => has_key |= label.ends_with("PRIVATE KEY"),
        }
    }
    let Some(latest) = found.iter().map(|certificate| certificate.expires_at).max() else {
        return Err(if has_key { CertificateError::PrivateKey } else { CertificateError::None });
    };
    found.retain(|certificate| certificate.expires_at > now);
    if found.is_empty() { Err(CertificateError::Expired(latest)) } else { Ok(found) }
}

/// As one PEM text, which [`read_certificates`] reads again.
pub fn write_certificates(certificates: &[Certificate]) -> String {
    let mut text = String::new();
    for certificate in certificates {
        let body = base64::engine::general_purpose::STANDARD.encode(&certificate.der);
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        for line in body.as_bytes().chunks(64) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}

impl Certificate {
    /// `None` for what is no certificate, or none that TLS here can use.
    fn read(der: &[u8]) -> Option<Self> {
        let (rest, parsed) = X509Certificate::from_der(der).ok()?;
        let der = &der[..der.len() - rest.len()];
        let subject = parsed.subject();
        let name = subject
            .iter_common_name()
            .chain(subject.iter_organization())
            .find_map(|name| name.as_str().ok().filter(|name| !name.trim().is_empty()))
            .map_or_else(|| subject.to_string(), str::to_owned);
        let certificate = Self {
            der: der.to_vec(),
            name: super::http::clip(name.trim(), LONGEST_NAME),
            expires_at: parsed.validity().not_after.timestamp().saturating_mul(1000),
        };
        // One that TLS does not take would break every connection.
        RootCertStore::empty().add(certificate.for_tls()).is_ok().then_some(certificate)
    }

    pub(super) fn for_tls(&self) -> CertificateDer<'static> {
        self.der.clone().into()
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({:?})", self.name)
    }
}

/// A private key in DER begins with its version number (0 or 1); a certificate begins with a further sequence.
fn is_der_key(file: &[u8]) -> bool {
    let [0x30, length, rest @ ..] = file else { return false };
    let skipped = if *length < 0x80 { 0 } else { usize::from(length & 0x7F) };
    matches!(rest.get(skipped..), Some([0x02, 0x01, 0x00 | 0x01, ..]))
}
