//! What makes a role that gets in on the night: statements for what is missing, and what no statement can do.
//!
//! Pure. No superuser: each right is named with what it buys. Run again, it has nothing to say. A password is only ever
//! here as the verifier that the server stores (RFC 5803).

pub mod role;

use super::provider::{Provider, Replication};

/// `reserved_connections` came with this version.
const RESERVED_SINCE: u32 = 160_000;
/// How many slots are kept when nobody says otherwise.
pub const RESERVE: u32 = 3;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The role's name.
    pub role: String,
    /// Whether it gets the replication lane.
    pub replication: bool,
    /// Slots to keep for it, from 16 on; 0 for none.
    pub reserve: u32,
    /// From where it logs in: CIDR blocks for `pg_hba.conf`.
    pub addresses: Vec<String>,
    /// The verifier of a new password; `None` keeps the one that is there.
    pub verifier: Option<String>,
    /// The name of the target in the configuration.
    pub target: String,
}

/// What is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Have {
    /// `server_version_num`.
    pub version_num: u32,
    /// The role, if it is there.
    pub role: Option<RoleState>,
    /// `reserved_connections`, from 16 on, as far as it is known.
    pub reserved: Option<u32>,
    /// `max_wal_senders`, as far as it is known.
    pub max_wal_senders: Option<u32>,
    /// Prefixes of the server's settings, which tell a managed service.
    pub prefixes: Vec<String>,
}

/// A role that is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleState {
    /// LOGIN.
    pub login: bool,
    /// SUPERUSER.
    pub superuser: bool,
    /// REPLICATION.
    pub replication: bool,
    /// The predefined and provider's roles it is a member of, directly or not.
    pub member_of: Vec<String>,
}

/// A statement and what it buys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Without a semicolon.
    pub sql: String,
    /// Half a sentence.
    pub buys: String,
}

/// All that is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preparation {
    /// In one transaction, in this order. Empty where nothing is missing.
    pub statements: Vec<Statement>,
    /// What needs a restart, or the provider's own console; never done by us.
    pub by_hand: Vec<Statement>,
    /// Lines for `pg_hba.conf`, above others that match.
    pub pg_hba: Vec<String>,
    /// A block for the configuration file.
    pub config: String,
    /// What else is to be known.
    pub notes: Vec<String>,
}

/// An identifier in double quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A literal in single quotes; a verifier has neither quotes nor backslashes.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name that may be given to a role: what is typed, and nothing that reorders or hides.
pub fn role_name(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > 63 {
        return Err("a role's name has 1 to 63 bytes".to_owned());
    }
    if text.starts_with("pg_") {
        return Err("names that start with pg_ are PostgreSQL's own".to_owned());
    }
    if text.chars().any(char::is_control) {
        return Err("a role's name has no control characters".to_owned());
    }
    Ok(text.to_owned())
}

/// What is missing on a server of which `have` is known, at `provider`.
pub fn prepare(wanted: &Wanted, have: &Have, provider: &Provider) -> Preparation {
    let name = quoted(&wanted.role);
    let state = have.role.clone().unwrap_or_default();
    let mut statements = Vec::new();
    let mut push = |sql: String, buys: &str| {
        statements.push(Statement {
            sql,
            buys: buys.to_owned(),
        });
    };
    let password = wanted
        .verifier
        .as_deref()
        .map(|verifier| format!(" PASSWORD {}", literal(verifier)))
        .unwrap_or_default();
    if have.role.is_none() {
        push(
            format!("CREATE ROLE {name} LOGIN{password}"),
            "a role of its own, no superuser",
        );
    } else if !password.is_empty() {
        push(format!("ALTER ROLE {name}{password}"), "a new password");
    }
    if have.role.is_some() && !state.login {
        push(format!("ALTER ROLE {name} LOGIN"), "logging in at all");
    }
    let member = |of: &str| state.superuser || state.member_of.iter().any(|it| it == of);
    if wanted.replication {
        let buys = "the replication lane; it can read everything: keep its password as root's";
        match provider.replication {
            Replication::Attribute if !state.replication && !state.superuser => {
                push(format!("ALTER ROLE {name} REPLICATION"), buys);
            }
            Replication::Granted(of) if !member(of) => {
                push(format!("GRANT {of} TO {name}"), buys);
            }
            _ => {}
        }
    }
    let mut grants = vec![
        (
            "pg_monitor",
            "seeing everybody's state, ages and statements",
        ),
        (
            "pg_signal_backend",
            "ending other roles' sessions, never a superuser's",
        ),
    ];
    let reserves = have.version_num >= RESERVED_SINCE && wanted.reserve > 0;
    if reserves {
        grants.push((
            "pg_use_reserved_connections",
            "the slots of reserved_connections",
        ));
    }
    for (of, buys) in grants {
        if !member(of) {
            push(format!("GRANT {of} TO {name}"), buys);
        }
    }
    let mut notes = Vec::new();
    if state.superuser {
        notes.push(format!(
            "role {} is a superuser; a break-glass role need not be one: ALTER ROLE {name} NOSUPERUSER",
            wanted.role
        ));
    }
    if wanted.replication && have.max_wal_senders == Some(0) {
        notes.push(
            "max_wal_senders is 0, so there is no replication lane; set it to 10 and restart"
                .to_owned(),
        );
    }
    notes.extend(provider.facts.iter().map(|fact| {
        let mark = if fact.verified { "" } else { " (unverified)" };
        format!("{}: {}{mark}", provider.name, fact.text)
    }));
    Preparation {
        statements,
        by_hand: by_hand(wanted, have, provider, reserves),
        pg_hba: pg_hba(wanted, provider),
        config: config(wanted),
        notes,
    }
}

