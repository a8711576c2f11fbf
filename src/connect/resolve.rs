//! From what was typed and what lies around to a [`Target`]: the order of steps, and the defaults.
//!
//! Stage: the whole of `target`, as a table of contents. Reads files; runs `password_command` last, and only
//! when there is no other password. Never: opens a connection.

use std::path::PathBuf;

use super::config::{Config, NamedTarget};
use super::environment::Environment;
use super::error::TargetError;
use super::passfile::PasswordFile;
use super::settings::Settings;
use super::{ChannelBinding, ConnectionFlags, Secret, SessionAttrs, Target};
use super::{endpoints, layers, password_command, ssl, values};

/// Where to log in when nobody names a database: the one that is there for this. psql would take the one
/// named like the role, which for a role made for emergencies seldom exists.
const MAINTENANCE_DATABASE: &str = "postgres";

/// Decides where and how to connect.
pub fn resolve(flags: &ConnectionFlags, environment: &Environment) -> Result<Target, TargetError> {
    let config = Config::read(environment)?;
    let (mut target, named) = locate(flags, environment, &config)?;
    if let Some(named) = &named {
        ask_password_command(&mut target, named)?;
    }
    Ok(target)
}

/// The same for who only names the target and logs in nowhere: no `password_command` is run.
pub fn resolve_in_name(
    flags: &ConnectionFlags,
    environment: &Environment,
) -> Result<Target, TargetError> {
    let config = Config::read(environment)?;
    locate(flags, environment, &config).map(|(target, _)| target)
}

/// The target, and what the configuration says of it.
fn locate(
    flags: &ConnectionFlags,
    environment: &Environment,
    config: &Config,
) -> Result<(Target, Option<NamedTarget>), TargetError> {
    let name = flags.target.as_deref().filter(|name| !name.is_empty());
    let named = name.map(|name| config.named(name)).transpose()?;
    let settings = layers::gather(flags, named.as_ref(), environment)?;
    let mut target = build(&settings, environment)?;
    target.name = name.map(str::to_owned);
    target.protected = config.protected(name)?;
    target.warnings.extend_from_slice(config.warnings());
    add_filed_passwords(&mut target, &settings, environment);
    Ok((target, named))
}

pub(super) fn build(settings: &Settings, environment: &Environment) -> Result<Target, TargetError> {
    let text = |keyword| settings.get(keyword).map(|setting| setting.value.clone());
    let user = text("user").or(environment.user.clone()).ok_or_else(|| {
        TargetError::new("no role to log in as: this user has no name")
            .advise("name a role with -U or PGUSER")
    })?;
    let endpoints = endpoints::read(settings, &environment.socket_directories)?;
    let mut warnings = Vec::new();
    let ssl = ssl::read(settings, environment, &endpoints, &mut warnings)?;
    let database = text("dbname");
    Ok(Target {
        name: None,
        endpoints,
        user,
        database_named: database.is_some(),
        database: database.unwrap_or_else(|| MAINTENANCE_DATABASE.to_owned()),
        ssl,
        channel_binding: settings
            .read("channel_binding", values::channel_binding)?
            .unwrap_or(ChannelBinding::Prefer),
        session_attrs: settings
            .read("target_session_attrs", values::session_attrs)?
            .unwrap_or(SessionAttrs::Any),
        random_order: settings
            .read("load_balance_hosts", values::random_order)?
            .unwrap_or(false),
        connect_timeout: settings.read("connect_timeout", values::seconds)?.flatten(),
        options: text("options"),
        password: text("password").map(Secret::new),
        keepalive: values::keepalive(settings)?,
        tcp_user_timeout: settings
            .read("tcp_user_timeout", values::milliseconds)?
            .flatten(),
        protected: super::Protected::default(),
        warnings,
    })
}

/// Looks the endpoints up in the password file, unless a password was given outright.
pub(super) fn add_filed_passwords(
    target: &mut Target,
    settings: &Settings,
    environment: &Environment,
) {
    if target.password.is_some() {
        return;
    }
    let given = settings.get("passfile");
    let path = match given {
        Some(setting) => Some(PathBuf::from(&setting.value)),
        None => environment.in_home(".pgpass"),
    };
    let Some(path) = path else { return };
    let file = match (PasswordFile::read(&path), given) {
        (Ok(Some(file)), _) => file,
        (Ok(None), None) => return,
        (Ok(None), Some(setting)) => {
            let place = setting.place("passfile");
            let warning = format!("{place}: there is no password file {}", path.display());
            return target.warnings.push(warning);
        }
        (Err(warning), _) => return target.warnings.push(warning),
    };
    for endpoint in &mut target.endpoints {
        let host = endpoints::password_file_name(endpoint, &environment.socket_directories);
        endpoint.filed_password = file.find(&host, endpoint.port, &target.database, &target.user);
    }
}

fn ask_password_command(target: &mut Target, named: &NamedTarget) -> Result<(), TargetError> {
    let has_one = target.password.is_some()
        || target
            .endpoints
            .iter()
            .any(|endpoint| endpoint.filed_password.is_some());
    if let Some(command) = &named.settings.password_command
        && !has_one
    {
        target.password = Some(password_command::run(command)?);
    }
    Ok(())
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
