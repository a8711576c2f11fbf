//! A process title, read from the right: `postgres: [cluster_name: ]user database client(port) activity`.
//!
//! Stage: observing. Pure. Names are free text: a cluster, a role or a database may be called
//! `app postgres 1.2.3.4(5) idle`, and a client that has not logged in may claim any role and database. What stands
//! right of the client's address is the server's own, so the last address in the title is the client's, and what
//! cannot be split for certain stays unsplit.
//! Never: takes a background process for a session; names a user or database it is not sure of.

use std::net::IpAddr;

use crate::decide::session::{Client, Kind, State, Wait};

/// Every title starts so; a process that has not set one still carries its parent's command line.
const START: &str = "postgres: ";
/// Processes that every running server has. Nothing a client says can stand at the end of a title, so the longest
/// text before one of these names is the cluster's name.
const ALWAYS_THERE: [&str; 3] = ["checkpointer", "background writer", "walwriter"];

/// What a title says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// What the process is for.
    pub kind: Kind,
    /// Role and database; of a session that has not logged in, what its client claims. `None` when they cannot be
    /// told apart, and for processes that have none.
    pub names: Option<(String, Option<String>)>,
    /// Where its client is. A host name (`log_hostname`) is [`Client::Unknown`].
    pub client: Client,
    /// The client's TCP port; -1 on a Unix socket.
    pub client_port: Option<i32>,
    /// The last words: a state, a command tag; empty with `update_process_title=off`.
    pub activity: String,
    /// All of it after `postgres:` and the cluster's name.
    pub text: String,
}

/// `postgres: ` and the cluster's name, learned from the titles of one cluster's processes. `None` when none of the
/// processes is visible that would tell.
pub fn prefix<'a>(titles: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let candidates = titles.into_iter().filter_map(|title| {
        let title = title.trim_end();
        let head = ALWAYS_THERE
            .iter()
            .find_map(|name| title.strip_suffix(name))?;
        (head == START || (head.starts_with(START) && head.ends_with(": "))).then_some(head)
    });
    // A database can be called `x: checkpointer`, and an autovacuum worker's title ends with its database. Every
    // title begins with the true one, so the shortest is it.
    candidates.min_by_key(|head| head.len()).map(str::to_owned)
}

/// The cluster's name in a [`prefix`].
pub fn cluster_name(prefix: &str) -> Option<String> {
    let name = prefix.strip_prefix(START)?.strip_suffix(": ")?;
    Some(name.to_owned())
}

/// Reads `title`. `None` when it is not a title but a command line.
pub fn parse(title: &str, prefix: Option<&str>) -> Option<Title> {
    let known = prefix.and_then(|prefix| title.strip_prefix(prefix));
    let text = known.or_else(|| title.strip_prefix(START))?.trim_end();
    let plain = |kind| Title {
        kind,
        ..Title::without_client(text)
    };
    // Without the prefix a cluster's name may stand before each of these.
    let is = |what: &str| match known {
        Some(text) => text.starts_with(what),
        None => text.contains(what),
    };
    // The one background process whose title ends with a name people choose: its database. A role that is called
    // like this is not listed as a session either; the mistake is on the side that harms nobody.
    if is("autovacuum worker") {
        return Some(plain(Kind::Background(text.to_owned())));
    }
    if is("parallel worker for PID ") {
        return Some(plain(Kind::ParallelWorker));
    }
    let address = last_address(text);
    if is("walsender ") {
        let mut title = plain(Kind::Walsender);
        if let Some(address) = address {
            title.names = walsender_names(address.before);
            (title.client, title.client_port) = (address.client, address.port);
        }
        return Some(title);
    }
    let Some(address) = address else {
        return Some(plain(Kind::Background(text.to_owned())));
    };
    Some(Title {
        kind: Kind::Client,
        names: names(address.before, known.is_some()),
        client: address.client,
        client_port: address.port,
        activity: address.after.to_owned(),
        text: text.to_owned(),
    })
}

impl Title {
    /// Of a process without a client; also stands in where a process has no title of its own.
    pub fn without_client(text: &str) -> Self {
        Self {
            kind: Kind::Background(text.to_owned()),
            names: None,
            client: Client::Unknown,
            client_port: None,
            activity: String::new(),
            text: text.to_owned(),
        }
    }

