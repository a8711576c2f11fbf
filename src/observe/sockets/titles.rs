//! What the title of a backend says of a connection, where the kernel's clock cannot tell which end spoke last.
//!
//! Stage: observing. Pure. Title and connection are joined by the client's port, which stands in both.
//! Never: takes a title for another connection's, or a word it does not know for a state.

use crate::decide::connection::Class;
use crate::decide::session::{Client, Kind, State};
use crate::decide::sockets::{End, Owner, Socket, ends};
use crate::observe::backends::title::parse;

/// Idle or waiting; `None` when no single visible server process serves this connection, or its title shows neither.
pub fn told(socket: &Socket) -> Option<Class> {
    let mut titled = socket
        .backend()
        .iter()
        .filter(|owner| owner.command.starts_with("postgres: "));
    match (titled.next(), titled.next()) {
        (Some(owner), None) => class(socket, owner),
        _ => None,
    }
}

fn class(socket: &Socket, owner: &Owner) -> Option<Class> {
    let title = parse(&owner.command, None)?;
    let (client, _) = ends(socket);
    let same_address = match title.client {
        Client::Address(address) => address.to_canonical() == client.ip(),
        // A host name (log_hostname).
        Client::Unknown => true,
        Client::Local => false,
    };
    if title.kind != Kind::Client
        || title.client_port != Some(i32::from(client.port()))
        || !same_address
    {
        return None;
    }
    match title.state()? {
        State::Idle | State::IdleInTransaction | State::Aborted => Some(Class::Idle),
        // A copy may wait for its client, and so may a statement whose rows are not taken.
        State::Active if title.activity.starts_with("COPY") || not_taken(socket) => None,
        State::Active | State::Fastpath => Some(Class::Waiting),
        _ => None,
    }
}

/// Whether the server's words lie about unread.
fn not_taken(socket: &Socket) -> bool {
    match socket.end {
        End::Server => socket.unsent > 0,
        End::Client => socket.unread > 0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::decide::sockets::Owners;
    use crate::decide::sockets::testing::{owner, socket};

    fn says(titles: &[&str]) -> Option<Class> {
        let owners = titles.iter().map(|title| {
            let mut owner = Arc::unwrap_or_clone(owner(7, "postgres"));
            owner.command = (*title).to_owned();
            Arc::new(owner)
        });
        let owners = Owners::Known(owners.collect());
        let mut here = socket(1, End::Server);
        here.owners = owners.clone();
        // The same from the client's end, when that is on the same host.
        let mut there = socket(1, End::Client);
        there.peer = Some(owners);
        assert_eq!(told(&here), told(&there));
        told(&here)
    }

    #[test]
    fn a_title_settles_its_own_connection_and_no_other() {
        let table = [
            ("postgres: app shop 10.0.0.1(40001) idle", Some(Class::Idle)),
            (
                "postgres: main: app shop 10.0.0.1(40001) idle",
                Some(Class::Idle),
            ),
            (
                "postgres: app shop 10.0.0.1(40001) idle in transaction",
                Some(Class::Idle),
            ),
            (
                "postgres: app shop web1.example(40001) idle",
                Some(Class::Idle),
            ),
            (
                "postgres: app shop 10.0.0.1(40001) SELECT",
                Some(Class::Waiting),
            ),
            (
                "postgres: app shop 10.0.0.1(40001) UPDATE waiting",
                Some(Class::Waiting),
            ),
            ("postgres: app shop 10.0.0.1(40001) COPY", None),
            ("postgres: app shop 10.0.0.1(40001) authentication", None),
            ("postgres: app shop 10.0.0.1(40001)", None),
            ("postgres: app shop 10.0.0.1(40001) whatever", None),
            ("postgres: app shop 10.0.0.1(40002) idle", None),
            ("postgres: app shop 10.0.0.9(40001) idle", None),
            ("postgres: app shop [local] idle", None),
            ("postgres: walsender repl 10.0.0.1(40001) idle", None),
            ("python 10.0.0.1(40001) idle", None),
            ("", None),
        ];
        for (title, class) in table {
            assert_eq!(says(&[title]), class, "{title}");
        }
        let idle = "postgres: app shop 10.0.0.1(40001) idle";
        assert_eq!(says(&[idle, idle]), None);
        assert_eq!(says(&[]), None);

        let mut blocked = socket(1, End::Server);
        blocked.owners = Owners::Known(vec![Arc::new(Owner {
            command: "postgres: app shop 10.0.0.1(40001) SELECT".to_owned(),
            ..Arc::unwrap_or_clone(owner(7, "postgres"))
        })]);
        assert_eq!(told(&blocked), Some(Class::Waiting));
        blocked.unsent = 4096;
        assert_eq!(told(&blocked), None);
    }
}
