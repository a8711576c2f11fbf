//! Turns `host`, `hostaddr` and `port`, each of them a comma list, into the places to try.
//!
//! Stage: parsing; looks at the file system only for where a local socket is. Never: looks up a name.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::error::TargetError;
use super::settings::Settings;
use super::{Endpoint, Host, values};

/// The places to try, in order; never empty.
pub(super) fn read(
    settings: &Settings,
    socket_directories: &[PathBuf],
) -> Result<Vec<Endpoint>, TargetError> {
    let hosts = list(settings, "host");
    let addresses = list(settings, "hostaddr");
    let ports = list(settings, "port");
    let count = addresses.len().max(hosts.len()).max(1);
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err(mismatch(
            settings,
            ("host", &hosts),
            ("hostaddr", &addresses),
        ));
    }
    if ports.len() > 1 && ports.len() != count {
        let servers: (&str, &[&str]) = if addresses.is_empty() {
            ("host", &hosts)
        } else {
            ("hostaddr", &addresses)
        };
        return Err(mismatch(settings, ("port", &ports), servers));
    }
    let place = |keyword: &str| {
        settings
            .get(keyword)
            .map_or_else(String::new, |setting| setting.place(keyword))
    };
    (0..count)
        .map(|at| {
            let at_or_empty = |list: &[&str]| list.get(at).copied().unwrap_or_default().to_owned();
            // One port serves all hosts.
            let port = if ports.len() == 1 {
                ports[0].to_owned()
            } else {
                at_or_empty(&ports)
            };
            let port = values::port(&port).map_err(|error| error.at(place("port")))?;
            let name = at_or_empty(&hosts);
            let host = match at_or_empty(&addresses).as_str() {
                "" => named_host(&name, port, socket_directories),
                address => Host::Tcp {
                    name: (!name.is_empty()).then_some(name),
                    address: Some(ip(address).map_err(|error| error.at(place("hostaddr")))?),
                },
            };
            Ok(Endpoint {
                host,
                port,
                filed_password: None,
            })
        })
        .collect()
}

/// The host as a line of the password file must spell it: `host` when there is one, else `hostaddr`; for the
/// socket in its usual place `localhost`.
pub(super) fn password_file_name(endpoint: &Endpoint, usual: &[PathBuf]) -> String {
    match &endpoint.host {
        Host::Unix(directory) if usual.contains(directory) => "localhost".to_owned(),
        Host::Unix(directory) => directory.display().to_string(),
        Host::Abstract(name) => format!("@{name}"),
        Host::Tcp {
            name: Some(name), ..
        } => name.clone(),
        Host::Tcp { address, .. } => address.map(|ip| ip.to_string()).unwrap_or_default(),
    }
}

fn list<'a>(settings: &'a Settings, keyword: &str) -> Vec<&'a str> {
    settings
        .get(keyword)
        .map(|setting| setting.value.split(',').collect())
        .unwrap_or_default()
}

fn named_host(name: &str, port: u16, socket_directories: &[PathBuf]) -> Host {
    match name.as_bytes().first() {
        None => Host::Unix(local_directory(port, socket_directories)),
        Some(b'/') => Host::Unix(PathBuf::from(name)),
        Some(b'@') => Host::Abstract(name[1..].to_owned()),
        Some(_) => Host::Tcp {
            name: Some(name.to_owned()),
            address: None,
        },
    }
}

/// Where the server on this host listens: the directory that has its socket, else the usual one, so that
/// the error names it.
fn local_directory(port: u16, candidates: &[PathBuf]) -> PathBuf {
    candidates
        .iter()
        .find(|directory| directory.join(format!(".s.PGSQL.{port}")).exists())
        .or(candidates.first())
        .cloned()
        .unwrap_or_else(|| Path::new("/tmp").to_owned())
}

fn ip(text: &str) -> Result<IpAddr, TargetError> {
    text.parse().map_err(|_| {
        TargetError::new(format!("\"{text}\" is not a numeric IP address"))
            .advise("give a name as host")
    })
}