    /// The state, in the words of `pg_stat_activity`; `None` when the title shows none.
    pub fn state(&self) -> Option<State> {
        let (activity, _) = self.without_waiting();
        Some(match activity {
            "" => return None,
            "idle" => State::Idle,
            "idle in transaction" => State::IdleInTransaction,
            "idle in transaction (aborted)" => State::Aborted,
            "<FASTPATH>" => State::Fastpath,
            // In the order of a login. Up to 17 `pg_stat_activity` shows none of them.
            "initializing" | "authentication" | "startup" => State::Starting,
            tag if is_command_tag(tag) => State::Active,
            _ => State::Other,
        })
    }

    /// What it waits for: a lock, or a standby that confirms its commit.
    pub fn wait(&self) -> Option<Wait> {
        let (_, wait) = self.without_waiting();
        wait.map(|(class, event)| Wait {
            class: class.to_owned(),
            event: event.to_owned(),
        })
    }

    /// Of a parallel worker: its leader, in the server's own PID namespace.
    pub fn leader(&self) -> Option<i32> {
        let (_, pid) = self.text.split_once("parallel worker for PID ")?;
        pid.split(' ').next()?.parse().ok()
    }

    fn without_waiting(&self) -> (&str, Option<(&'static str, &'static str)>) {
        if let Some(activity) = self.activity.strip_suffix(" waiting") {
            return (activity, Some(("Lock", "lock")));
        }
        match self.activity.rsplit_once(" waiting for ") {
            Some((activity, _)) => (activity, Some(("IPC", "SyncRep"))),
            None => (&self.activity, None),
        }
    }
}

/// Command tags are words in capitals: `SELECT`, `CREATE TABLE`.
fn is_command_tag(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase() || c == ' ')
}

/// An address in a title, and what stands left and right of it.
struct Address<'a> {
    before: &'a str,
    client: Client,
    port: Option<i32>,
    after: &'a str,
}

/// The last word that is an address: `[local]`, or anything with a port in brackets.
fn last_address(text: &str) -> Option<Address<'_>> {
    let mut end = text.len();
    loop {
        let start = text.get(..end)?.rfind(' ').map_or(0, |blank| blank + 1);
        if let Some((client, port)) = address(text.get(start..end)?) {
            return Some(Address {
                // One blank is the server's; another one would be part of a name.
                before: text.get(..start)?.strip_suffix(' ').unwrap_or_default(),
                client,
                port: Some(port),
                after: text.get(end..)?.trim(),
            });
        }
        end = start.checked_sub(1)?;
    }
}

fn address(word: &str) -> Option<(Client, i32)> {
    if word == "[local]" {
        return Some((Client::Local, -1));
    }
    let (host, port) = word.strip_suffix(')')?.rsplit_once('(')?;
    let port: u16 = port.parse().ok()?;
    // A link-local address carries its interface: fe80::1%eth0
    let number = host.split('%').next().unwrap_or(host);
    let client = number
        .parse::<IpAddr>()
        .map_or(Client::Unknown, Client::Address);
    (!host.is_empty()).then_some((client, i32::from(port)))
}

/// Role and database. Two words are certain; more may be split anywhere. Where the cluster's name is not known, the
/// first of two words may be the last of it, which ends with a colon.
fn names(text: &str, prefix_known: bool) -> Option<(String, Option<String>)> {
    let (user, database) = text.split_once(' ')?;
    let certain = !user.is_empty()
        && !database.is_empty()
        && !database.contains(' ')
        && (prefix_known || !user.ends_with(':'));
    certain.then(|| (user.to_owned(), Some(database.to_owned())))
}

/// Of `walsender role` or `walsender role database`, whatever stands before it.
fn walsender_names(text: &str) -> Option<(String, Option<String>)> {
    let who = text.strip_prefix("walsender ")?;
    if who.contains(' ') {
        names(who, true)
    } else {
        Some((who.to_owned(), None))
    }
}

#[cfg(test)]
mod tests;
