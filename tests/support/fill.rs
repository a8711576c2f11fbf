//! Ways to fill a server, one for each way a server can be full.
//!
//! Every one returns only when the server is really in that state, and holds it until the result is dropped.

use std::time::Duration;

use breakglass::drill::wire::{Login, Session, Stream};

use super::await_that;
use super::server::{MAX_WAL_SENDERS, Server};

/// What keeps a server full.
#[derive(Default)]
pub struct Held {
    /// Sessions that were admitted.
    pub sessions: Vec<Session>,
    /// Sockets that never became sessions.
    pub sockets: Vec<Box<dyn Stream>>,
}

impl Held {
    /// The server processes of the sessions.
    pub fn pids(&self) -> Vec<i32> {
        self.sessions.iter().map(|session| session.pid).collect()
    }

    /// Together with what another filling holds.
    fn and(mut self, mut other: Self) -> Self {
        self.sessions.append(&mut other.sessions);
        self.sockets.append(&mut other.sockets);
        self
    }
}

impl Server {
    /// Takes every ordinary slot, as `app`.
    pub fn fill_ordinary_slots(&self) -> Held {
        self.log_in_until_full("app", "postgres")
    }

    /// Takes every slot but the superusers'. Before 16 there are no others than the ordinary ones.
    pub fn fill_reserved_slots(&self) -> Held {
        self.fill_ordinary_slots()
            .and(self.log_in_until_full("reserved", "postgres"))
    }

    /// Takes every slot, the superusers' too.
    pub fn fill_every_slot(&self) -> Held {
        let mut held = self.fill_reserved_slots();
        await_that("every slot is held", || {
            let more = self.log_in_until_full("postgres", "postgres");
            held = std::mem::take(&mut held).and(more);
            let free = self.ask_witness(
                "SELECT current_setting('max_connections')::int - count(*) FROM pg_stat_activity \
                 WHERE backend_type = 'client backend'",
            );
            free == [[Some("0".to_owned())]]
        });
        held
    }

    /// Uses up the connection limit of role `limited`.
    pub fn fill_role_limit(&self) -> Held {
        self.log_in_until_full("limited", "postgres")
    }

    /// Makes a database `limited` and uses up its connection limit.
    pub fn fill_database_limit(&self) -> Held {
        self.ask_witness("CREATE DATABASE limited CONNECTION LIMIT 1");
        self.log_in_until_full("app", "limited")
    }

    /// Takes every walsender, as `breakglass`.
    pub fn fill_walsenders(&self) -> Held {
        let parameters = [
            ("user", "breakglass"),
            ("database", "postgres"),
            ("replication", "database"),
        ];
        let held = self.until_refused(&parameters);
        assert_eq!(held.sessions.len(), MAX_WAL_SENDERS);
        held
    }

    /// Takes every slot with logins that are asked for a password and never answer.
    pub fn fill_with_half_finished_logins(&self) -> Held {
        self.until_refused(&[("user", "with_password"), ("database", "postgres")])
    }

    /// Uses up the child processes with connections that never say a word.
    pub fn fill_with_silent_sockets(&self) -> Held {
        let connect = |_| self.throwaway.address().connect().unwrap();
        let sockets = (0..self.child_limit() + 1).map(connect).collect();
        await_that("too many child processes", || {
            // Not the routine that finds no slot: these connections take none.
            self.refusal("app").is_some_and(|refusal| {
                refusal.sqlstate == "53300" && refusal.routine != "InitProcess"
            })
        });
        Held {
            sockets,
            ..Held::default()
        }
    }

    fn log_in_until_full(&self, user: &str, database: &str) -> Held {
        self.until_refused(&[
            ("user", user),
            ("database", database),
            ("application_name", user),
        ])
    }

    /// Logs in until the server refuses for lack of room.
    fn until_refused(&self, parameters: &[(&str, &str)]) -> Held {
        let mut held = Held::default();
        // A backend that has just refused somebody holds its slot for another moment, so that one refusal does
        // not prove that the server is full.
        let mut refused = 0;
        for _ in 0..1_000 {
            match self.log_in(parameters) {
                Login::Admitted(session) => held.sessions.push(session),
                Login::AskedForPassword(socket) => held.sockets.push(socket),
                Login::Refused(refusal) if refusal.sqlstate == "53300" => {
                    refused += 1;
                    if refused == 3 {
                        return held;
                    }
                    std::thread::sleep(Duration::from_millis(10));
                    continue;
                }
                Login::Refused(refusal) => panic!("refused, but not for lack of room: {refusal}"),
            }
            refused = 0;
        }
        panic!("the server takes a thousand logins and is not full")
    }
}
