//! Which TLS settings hold, and which certificate files exist, with libpq's defaults in `~/.postgresql`.
//!
//! Stage: settings to [`Ssl`]. Looks whether files exist; [`super::tls`] reads them, when TLS is really spoken.
//! Never: weakens what was asked for.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::error::TargetError;
use super::settings::Settings;
use super::{Endpoint, Host, RootCert, Ssl, SslMode, TlsVersions, values};

/// The TLS settings, and warnings about files that are named but absent, which libpq passes over in silence.
pub(super) fn read(
    settings: &Settings,
    environment: &Environment,
    endpoints: &[Endpoint],
    warnings: &mut Vec<String>,
) -> Result<Ssl, TargetError> {
    let root = root(settings, environment, warnings);
    let mode = mode(settings, &root)?;
    let direct = settings
        .read("sslnegotiation", values::direct)?
        .unwrap_or(false);
    let weak = matches!(mode, SslMode::Disable | SslMode::Allow | SslMode::Prefer);
    if direct && weak {
        return Err(
            TargetError::new("sslnegotiation=direct cannot fall back to no encryption")
                .advise("also set sslmode to require, verify-ca or verify-full"),
        );
    }
    let tcp: Vec<_> = endpoints
        .iter()
        .filter(|endpoint| is_tcp(endpoint))
        .collect();
    if !tcp.is_empty() {
        require_root(settings, environment, mode, &root)?;
    }
    if mode == SslMode::VerifyFull {
        tcp.iter().try_for_each(|endpoint| require_name(endpoint))?;
    }
    Ok(Ssl {
        mode,
        root,
        client_cert: client_cert(settings, environment, warnings),
        crl: file(settings, environment, "sslcrl", "root.crl", warnings),
        direct,
        sni: settings.read("sslsni", values::sni)?.unwrap_or(true),
        versions: versions(settings)?,
    })
}

fn root(settings: &Settings, environment: &Environment, warnings: &mut Vec<String>) -> RootCert {
    if settings
        .get("sslrootcert")
        .is_some_and(|root| root.value == "system")
    {
        return RootCert::System;
    }
    match file(settings, environment, "sslrootcert", "root.crt", warnings) {
        Some(path) => RootCert::File(path),
        None => RootCert::None,
    }
}

/// `sslmode`. The operating system's store vouches for half the world, so with it the name must be checked too.
fn mode(settings: &Settings, root: &RootCert) -> Result<SslMode, TargetError> {
    // Unlike other keywords an empty sslmode is an error to libpq, and to us: somebody meant to choose.
    let given = settings
        .said("sslmode")
        .map(|setting| {
            values::ssl_mode(&setting.value).map_err(|error| error.at(setting.place("sslmode")))
        })
        .transpose()?;
    match (given, root) {
        (None, RootCert::System) => Ok(SslMode::VerifyFull),
        (Some(mode), RootCert::System) if mode != SslMode::VerifyFull => Err(TargetError::new(
            "sslrootcert=system needs sslmode=verify-full",
        )
        .advise("leave sslmode out, or name a root certificate file")),
        (given, _) => Ok(given.unwrap_or(SslMode::Prefer)),
    }
}

fn require_root(
    settings: &Settings,
    environment: &Environment,
    mode: SslMode,
    root: &RootCert,
) -> Result<(), TargetError> {
    if *root != RootCert::None || !matches!(mode, SslMode::VerifyCa | SslMode::VerifyFull) {
        return Ok(());
    }
    let missing = named_or_usual(settings, environment, "sslrootcert", "root.crt")
        .map_or_else(String::new, |(path, _)| format!(" {}", path.display()));
    Err(TargetError::new(format!(
        "the server's certificate is to be verified, but there is no root certificate file{missing}"
    ))
    .advise("put the CA's certificate there, name another file by sslrootcert, or say sslrootcert=system"))
}

fn require_name(endpoint: &Endpoint) -> Result<(), TargetError> {
    match &endpoint.host {
        Host::Tcp { name: None, .. } => Err(TargetError::new(format!(
            "sslmode=verify-full needs a name to check for {}",
            endpoint.label()
        ))
        .advise("give host beside hostaddr, or use verify-ca")),
        _ => Ok(()),
    }
}

fn is_tcp(endpoint: &Endpoint) -> bool {
    matches!(endpoint.host, Host::Tcp { .. })
}

/// Certificate and key. A certificate that is not there is not offered, as in libpq.
fn client_cert(
    settings: &Settings,
    environment: &Environment,
    warnings: &mut Vec<String>,
) -> Option<(PathBuf, PathBuf)> {
    if settings
        .get("sslcertmode")
        .is_some_and(|mode| mode.value == "disable")
    {
        return None;
    }
    let certificate = file(settings, environment, "sslcert", "postgresql.crt", warnings)?;
    // Whether the key is there and is kept well enough is checked when it is read.
    let (key, _) = named_or_usual(settings, environment, "sslkey", "postgresql.key")?;
    Some((certificate, key))
}

/// The file of a setting, else the one in `~/.postgresql`, when it exists; a named one that does not is
/// worth a warning.
fn file(
    settings: &Settings,
    environment: &Environment,
    keyword: &str,
    usual: &str,
    warnings: &mut Vec<String>,
) -> Option<PathBuf> {
    let (path, place) = named_or_usual(settings, environment, keyword, usual)?;
    if path.exists() {
        return Some(path);
    }
    if let Some(place) = place {
        warnings.push(format!(
            "{place}: there is no file {}, so it is not used",
            path.display()
        ));
    }
    None
}

fn named_or_usual(
    settings: &Settings,
    environment: &Environment,
    keyword: &str,
    usual: &str,
) -> Option<(PathBuf, Option<String>)> {
    match settings.get(keyword) {
        Some(setting) => Some((
            Path::new(&setting.value).to_owned(),
            Some(setting.place(keyword)),
        )),
        None => environment
            .in_home(&format!(".postgresql/{usual}"))
            .map(|path| (path, None)),
    }
}

/// We never speak less than TLS 1.2, which is libpq's lower limit too.
fn versions(settings: &Settings) -> Result<TlsVersions, TargetError> {
    let read = |keyword: &str, default: u8| {
        settings
            .read(keyword, |value| match value.to_ascii_lowercase().as_str() {
                "tlsv1" | "tlsv1.0" => Ok(0),
                "tlsv1.1" => Ok(1),
                "tlsv1.2" => Ok(2),
                "tlsv1.3" => Ok(3),
                _ => Err(
                    TargetError::new(format!("\"{value}\" is not a TLS version"))
                        .advise("TLSv1.2 and TLSv1.3 can be asked for"),
                ),
            })
            .map(|minor| minor.unwrap_or(default))
    };
    let (lowest, highest) = (
        read("ssl_min_protocol_version", 2)?,
        read("ssl_max_protocol_version", 3)?,
    );
    match (lowest, highest) {
        (..=2, 3) => Ok(TlsVersions::Both),
        (..=2, 2) => Ok(TlsVersions::Only12),
        (3, 3) => Ok(TlsVersions::Only13),
        _ => Err(TargetError::new(
            "ssl_min_protocol_version and ssl_max_protocol_version leave no TLS version that we speak",
        )
        .advise("we speak TLSv1.2 and TLSv1.3")),
    }
}
