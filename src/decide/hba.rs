//! What `pg_hba.conf` says to a login: the first line that matches decides, and there is no falling through.
//!
//! Pure. Where a line cannot be judged from here (a host name, a group, a regular expression), nothing after it is
//! certain, and that is said. A walsender with a database is matched by that database's name, as any login; the keyword
//! `replication` means physical ones alone (`hba.c`). So one answer serves both lanes.

use std::net::IpAddr;

/// One line, as `pg_hba_file_rules` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// Its number in the file.
    pub line: u32,
    /// `local`, `host`, `hostssl`, `hostnossl`, `hostgssenc`, `hostnogssenc`.
    pub kind: String,
    /// Databases or keywords.
    pub databases: Vec<String>,
    /// Roles, `+groups` or `all`.
    pub users: Vec<String>,
    /// Address, host name or keyword.
    pub address: Option<String>,
    /// Its mask.
    pub netmask: Option<String>,
    /// `scram-sha-256`, `reject`…
    pub method: String,
}

/// A login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Login<'a> {
    /// As whom.
    pub role: &'a str,
    /// To which database.
    pub database: &'a str,
    /// From where; `None` over the Unix socket.
    pub from: Option<IpAddr>,
    /// Whether it is encrypted with TLS.
    pub encrypted: bool,
}

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// This line lets it in by this method.
    Admits(u32, String),
    /// This line turns it away.
    Rejects(u32),
    /// No line matches, which turns it away, too.
    NoLine,
    /// This line may match; nobody can tell from here, and why.
    Unclear(u32, &'static str),
}

/// Whether a part of a line matches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    Yes,
    No,
    Perhaps(&'static str),
}

/// Goes down the file.
pub fn judge(rules: &[Rule], login: Login<'_>) -> Said {
    for rule in rules {
        let parts = [
            kind(rule, login),
            databases(rule, login),
            users(rule, login),
            address(rule, login),
        ];
        if parts.contains(&Match::No) {
            continue;
        }
        let unclear = parts.iter().find_map(|part| match part {
            Match::Perhaps(why) => Some(*why),
            _ => None,
        });
        return match unclear {
            Some(why) => Said::Unclear(rule.line, why),
            None if rule.method == "reject" => Said::Rejects(rule.line),
            None => Said::Admits(rule.line, rule.method.clone()),
        };
    }
    Said::NoLine
}

fn yes(is: bool) -> Match {
    if is { Match::Yes } else { Match::No }
}

fn kind(rule: &Rule, login: Login<'_>) -> Match {
    match (rule.kind.as_str(), login.from) {
        ("local", from) => yes(from.is_none()),
        (_, None) => Match::No,
        ("host" | "hostnogssenc", _) => Match::Yes,
        ("hostssl", _) => yes(login.encrypted),
        ("hostnossl", _) => yes(!login.encrypted),
        // This program speaks no GSSAPI.
        _ => Match::No,
    }
}

/// The best that any of `of` gives.
fn any(of: impl Iterator<Item = Match>) -> Match {
    let mut best = Match::No;
    for one in of {
        match one {
            Match::Yes => return Match::Yes,
            Match::Perhaps(_) => best = one,
            Match::No => {}
        }
    }
    best
}

fn databases(rule: &Rule, login: Login<'_>) -> Match {
    any(rule.databases.iter().map(|name| match name.as_str() {
        "all" => Match::Yes,
        "sameuser" => yes(login.role == login.database),
        "samerole" | "samegroup" => Match::Perhaps("it asks for a group"),
        "replication" => Match::No,
        name if name.starts_with('/') => Match::Perhaps("it has a regular expression"),
        name => yes(name == login.database),
    }))
}

fn users(rule: &Rule, login: Login<'_>) -> Match {
    any(rule.users.iter().map(|name| match name.as_str() {
        "all" => Match::Yes,
        name if name.starts_with('+') => Match::Perhaps("it asks for a group"),
        name if name.starts_with('/') => Match::Perhaps("it has a regular expression"),
        name => yes(name == login.role),
    }))
}

