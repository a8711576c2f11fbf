//! Reads certificate, key and revocation files in PEM.
//!
//! Stage: while [`super::tls`] builds its configuration. Every error names the file.
//! Never: uses a private key that others may read.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

use super::error::TargetError;

/// The certificates of a file; at least one.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TargetError> {
    let found: Vec<_> = pem(path)?;
    if found.is_empty() {
        return Err(TargetError::new("the file has no PEM certificate").at(path.display()));
    }
    Ok(found)
}

/// The revocation lists of a file.
pub(super) fn revocation_lists(
    path: &Path,
) -> Result<Vec<CertificateRevocationListDer<'static>>, TargetError> {
    pem(path)
}

fn pem<T: PemObject>(path: &Path) -> Result<Vec<T>, TargetError> {
    T::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| {
            TargetError::new(format!("cannot be read as PEM: {error}")).at(path.display())
        })
}

/// The key of a client certificate, when it is kept as libpq demands.
pub(super) fn private_key(
    certificate: &Path,
    path: &PathBuf,
) -> Result<PrivateKeyDer<'static>, TargetError> {
    let unreadable = |error: std::io::Error| {
        TargetError::new(format!("cannot read the private key: {error}"))
            .at(path.display())
            .advise(format!(
                "it belongs to the client certificate {}",
                certificate.display()
            ))
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(TargetError::new("the private key is not a plain file").at(path.display()));
    }
    if is_exposed(metadata.mode(), metadata.uid()) {
        return Err(
            TargetError::new("others may use the private key, so it is not used")
                .at(path.display())
                .advise(format!(
                    "run: chmod 0600 {} (0640 will do when root owns it)",
                    path.display()
                )),
        );
    }
    let mut text = Vec::new();
    file.read_to_end(&mut text).map_err(unreadable)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| {
        let encrypted = String::from_utf8_lossy(&text).contains("ENCRYPTED");
        let what = if encrypted {
            "the private key is encrypted, which is not supported".to_owned()
        } else {
            format!("the private key cannot be read as PEM: {error}")
        };
        TargetError::new(what)
            .at(path.display())
            .advise("openssl pkey -in KEY -out PLAIN writes a plain PEM key")
    })
}

/// libpq's rule: a key is its owner's alone, but root may share one with a group that reads.
fn is_exposed(mode: u32, owner: u32) -> bool {
    let forbidden = if owner == 0 { 0o037 } else { 0o077 };
    mode & forbidden != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_for_its_owner_and_roots_may_be_for_a_group() {
        for (mode, owner, exposed) in [
            (0o600, 1000, false),
            (0o400, 1000, false),
            (0o640, 1000, true),
            (0o604, 1000, true),
            (0o640, 0, false),
            (0o660, 0, true),
            (0o644, 0, true),
        ] {
            assert_eq!(is_exposed(mode, owner), exposed, "{mode:o} of {owner}");
        }
    }
}
