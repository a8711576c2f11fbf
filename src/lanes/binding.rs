//! SCRAM channel binding: the `tls-server-end-point` value of a server certificate (RFC 5929, section 4.1).
//!
//! Stage: after the TLS handshake, before authentication. Pure.
//! Never: verifies a certificate; an unreadable one only means "no channel binding".

use ring::digest::{Algorithm, SHA256, SHA384, SHA512, digest};

/// Tag of an ASN.1 SEQUENCE in DER.
const SEQUENCE: u8 = 0x30;
/// Tag of an ASN.1 OBJECT IDENTIFIER in DER.
const OBJECT_IDENTIFIER: u8 = 0x06;

/// The hash of `certificate` (DER) by its own signature's hash function, MD5 and SHA-1 raised to SHA-256.
/// `None` where the signature names no hash function (Ed25519) or one we do not know.
pub(crate) fn end_point_hash(certificate: &[u8]) -> Option<Vec<u8>> {
    let algorithm = signature_hash(certificate)?;
    Some(digest(algorithm, certificate).as_ref().to_vec())
}

/// Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { algorithm OID, … }, … } (RFC 5280).
fn signature_hash(certificate: &[u8]) -> Option<&'static Algorithm> {
    let (outer, _) = element(certificate, SEQUENCE)?;
    let (_, after_body) = element(outer, SEQUENCE)?;
    let (algorithm, _) = element(after_body, SEQUENCE)?;
    let (oid, _) = element(algorithm, OBJECT_IDENTIFIER)?;
    match oid {
        // 1.2.840.113549.1.1.x: RSA PKCS #1 with MD5 (4), SHA-1 (5), SHA-256 (11), SHA-384 (12), SHA-512 (13).
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last] => match last {
            4 | 5 | 11 => Some(&SHA256),
            12 => Some(&SHA384),
            13 => Some(&SHA512),
            _ => None,
        },
        // 1.2.840.10045.4.1: ECDSA with SHA-1.
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01] => Some(&SHA256),
        // 1.2.840.10045.4.3.x: ECDSA with SHA-256 (2), SHA-384 (3), SHA-512 (4).
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last] => match last {
            2 => Some(&SHA256),
            3 => Some(&SHA384),
            4 => Some(&SHA512),
            _ => None,
        },
        _ => None,
    }
}

/// The content of the first DER element of `bytes`, which must have this tag, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if found != tag {
        return None;
    }
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 4 {
            return None;
        }
        let (digits, rest) = rest.split_at_checked(count)?;
        let length = digits
            .iter()
            .fold(0_usize, |sum, digit| (sum << 8) | usize::from(*digit));
        (length, rest)
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, prop, proptest};

    #[test]
    #[allow(clippy::unwrap_used)] // A test.
    fn an_ecdsa_sha256_certificate_is_hashed_with_sha256() {
        let signed = rcgen::generate_simple_self_signed(vec!["db.example".into()]).unwrap();
        let der = signed.cert.der();
        assert_eq!(
            end_point_hash(der).unwrap(),
            digest(&SHA256, der).as_ref().to_vec()
        );
    }

    #[test]
    fn a_truncated_certificate_has_no_binding() {
        assert_eq!(end_point_hash(&[0x30, 0x82, 0x01]), None);
    }

    proptest! {
        #[test]
        fn no_certificate_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = end_point_hash(&bytes);
        }
    }
}
