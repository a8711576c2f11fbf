//! Where a pooler's console is: from `--pgbouncer DSN`, else from `pgbouncer = "…"` of the target.
//!
//! Stage: beside [`super::resolve`]. The `PG*` variables say where the database is and nothing about its pooler, so
//! none of them counts here but `PGPASSFILE`. Never: opens a connection.

use super::config::Config;
use super::environment::Environment;
use super::error::TargetError;
use super::layers::refuse_password;
use super::resolve::{add_filed_passwords, build};
use super::settings::{Origin, Settings};
use super::{ConnectionFlags, Target};

/// PgBouncer's own default.
const PORT: &str = "6432";
/// The console's database, and the role that PgBouncer lets in over its Unix socket without a password when it comes
/// from PgBouncer's own account.
const PGBOUNCER: &str = "pgbouncer";

/// The console that was typed, else the target's; `None` when neither is there. Defaults: port 6432, user pgbouncer,
/// the Unix socket in its usual place.
pub fn resolve_console(
    typed: Option<&str>,
    flags: &ConnectionFlags,
    environment: &Environment,
) -> Result<Option<Target>, TargetError> {
    let config = Config::read(environment)?;
    let name = flags.target.as_deref().filter(|name| !name.is_empty());
    let (text, origin) = match typed {
        Some(text) => (text.to_owned(), Origin::Flag("--pgbouncer")),
        None => {
            let Some(name) = name else { return Ok(None) };
            let named = config.named(name)?;
            let Some(placed) = named.settings.pgbouncer else {
                return Ok(None);
            };
            let origin = Origin::Console {
                target: named.name,
                place: placed.place,
            };
            (placed.value, origin)
        }
    };
    let mut settings = read(&text, &origin)?;
    if typed.is_some() {
        refuse_password(&settings, "--pgbouncer")?;
    }
    if let Some(database) = settings.get("dbname")
        && database.value != PGBOUNCER
    {
        return Err(TargetError::new(
            "the console's database is pgbouncer, and this names another",
        )
        .at(&origin)
        .advise("leave dbname out"));
    }
    for (keyword, value) in [("port", PORT), ("user", PGBOUNCER), ("dbname", PGBOUNCER)] {
        if settings.get(keyword).is_none() {
            settings.set(keyword, value, &origin)?;
        }
    }
    if let Some(path) = environment.variable("PGPASSFILE")
        && settings.get("passfile").is_none()
    {
        settings.set("passfile", path, &Origin::Variable("PGPASSFILE"))?;
    }
    settings.refuse_unsupported()?;
    let mut target = build(&settings, environment)?;
    target.protected = config.protected(name)?;
    add_filed_passwords(&mut target, &settings, environment);
    Ok(Some(target))
}

/// A URI, a key=value string, or the directory of a Unix socket.
fn read(text: &str, origin: &Origin) -> Result<Settings, TargetError> {
    if let Some(settings) = Settings::from_connection_string(text, origin)? {
        return Ok(settings);
    }
    if !text.starts_with('/') {
        return Err(TargetError::new("this is neither a URI, nor a key=value string, nor a socket directory")
            .at(origin)
            .advise("for example postgresql://admin@bouncer:6432, \"host=bouncer user=admin\", or /var/run/postgresql"));
    }
    let mut settings = Settings::default();
    settings.set("host", text, origin)?;
    Ok(settings)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn console(text: &str) -> Result<String, String> {
        let environment = Environment {
            socket_directories: vec!["/usual".into()],
            user: Some("ops".to_owned()),
            ..Environment::default()
        };
        let target = resolve_console(Some(text), &ConnectionFlags::default(), &environment);
        target
            .map(|target| {
                let target = target.unwrap();
                format!("{} as {}", target.endpoints[0].label(), target.user)
            })
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_console_is_named_in_three_ways() {
        for (text, wanted) in [
            ("postgresql://admin@b:7000", "b:7000 as admin"),
            ("host=b user=admin", "b:6432 as admin"),
            ("host=b", "b:6432 as pgbouncer"),
            ("/run/pgb", "/run/pgb/.s.PGSQL.6432 as pgbouncer"),
            ("port=7000", "/usual/.s.PGSQL.7000 as pgbouncer"),
            ("postgresql://b/pgbouncer", "b:6432 as pgbouncer"),
        ] {
            assert_eq!(console(text).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_console_is_refused() {
        for (text, part) in [
            ("bouncer", "neither a URI, nor a key=value string"),
            ("postgresql://b/shop", "the console's database is pgbouncer"),
            ("postgresql://a:secret@b", "can be read by everybody"),
            ("hots=b", "did you mean \"host\"?"),
            ("host=b port=x", "is not an integer"),
        ] {
            let error = console(text).unwrap_err();
            assert!(error.contains(part) && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn without_a_word_there_is_no_console() {
        let none = resolve_console(None, &ConnectionFlags::default(), &Environment::default());
        assert!(none.unwrap().is_none());
    }
}