fn mismatch(settings: &Settings, one: (&str, &[&str]), other: (&str, &[&str])) -> TargetError {
    let count = |(keyword, list): (&str, &[&str])| format!("{} of {keyword}", list.len());
    let error = TargetError::new(format!(
        "the lists differ in length: {}, {}",
        count(one),
        count(other)
    ));
    let error = match settings.get(one.0) {
        Some(setting) => error.at(setting.place(one.0)),
        None => error,
    };
    if one.0 == "port" {
        error.advise("give one port for all, or one for each")
    } else {
        error.advise("give a hostaddr for each host; an empty one between commas is looked up")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::connect::settings::Origin;

    fn endpoints(text: &str) -> Result<Vec<String>, TargetError> {
        let settings = Settings::from_connection_string(text, &Origin::Flag("-d"))?.unwrap();
        let usual = ["/usual", "/other"].map(PathBuf::from);
        Ok(read(&settings, &usual)?
            .iter()
            .map(|endpoint| {
                format!(
                    "{} as {}",
                    endpoint.label(),
                    password_file_name(endpoint, &usual)
                )
            })
            .collect())
    }

    #[test]
    fn lists_become_endpoints() {
        #[rustfmt::skip]
        let cases: [(&str, &[&str]); 15] = [
            ("user=x", &["/usual/.s.PGSQL.5432 as localhost"]),
            ("port=6432", &["/usual/.s.PGSQL.6432 as localhost"]),
            ("host=/other", &["/other/.s.PGSQL.5432 as localhost"]),
            ("host=/run/x", &["/run/x/.s.PGSQL.5432 as /run/x"]),
            ("host=@x", &["@x/.s.PGSQL.5432 as @x"]),
            ("host=db", &["db:5432 as db"]),
            ("host=a,b port=1", &["a:1 as a", "b:1 as b"]),
            ("host=a,b port=1,2", &["a:1 as a", "b:2 as b"]),
            ("host=a,b port=,2", &["a:5432 as a", "b:2 as b"]),
            ("host=,b port=1,2", &["/usual/.s.PGSQL.1 as localhost", "b:2 as b"]),
            ("hostaddr=10.0.0.1 port=1", &["10.0.0.1:1 as 10.0.0.1"]),
            ("host=db hostaddr=10.0.0.1", &["db (10.0.0.1):5432 as db"]),
            ("host=/x hostaddr=10.0.0.1", &["/x (10.0.0.1):5432 as /x"]),
            ("host=a,b hostaddr=10.0.0.1,", &["a (10.0.0.1):5432 as a", "b:5432 as b"]),
            ("hostaddr=::1,10.0.0.1", &["[::1]:5432 as ::1", "10.0.0.1:5432 as 10.0.0.1"]),
        ];
        for (text, expected) in cases {
            assert_eq!(endpoints(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn lists_that_do_not_fit_are_refused() {
        #[rustfmt::skip]
        let cases = [
            ("host=a,b port=1,2,3", "port in -d: the lists differ in length: 3 of port, 2 of host; give one port for all, or one for each"),
            ("hostaddr=::1,::2 port=1,2,3", "port in -d: the lists differ in length: 3 of port, 2 of hostaddr; give one port for all, or one for each"),
            ("port=1,2", "port in -d: the lists differ in length: 2 of port, 0 of host; give one port for all, or one for each"),
            ("host=a hostaddr=::1,::2", "host in -d: the lists differ in length: 1 of host, 2 of hostaddr; give a hostaddr for each host; an empty one between commas is looked up"),
            ("hostaddr=db", "hostaddr in -d: \"db\" is not a numeric IP address; give a name as host"),
            ("host=a port=x", "port in -d: \"x\" is not an integer"),
            ("host=a port=0", "port in -d: \"0\" is no port: a port is between 1 and 65535"),
        ];
        for (text, message) in cases {
            assert_eq!(endpoints(text).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn the_directory_that_has_the_socket_is_taken() {
        let (empty, full) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(full.path().join(".s.PGSQL.7"), "").unwrap();
        let candidates = [empty.path().to_owned(), full.path().to_owned()];
        assert_eq!(local_directory(7, &candidates), full.path());
        assert_eq!(local_directory(8, &candidates), empty.path());
    }
}
