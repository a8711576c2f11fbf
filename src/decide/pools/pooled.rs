//! Which session is a pooler's server connection, and which client is behind it now.
//!
//! Pure. A PID alone proves nothing: the pooler may stand before another server that has a process of the same number.
//! So the ends of the connection must agree, too; over a Unix socket, which has none, the age of the connection.
//! Never: guesses. What does not agree is not named.

use std::collections::HashMap;
use std::time::Duration;

use super::{PoolClient, PoolServer, Pooler};
use crate::decide::session::{BehindPool, Client, Pooled, Session};

/// How much the ages of one connection may differ: the pooler tells whole seconds.
const TOLERANCE: Duration = Duration::from_secs(3);

/// Notes on each of `sessions` what it is to `pooler`.
pub fn name_clients(sessions: &mut [Session], pooler: &Pooler) {
    let servers: HashMap<i32, Vec<&PoolServer>> =
        pooler
            .servers
            .iter()
            .fold(HashMap::new(), |mut servers, server| {
                if let Some(pid) = server.remote_pid {
                    servers.entry(pid).or_default().push(server);
                }
                servers
            });
    let clients: HashMap<&str, &PoolClient> = pooler
        .clients
        .iter()
        .map(|client| (client.ptr.as_str(), client))
        .collect();
    for session in sessions {
        let candidates = servers.get(&session.id.pid).map_or(&[][..], Vec::as_slice);
        let Some(server) = candidates
            .iter()
            .find(|server| same_connection(session, server, pooler))
        else {
            continue;
        };
        let client = server.link.as_deref().and_then(|link| clients.get(link));
        session.pooled = Some(Pooled {
            database: server.database.clone(),
            client: client.map(|client| BehindPool {
                user: client.user.clone(),
                application: client.application.clone(),
                client: client.client,
                port: client.port,
                id: client.id,
            }),
        });
    }
}

/// Whether the session is the other end of the pooler's connection.
fn same_connection(session: &Session, server: &PoolServer, pooler: &Pooler) -> bool {
    match (session.client, server.local) {
        (Client::Address(seen), Client::Address(ours)) => {
            seen == ours && session.client_port == server.local_port.map(i32::from)
        }
        (Client::Local, Client::Local) => {
            let database = pooler.database(&server.database);
            let same_names = session.user.as_deref() == Some(&server.user)
                && database.is_some_and(|it| session.database.as_deref() == Some(&it.database));
            let ages = session.connected_for.zip(server.connected_for);
            same_names && ages.is_some_and(|(theirs, ours)| theirs.abs_diff(ours) <= TOLERANCE)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::pools::PoolDatabase;
    use crate::decide::testing::session;

    fn pooler(change: impl Fn(&mut PoolServer)) -> Pooler {
        let mut server = PoolServer {
            ptr: "s1".to_owned(),
            link: Some("c1".to_owned()),
            user: "web".to_owned(),
            database: "shop".to_owned(),
            state: "active".to_owned(),
            local: Client::Address([10, 0, 0, 5].into()),
            local_port: Some(40_007),
            remote_pid: Some(7),
            connected_for: Some(Duration::from_secs(3599)),
            connected_at: None,
            close_needed: false,
        };
        change(&mut server);
        Pooler {
            servers: vec![server],
            clients: vec![PoolClient {
                id: None,
                ptr: "c1".to_owned(),
                link: Some("s1".to_owned()),
                user: "newsletter".to_owned(),
                database: "shop".to_owned(),
                state: "active".to_owned(),
                client: Client::Address([192, 168, 1, 9].into()),
                port: Some(51_000),
                application: Some("mailer".to_owned()),
                connected_at: None,
            }],
            databases: vec![PoolDatabase {
                name: "shop".to_owned(),
                database: "shop".to_owned(),
                ..PoolDatabase::default()
            }],
            ..Pooler::default()
        }
    }

    #[test]
    fn the_client_is_named_only_where_both_ends_agree() {
        let local = |server: &mut PoolServer| server.local = Client::Local;
        type Change<'a> = &'a dyn Fn(&mut PoolServer);
        let table: [(Client, Change<'_>, bool); 7] = [
            (Client::Address([10, 0, 0, 5].into()), &|_| {}, true),
            (
                Client::Address([10, 0, 0, 5].into()),
                &|it| it.remote_pid = Some(8),
                false,
            ),
            (
                Client::Address([10, 0, 0, 5].into()),
                &|it| it.local_port = Some(1),
                false,
            ),
            (
                Client::Address([10, 0, 0, 5].into()),
                &|it| it.local = Client::Address([10, 0, 0, 6].into()),
                false,
            ),
            (Client::Local, &local, true),
            (
                Client::Local,
                &|it| {
                    local(it);
                    it.connected_for = Some(Duration::from_secs(60));
                },
                false,
            ),
            (
                Client::Local,
                &|it| {
                    local(it);
                    it.user = "other".to_owned();
                },
                false,
            ),
        ];
        for (client, change, named) in table {
            let mut sessions = [session(7)];
            sessions[0].client = client;
            let pooler = pooler(change);
            name_clients(&mut sessions, &pooler);
            let behind = sessions[0]
                .pooled
                .as_ref()
                .and_then(|it| it.client.as_ref());
            assert_eq!(behind.is_some(), named, "{pooler:?}");
            if let Some(behind) = behind {
                assert_eq!(behind.place(), "192.168.1.9:51000");
                assert_eq!(behind.application.as_deref(), Some("mailer"));
            }
        }
    }

    #[test]
    fn an_unlinked_connection_idles_in_the_pool() {
        let mut sessions = [session(7)];
        name_clients(&mut sessions, &pooler(|it| it.link = None));
        let pooled = sessions[0].pooled.clone();
        assert_eq!(
            pooled.map(|it| (it.database, it.client)),
            Some(("shop".to_owned(), None))
        );
    }
}
