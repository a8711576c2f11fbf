//! Puts what was said in libpq's order: command line, the target's DSN, service file, environment.
//!
//! Stage: files and environment to [`Settings`]. Never: reads what a value means.

use std::path::Path;

use super::ConnectionFlags;
use super::config::NamedTarget;
use super::environment::Environment;
use super::error::TargetError;
use super::keywords::KEYWORDS;
use super::service;
use super::settings::{Origin, Settings};

/// All settings, the stronger over the weaker.
pub(super) fn gather(
    flags: &ConnectionFlags,
    named: Option<&NamedTarget>,
    environment: &Environment,
) -> Result<Settings, TargetError> {
    let mut settings = command_line(flags)?;
    if let Some(dsn) = named.map(dsn).transpose()?.flatten() {
        settings.fill_from(without_another_server(dsn, &settings));
    }
    let variables = variables(environment)?;
    let said = |keyword| {
        settings
            .said(keyword)
            .or_else(|| variables.said(keyword))
            .map(|setting| setting.value.clone())
    };
    if let Some(name) = said("service") {
        let file = said("servicefile");
        let service = service::read(&name, file.as_deref().map(Path::new), environment)?;
        settings.fill_from(service);
    }
    settings.fill_from(variables);
    settings.refuse_unsupported()?;
    Ok(settings)
}

/// The flags. As in psql, what a connection string in `-d` says goes before the other flags.
fn command_line(flags: &ConnectionFlags) -> Result<Settings, TargetError> {
    let mut settings = Settings::default();
    for (keyword, flag, value) in [
        ("host", "--host", &flags.host),
        ("port", "--port", &flags.port),
        ("user", "--username", &flags.username),
        ("service", "--service", &flags.service),
    ] {
        // psql takes an empty flag for one that was not given.
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            settings.set(keyword, value, &Origin::Flag(flag))?;
        }
    }
    let Some(text) = flags.dbname.as_deref().filter(|text| !text.is_empty()) else {
        return Ok(settings);
    };
    let origin = Origin::Flag("-d");
    match Settings::from_connection_string(text, &origin)? {
        None => settings.set("dbname", text, &origin)?,
        Some(mut string) => {
            refuse_password(&string, "-d")?;
            string.fill_from(settings);
            settings = string;
        }
    }
    Ok(settings)
}

/// The command line is in the shell's history and in everybody's `ps`.
pub(super) fn refuse_password(string: &Settings, flag: &str) -> Result<(), TargetError> {
    for keyword in ["password", "sslpassword"] {
        if string.get(keyword).is_some() {
            return Err(TargetError::new(format!(
                "a {keyword} on the command line can be read by everybody on this host"
            ))
            .at(flag)
            .advise(
                "give it by PGPASSWORD, .pgpass, a service file or the configuration instead",
            ));
        }
    }
    Ok(())
}

fn dsn(named: &NamedTarget) -> Result<Option<Settings>, TargetError> {
    let Some(dsn) = &named.settings.dsn else {
        return Ok(None);
    };
    let origin = Origin::Dsn {
        target: named.name.clone(),
        place: dsn.place.clone(),
    };
    match Settings::from_connection_string(&dsn.value, &origin)? {
        Some(settings) => Ok(Some(settings)),
        None => Err(
            TargetError::new("dsn is neither a URI nor a key=value string")
                .at(&origin)
                .advise(format!("for a database alone write dbname={}", dsn.value)),
        ),
    }
}

/// The DSN without its server when the command line names another one. A `hostaddr` left over from the
/// DSN would send us to its server under the other's name.
fn without_another_server(mut dsn: Settings, command_line: &Settings) -> Settings {
    if command_line.get("host").is_some() || command_line.get("hostaddr").is_some() {
        dsn.remove("host");
        dsn.remove("hostaddr");
    }
    dsn
}

fn variables(environment: &Environment) -> Result<Settings, TargetError> {
    let mut settings = Settings::default();
    for keyword in KEYWORDS {
        let Some(name) = keyword.variable else {
            continue;
        };
        environment.refuse_unreadable(name)?;
        // Two variables can mean one keyword: the first in the table counts.
        if let Some(value) = environment.variable(name) {
            let mut one = Settings::default();
            one.set(keyword.name, value, &Origin::Variable(name))?;
            settings.fill_from(one);
        }
    }
    Ok(settings)
}
