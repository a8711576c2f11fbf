//! The connection flags to repeat in a suggested command.
//!
//! Stage: with each refusal, so that a suggestion can be pasted as it is. Pure.
//! Never: puts a password on a command line.

use super::failure::Caller;
use crate::target::{Endpoint, Host, Target};

impl Caller {
    /// The flags that lead to `endpoint` as `target` does.
    pub(crate) fn of(target: &Target, endpoint: &Endpoint) -> Self {
        let host = match &endpoint.host {
            Host::Unix(directory) => directory.display().to_string(),
            Host::Abstract(name) => format!("@{name}"),
            Host::Tcp {
                name: Some(name), ..
            } => name.clone(),
            Host::Tcp { address, .. } => address.map(|it| it.to_string()).unwrap_or_default(),
        };
        let spelled_out = format!(
            "-h {} -p {} -U {} -d {}",
            shell_word(&host),
            endpoint.port,
            shell_word(&target.user),
            shell_word(&target.database)
        );
        Self {
            user: target.user.clone(),
            database: target.database.clone(),
            flags: match &target.name {
                Some(name) => format!("-t {}", shell_word(name)),
                None => spelled_out.clone(),
            },
            psql_flags: spelled_out,
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
    use super::shell_word;

    #[test]
    fn names_from_outside_cannot_end_the_word() {
        assert_eq!(shell_word("db.example"), "db.example");
        assert_eq!(shell_word("a; rm -rf /"), "'a; rm -rf /'");
        assert_eq!(shell_word("it's"), "'it'\\''s'");
        assert_eq!(shell_word(""), "''");
    }
}
