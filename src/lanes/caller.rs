//! The connection flags to repeat in a suggested command.
//!
//! Stage: with each refusal, so that a suggestion can be pasted as it is. Pure.
//! Never: puts a password on a command line.

use crate::connect::{Endpoint, Host, Target};

/// Where we went and as whom, for the commands to type next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// The `-t NAME` that was used, if one was.
    pub target: Option<String>,
    /// Host, address, or socket directory.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Role.
    pub user: String,
    /// Database.
    pub database: String,
}

impl Caller {
    /// Coming to `endpoint` as `target` does.
    pub(crate) fn of(target: &Target, endpoint: &Endpoint) -> Self {
        Self {
            target: target.name.clone(),
            host: match &endpoint.host {
                Host::Unix(directory) => directory.display().to_string(),
                Host::Abstract(name) => format!("@{name}"),
                Host::Tcp {
                    name: Some(name), ..
                } => name.clone(),
                Host::Tcp { address, .. } => address.map(|it| it.to_string()).unwrap_or_default(),
            },
            port: endpoint.port,
            user: target.user.clone(),
            database: target.database.clone(),
        }
    }

    /// The same connection again: `-t prod`, or spelled out.
    pub fn flags(&self) -> String {
        match &self.target {
            Some(name) => format!("-t {}", shell_word(name)),
            None => self.spelled_out(),
        }
    }

    /// The same connection in the flags that psql has too: `-h db -p 5432 -U ops -d shop`.
    pub fn spelled_out(&self) -> String {
        format!(
            "-h {} -p {} -U {} -d {}",
            shell_word(&self.host),
            self.port,
            shell_word(&self.user),
            shell_word(&self.database)
        )
    }

    /// The connections to the same place, to be typed on either host.
    pub(crate) fn sockets(&self) -> String {
        format!("breakglass sockets {}", self.flags())
    }

    /// A pooler's admin console at the same place, as the same role.
    pub(crate) fn console(&self) -> String {
        self.console_as(&self.user)
    }

    /// The same console as another role.
    pub(crate) fn console_as(&self, role: &str) -> String {
        let value = |text: &str| {
            let plain = |letter: char| !letter.is_whitespace() && !"'\\".contains(letter);
            if !text.is_empty() && text.chars().all(plain) {
                text.to_owned()
            } else {
                format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
            }
        };
        let dsn = format!(
            "host={} port={} user={}",
            value(&self.host),
            self.port,
            value(role)
        );
        format!("--pgbouncer {}", shell_word(&dsn))
    }

    /// The same place as another role.
    pub(crate) fn as_role(&self, role: &str) -> String {
        match &self.target {
            Some(name) => format!("-t {} -U {}", shell_word(name), shell_word(role)),
            None => Self {
                user: role.into(),
                ..self.clone()
            }
            .spelled_out(),
        }
    }

    /// The same server, another database.
    pub(crate) fn in_database(&self, database: &str) -> String {
        match &self.target {
            Some(name) => format!("-t {} -d {}", shell_word(name), shell_word(database)),
            None => Self {
                database: database.into(),
                ..self.clone()
            }
            .spelled_out(),
        }
    }

    /// Another host; `host` is a placeholder in capitals for the reader to fill in.
    pub(crate) fn at_host(&self, host: &str) -> String {
        match &self.target {
            Some(name) => format!("-t {} -h {host}", shell_word(name)),
            None => Self {
                host: host.into(),
                ..self.clone()
            }
            .spelled_out(),
        }
    }
}

/// `text` as one word for a POSIX shell.
pub(crate) fn shell_word(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "@%+=:,./_-".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_string()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Caller, shell_word};

    #[test]
    fn names_from_outside_cannot_end_the_word() {
        assert_eq!(shell_word("db.example"), "db.example");
        assert_eq!(shell_word("a; rm -rf /"), "'a; rm -rf /'");
        assert_eq!(shell_word("it's"), "'it'\\''s'");
        assert_eq!(shell_word(""), "''");
    }

    #[test]
    fn no_flag_is_given_twice() {
        let caller = Caller {
            host: "db".into(),
            port: 5432,
            user: "app".into(),
            database: "shop".into(),
            target: None,
        };
        assert_eq!(
            caller.as_role("postgres"),
            "-h db -p 5432 -U postgres -d shop"
        );
        assert_eq!(
            caller.in_database("postgres"),
            "-h db -p 5432 -U app -d postgres"
        );
        let named = Caller {
            target: Some("prod".into()),
            ..caller
        };
        assert_eq!(named.as_role("postgres"), "-t prod -U postgres");
    }
}
