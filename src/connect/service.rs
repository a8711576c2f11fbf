//! Reads `pg_service.conf`: which file, which section, and libpq's strict line syntax.
//!
//! Stage: files. Never: guesses; a service that cannot be read whole is an error with file and line.

use std::path::{Path, PathBuf};

use super::conninfo::is_space;
use super::environment::Environment;
use super::error::TargetError;
use super::settings::{Origin, Settings};

/// The settings of a service. `named_file` is the one that `servicefile` or `PGSERVICEFILE` names.
pub(super) fn read(
    service: &str,
    named_file: Option<&Path>,
    environment: &Environment,
) -> Result<Settings, TargetError> {
    let mut looked_in = Vec::new();
    for (path, must_exist) in candidates(named_file, environment) {
        let text = match std::fs::read(&path) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| {
                TargetError::new("the service file is not UTF-8").at(path.display())
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => continue,
            Err(error) => {
                return Err(TargetError::new(format!(
                    "cannot read the service file {}: {error}",
                    path.display()
                ))
                .advise("PGSERVICEFILE or servicefile names it"));
            }
        };
        if let Some(settings) = parse(&text, service, &path)? {
            return Ok(settings);
        }
        looked_in.push(path.display().to_string());
    }
    let where_we_looked = match looked_in.as_slice() {
        [] => "there is no service file".to_owned(),
        files => format!("looked in {}", files.join(" and ")),
    };
    Err(TargetError::new(format!(
        "service \"{service}\" is not defined: {where_we_looked}"
    ))
    .advise(format!("add a section [{service}] to ~/.pg_service.conf")))
}

/// The user's file, then the system's. Only a file that was named must exist.
fn candidates(named: Option<&Path>, environment: &Environment) -> Vec<(PathBuf, bool)> {
    let own = match named {
        Some(path) => Some((path.to_owned(), true)),
        None => environment
            .in_home(".pg_service.conf")
            .map(|path| (path, false)),
    };
    let system = match environment.variable("PGSYSCONFDIR") {
        // Joined to an empty name, the file would be looked for wherever we happen to stand.
        Some(directory) if !directory.is_empty() => vec![PathBuf::from(directory)],
        _ => environment.service_directories.clone(),
    };
    let system = system
        .into_iter()
        .map(|directory| (directory.join("pg_service.conf"), false));
    own.into_iter().chain(system).collect()
}

/// The first section of that name; `None` when there is none. Lines of other sections are not read.
fn parse(text: &str, service: &str, path: &Path) -> Result<Option<Settings>, TargetError> {
    let mut found: Option<Settings> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_matches(is_space);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with('[') {
            if found.is_some() {
                break;
            }
            let header = format!("[{service}]");
            found = line.starts_with(&header).then(Settings::default);
            continue;
        }
        let Some(settings) = &mut found else { continue };
        let origin = Origin::Service {
            path: path.to_owned(),
            line: number + 1,
        };
        let (keyword, value) = pair(line).map_err(|error| error.at(&origin))?;
        // The first of two lines counts in a service file; in a connection string it is the last.
        if settings.said(keyword).is_none() {
            settings.set(keyword, value, &origin)?;
        }
    }
    Ok(found)
}

fn pair(line: &str) -> Result<(&str, &str), TargetError> {
    let Some((keyword, value)) = line.split_once('=') else {
        return Err(TargetError::new("a line of a service is keyword=value"));
    };
    if keyword.ends_with(is_space) {
        return Err(TargetError::new(format!(
            "there is a space before the \"=\" of \"{}\"",
            keyword.trim_end_matches(is_space)
        ))
        .advise("libpq does not allow it: write keyword=value"));
    }
    if keyword == "service" || keyword == "servicefile" {
        return Err(TargetError::new(
            "a service cannot refer to another service",
        ));
    }
    Ok((keyword, value))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "\
# comment
[other]
host = spaces do not matter in a section nobody asks for
[prod]
host=db.example
  port=6432\x20\x20
host=second
dbname=my db
user= ada
[prod]
host=third
[broken-space]
host =x
[broken-key]
hots=x
[broken-line]
host
[nested]
service=prod
";

    #[test]
    fn a_section_is_read_as_libpq_reads_it() {
        let settings = parse(TEXT, "prod", Path::new("s.conf")).unwrap().unwrap();
        for (keyword, value) in [
            ("host", "db.example"),
            ("port", "6432"),
            ("dbname", "my db"),
            ("user", " ada"),
        ] {
            assert_eq!(settings.get(keyword).unwrap().value, value, "{keyword}");
        }
    }

    #[test]
    fn a_broken_section_is_an_error_with_file_and_line() {
        #[rustfmt::skip]
        let cases = [
            ("broken-space", "s.conf, line 13: there is a space before the \"=\" of \"host\"; libpq does not allow it: write keyword=value"),
            ("broken-key", "s.conf, line 15: unknown connection keyword \"hots\"; did you mean \"host\"?"),
            ("broken-line", "s.conf, line 17: a line of a service is keyword=value"),
            ("nested", "s.conf, line 19: a service cannot refer to another service"),
        ];
        for (service, message) in cases {
            let error = parse(TEXT, service, Path::new("s.conf")).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
        assert!(
            parse(TEXT, "unknown", Path::new("s.conf"))
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn the_users_file_comes_before_the_systems_and_a_named_file_must_exist() {
        let home = tempfile::tempdir().unwrap();
        let system = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(".pg_service.conf"), "[a]\nhost=own\n").unwrap();
        std::fs::write(
            system.path().join("pg_service.conf"),
            "[a]\nhost=system\n[b]\nhost=b\n",
        )
        .unwrap();
        let environment = Environment {
            home: Some(home.path().to_owned()),
            service_directories: vec![system.path().to_owned()],
            ..Environment::default()
        };
        for (service, host) in [("a", "own"), ("b", "b")] {
            let settings = read(service, None, &environment).unwrap();
            assert_eq!(settings.get("host").unwrap().value, host);
        }
        let unknown = read("c", None, &environment).unwrap_err().to_string();
        assert!(
            unknown.starts_with("service \"c\" is not defined: looked in "),
            "{unknown}"
        );
        let missing = read("a", Some(Path::new("/nonexistent/s")), &environment).unwrap_err();
        assert!(
            missing
                .to_string()
                .starts_with("cannot read the service file /nonexistent/s")
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = parse(&format!("[s]\n{text}"), "s", Path::new("s"));
        }
    }
}