/// `ALTER SYSTEM` runs in no transaction and this setting needs a restart, so it is somebody's decision.
fn by_hand(wanted: &Wanted, have: &Have, provider: &Provider, reserves: bool) -> Vec<Statement> {
    if !reserves || have.reserved.is_some_and(|now| now >= wanted.reserve) {
        return Vec::new();
    }
    let sql = if provider.alter_system {
        format!("ALTER SYSTEM SET reserved_connections = {}", wanted.reserve)
    } else {
        format!(
            "-- {}: set reserved_connections = {} in the service's own settings, where it has that one",
            provider.name, wanted.reserve
        )
    };
    vec![Statement {
        sql,
        buys: "slots that only this role and superusers get; needs a restart".to_owned(),
    }]
}

/// A walsender with a database is matched by that database's name, as any login: one line serves both lanes.
fn pg_hba(wanted: &Wanted, provider: &Provider) -> Vec<String> {
    if !provider.pg_hba {
        return Vec::new();
    }
    let name = quoted(&wanted.role);
    let mut lines = vec![format!("local   postgres  {name}  scram-sha-256")];
    lines.extend(
        wanted
            .addresses
            .iter()
            .map(|address| format!("host    postgres  {name}  {address}  scram-sha-256")),
    );
    lines
}

/// The password is not in it: `password_command` fetches it.
fn config(wanted: &Wanted) -> String {
    let text = |value: &str| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    let user: String = wanted
        .role
        .chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || "-_.~".contains(c) => c.to_string(),
            c => {
                let mut bytes = [0; 4];
                c.encode_utf8(&mut bytes)
                    .bytes()
                    .map(|byte| format!("%{byte:02X}"))
                    .collect()
            }
        })
        .collect();
    format!(
        "[target.{target}]\ndsn = {dsn}\npassword_command = {command}\n",
        target = text(&wanted.target),
        dsn = text(&format!(
            "postgresql://{user}@HOST/postgres?sslmode=verify-full"
        )),
        command = text(&format!("pass show breakglass/{}", wanted.target)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::provider::NONE;

    fn wanted() -> Wanted {
        Wanted {
            role: "breakglass".to_owned(),
            replication: true,
            reserve: RESERVE,
            addresses: vec!["10.0.0.0/24".to_owned()],
            verifier: Some("SCRAM-SHA-256$4096:c2FsdA==$a=:b=".to_owned()),
            target: "prod".to_owned(),
        }
    }

    fn sql(wanted: &Wanted, have: &Have, provider: &Provider) -> Vec<String> {
        let preparation = prepare(wanted, have, provider);
        preparation
            .statements
            .into_iter()
            .map(|it| it.sql)
            .collect()
    }

    #[test]
    fn a_role_that_is_not_there_is_made_with_what_its_version_has() {
        let have = |version_num| Have {
            version_num,
            ..Have::default()
        };
        assert_eq!(
            sql(&wanted(), &have(150_018), &NONE),
            [
                "CREATE ROLE \"breakglass\" LOGIN PASSWORD 'SCRAM-SHA-256$4096:c2FsdA==$a=:b='",
                "ALTER ROLE \"breakglass\" REPLICATION",
                "GRANT pg_monitor TO \"breakglass\"",
                "GRANT pg_signal_backend TO \"breakglass\"",
            ]
        );
        let newer = sql(&wanted(), &have(160_014), &NONE);
        assert_eq!(
            newer.last().map(String::as_str),
            Some("GRANT pg_use_reserved_connections TO \"breakglass\"")
        );
        let rds = Provider::by_word("rds").unwrap_or(NONE);
        let there = sql(&wanted(), &have(160_014), &rds);
        assert!(there.contains(&"GRANT rds_replication TO \"breakglass\"".to_owned()));
        assert!(!there.iter().any(|sql| sql.ends_with(" REPLICATION")));
    }

    #[test]
    fn what_is_there_is_not_done_again() {
        let all = [
            "pg_monitor",
            "pg_signal_backend",
            "pg_use_reserved_connections",
        ];
        let have = Have {
            version_num: 170_010,
            role: Some(RoleState {
                login: true,
                replication: true,
                member_of: all.map(str::to_owned).to_vec(),
                ..RoleState::default()
            }),
            reserved: Some(3),
            ..Have::default()
        };
        let keep = Wanted {
            verifier: None,
            ..wanted()
        };
        let preparation = prepare(&keep, &have, &NONE);
        assert_eq!(
            (preparation.statements, preparation.by_hand),
            (vec![], vec![])
        );
        assert_eq!(sql(&wanted(), &have, &NONE).len(), 1, "a new password only");
    }

    #[test]
    fn a_hostile_name_stays_a_name() {
        let odd = Wanted {
            role: "a\"; DROP ROLE x; --'".to_owned(),
            ..wanted()
        };
        let statements = sql(&odd, &Have::default(), &NONE);
        assert!(
            statements[0].starts_with("CREATE ROLE \"a\"\"; DROP ROLE x; --'\" LOGIN PASSWORD '")
        );
        let preparation = prepare(&odd, &Have::default(), &NONE);
        assert!(preparation.config.contains("postgresql://a%22%3B%20DROP"));
        for name in ["", "pg_x", "a\nb", "\u{1b}[2J", &"x".repeat(64)] {
            assert!(role_name(name).is_err(), "{name:?}");
        }
        assert!(role_name("Größe \"x\"").is_ok());
    }
}
