//! What a server certificate says beyond what rustls tells: its version, dates, names and bare key.
//!
//! Stage: pure reading of one X.509 certificate, for [`super::verifier`]. Never: decides whom to trust.

use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, Error};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode, Tag, Tagged};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const NAME_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.30");

/// A parsed certificate.
pub(super) struct Certificate(x509_cert::Certificate);

/// A public key in the pieces that signature checks ask for.
pub(super) struct BareKey {
    /// `SubjectPublicKeyInfo`, whole.
    pub(super) info: SubjectPublicKeyInfoDer<'static>,
    /// The algorithm identifier without its outer header.
    pub(super) algorithm: Vec<u8>,
    /// The key's bits.
    pub(super) bits: Vec<u8>,
}

impl Certificate {
    /// Reads DER.
    pub(super) fn read(der: &CertificateDer<'_>) -> Result<Self, Error> {
        x509_cert::Certificate::from_der(der)
            .map(Self)
            .map_err(|_| bad_encoding())
    }

    /// Whether it is of version 1, which has no extensions. `openssl x509 -req` without `-extfile` makes
    /// these, and the PostgreSQL manual shows that command.
    pub(super) fn is_version_1(&self) -> bool {
        self.0.tbs_certificate.version == x509_cert::Version::V1
    }

    /// Fails before its first and after its last second.
    pub(super) fn check_dates(&self, now: UnixTime) -> Result<(), Error> {
        let validity = &self.0.tbs_certificate.validity;
        let seconds = now.as_secs();
        if seconds < validity.not_before.to_unix_duration().as_secs() {
            return Err(CertificateError::NotValidYet.into());
        }
        if seconds > validity.not_after.to_unix_duration().as_secs() {
            return Err(CertificateError::Expired.into());
        }
        Ok(())
    }

    /// Whether it limits the names that may stand below it.
    pub(super) fn constrains_names(&self) -> bool {
        self.0
            .tbs_certificate
            .extensions
            .iter()
            .flatten()
            .any(|extension| extension.extn_id == NAME_CONSTRAINTS)
    }

    /// Whether it is for `name`, as libpq has it: an alternative name, with the star even above a single label
    /// (`*.internal`); or the common name, but only where there is no alternative name for a host or an address.
    pub(super) fn is_for(&self, name: &ServerName<'_>) -> bool {
        let host = name.to_str();
        match (self.alternative_names(), name) {
            (None, _) => self.common_name().is_some_and(|name| fits(name, &host)),
            (Some(names), ServerName::DnsName(_)) => names.iter().any(|name| fits(name, &host)),
            (Some(_), _) => false,
        }
    }

    /// The key, for a certificate that rustls will not parse.
    pub(super) fn bare_key(&self) -> Result<BareKey, Error> {
        let info = &self.0.tbs_certificate.subject_public_key_info;
        let encode = || {
            let mut algorithm = info.algorithm.oid.to_der()?;
            if let Some(parameters) = &info.algorithm.parameters {
                algorithm.extend(parameters.to_der()?);
            }
            Ok::<_, x509_cert::der::Error>((info.to_der()?, algorithm))
        };
        let (whole, algorithm) = encode().map_err(|_| bad_encoding())?;
        Ok(BareKey {
            info: whole.into(),
            algorithm,
            bits: info.subject_public_key.raw_bytes().to_vec(),
        })
    }

    /// The host names among the alternative names; `None` when there is none for a host nor an address.
    fn alternative_names(&self) -> Option<Vec<String>> {
        let names = match self.0.tbs_certificate.get::<SubjectAltName>() {
            Ok(None) => return None,
            Ok(Some((_, names))) => names.0,
            // What cannot be read may be a name: the stricter answer.
            Err(_) => return Some(Vec::new()),
        };
        let counts = |name: &GeneralName| {
            matches!(name, GeneralName::DnsName(_) | GeneralName::IpAddress(_))
        };
        let hosts = names.iter().filter_map(|name| match name {
            GeneralName::DnsName(host) => Some(host.to_string()),
            _ => None,
        });
        names.iter().any(counts).then(|| hosts.collect())
    }

    /// The first common name, as libpq takes it.
    fn common_name(&self) -> Option<&str> {
        let attributes = self
            .0
            .tbs_certificate
            .subject
            .0
            .iter()
            .flat_map(|set| set.0.iter());
        let value = &attributes
            .into_iter()
            .find(|attribute| attribute.oid == COMMON_NAME)?
            .value;
        match value.tag() {
            Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::TeletexString => {
                std::str::from_utf8(value.value()).ok()
            }
            _ => None,
        }
    }
}

fn bad_encoding() -> Error {
    CertificateError::BadEncoding.into()
}

/// Whether `pattern`, a name or `*.domain`, covers `host`. The star stands for one label.
fn fits(pattern: &str, host: &str) -> bool {
    let covered = match pattern.strip_prefix("*.") {
        Some(domain) => host.split_once('.').is_some_and(|(label, rest)| {
            !label.is_empty() && !domain.is_empty() && rest.eq_ignore_ascii_case(domain)
        }),
        None => false,
    };
    covered || pattern.eq_ignore_ascii_case(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        for (pattern, host, expected) in [
            ("db.example", "db.example", true),
            ("DB.Example", "db.example", true),
            ("*.example", "db.example", true),
            ("*.example", "a.db.example", false),
            ("*.example", ".example", false),
            ("*.example", "example", false),
            ("*.", "db.", false),
            ("d*.example", "db.example", false),
            ("*", "db", false),
            ("10.0.0.7", "10.0.0.7", true),
            ("db.example\0.evil", "db.example", false),
        ] {
            assert_eq!(fits(pattern, host), expected, "{pattern} {host}");
        }
    }
}