fn address(rule: &Rule, login: Login<'_>) -> Match {
    let Some(from) = login.from else {
        return Match::Yes;
    };
    let Some(text) = rule.address.as_deref() else {
        return yes(rule.kind == "local");
    };
    match text {
        "all" => return Match::Yes,
        "samehost" | "samenet" => {
            return Match::Perhaps("it depends on the server's own addresses");
        }
        _ => {}
    }
    let mask = rule.netmask.as_deref().and_then(|mask| mask.parse().ok());
    match (text.parse().ok(), mask, from) {
        (Some(IpAddr::V4(net)), Some(IpAddr::V4(mask)), IpAddr::V4(from)) => {
            let mask = u32::from(mask);
            yes(u32::from(from) & mask == u32::from(net) & mask)
        }
        (Some(IpAddr::V6(net)), Some(IpAddr::V6(mask)), IpAddr::V6(from)) => {
            let mask = u128::from(mask);
            yes(u128::from(from) & mask == u128::from(net) & mask)
        }
        (Some(_), Some(_), _) => Match::No,
        _ => Match::Perhaps("it has a host name"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Rule {
        let words: Vec<&str> = text.split_whitespace().collect();
        let list = |word: &str| word.split(',').map(str::to_owned).collect();
        let (address, netmask) = match words[3].split_once('/') {
            Some((address, mask)) => (Some(address), Some(mask)),
            None => (Some(words[3]).filter(|word| *word != "-"), None),
        };
        Rule {
            line: 1,
            kind: words[0].to_owned(),
            databases: list(words[1]),
            users: list(words[2]),
            address: address.map(str::to_owned),
            netmask: netmask.map(str::to_owned),
            method: words[4].to_owned(),
        }
    }

    #[test]
    fn the_first_line_that_matches_decides() {
        let tcp = Login {
            role: "glass",
            database: "postgres",
            from: Some([10, 0, 0, 7].into()),
            encrypted: false,
        };
        let local = Login { from: None, ..tcp };
        let v6 = Login {
            from: "2001:db8::7".parse().ok(),
            ..tcp
        };
        let admits = || Said::Admits(1, "md5".to_owned());
        let table = [
            ("host all all 10.0.0.0/255.255.255.0 md5", tcp, admits()),
            ("host all all 10.0.1.0/255.255.255.0 md5", tcp, Said::NoLine),
            ("host all all all md5", v6, admits()),
            ("host all all 2001:db8::/ffff:ffff:: md5", v6, admits()),
            ("host all all 10.0.0.0/255.0.0.0 md5", v6, Said::NoLine),
            ("host postgres,x glass,y all md5", tcp, admits()),
            ("host replication all all md5", tcp, Said::NoLine),
            ("host sameuser all all md5", tcp, Said::NoLine),
            ("host all glass all reject", tcp, Said::Rejects(1)),
            ("hostssl all all all md5", tcp, Said::NoLine),
            ("hostnossl all all all md5", tcp, admits()),
            ("local all all - md5", local, admits()),
            ("local all all - md5", tcp, Said::NoLine),
            ("host all all all md5", local, Said::NoLine),
            (
                "host all +ops all md5",
                tcp,
                Said::Unclear(1, "it asks for a group"),
            ),
            ("host all +ops,glass all md5", tcp, admits()),
            (
                "host all /^g all md5",
                tcp,
                Said::Unclear(1, "it has a regular expression"),
            ),
            (
                "host all all db1.example.net md5",
                tcp,
                Said::Unclear(1, "it has a host name"),
            ),
            ("host other +ops all md5", tcp, Said::NoLine),
        ];
        for (text, login, said) in table {
            assert_eq!(judge(&[rule(text)], login), said, "{text}");
        }
        let two = [
            rule("host all glass all reject"),
            rule("host all all all trust"),
        ];
        assert_eq!(judge(&two, tcp), Said::Rejects(1));
        assert_eq!(judge(&[], tcp), Said::NoLine);
    }
}
