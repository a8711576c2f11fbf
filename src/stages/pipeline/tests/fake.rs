//! An imitation of a server: its sessions go, stay, linger or refuse, and its lane breaks where it is told to.

use super::*;

/// How one session of the imitation answers a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Temper {
    /// Goes at once.
    Goes,
    /// Takes the signal and stays.
    Stays,
    /// Takes the signal, and goes a few looks later.
    Lingers,
    /// Is refused.
    Refused,
}

/// The look by which those that linger are gone: the plan takes the first, and the first after the signals finds them.
pub(super) const LINGERS_TO: usize = 5;

/// What happens on the server while a person reads.
pub(super) type Change = fn(&mut Vec<(Session, Temper)>);

/// An imitation of a server.
pub(super) struct Fake {
    pub(super) sessions: Vec<(Session, Temper)>,
    /// The lane breaks after so many signals.
    pub(super) breaks_after: Option<usize>,
    /// Every look fails from this one on.
    pub(super) blind_from: Option<usize>,
    pub(super) looks: usize,
    pub(super) signalled: Vec<SessionId>,
    /// Changes made between the first look and the next.
    pub(super) meanwhile: Option<Change>,
    pub(super) record: Option<std::path::PathBuf>,
    pub(super) intents_seen: usize,
    /// Sealed by the first signal: from then on nothing can be written to it.
    pub(super) seals: Option<std::fs::File>,
}

impl Fake {
    pub(super) fn new(tempers: &[Temper]) -> Self {
        let sessions = tempers
            .iter()
            .enumerate()
            .map(|(index, temper)| (session(index), *temper))
            .collect();
        Self {
            sessions,
            breaks_after: None,
            blind_from: None,
            looks: 0,
            signalled: Vec::new(),
            meanwhile: None,
            record: None,
            intents_seen: 0,
            seals: None,
        }
    }

    fn lost(&self) -> LaneError {
        LaneError::Lost {
            what: "connection reset".to_owned(),
            last_words: None,
        }
    }

    fn count_look(&mut self) -> Result<(), LaneError> {
        self.looks += 1;
        if self.blind_from.is_some_and(|from| self.looks >= from) {
            return Err(self.lost());
        }
        Ok(())
    }
}

fn session(index: usize) -> Session {
    let number = i32::try_from(index).unwrap();
    Session {
        id: SessionId {
            pid: 1000 + number,
            started: Some(i64::from(number) + 1),
        },
        kind: Kind::Client,
        user: Some("app".to_owned()),
        superuser: Some(false),
        database: Some("shop".to_owned()),
        application: Some("web".to_owned()),
        client: Client::Local,
        client_port: Some(-1),
        state: Some(State::Idle),
        connected_for: Some(Duration::from_secs(600)),
        in_transaction_for: None,
        query_for: Some(Duration::from_secs(60)),
        state_for: Some(Duration::from_secs(60)),
        query_started: Some(7),
        wait: None,
        blocked_by: Vec::new(),
        leader: None,
        query: Some("SELECT 1".to_owned()),
        hidden: false,
        pooled: None,
    }
}

impl Source for Fake {
    fn look(&mut self, _: QueryText) -> Result<Snapshot, LaneError> {
        self.count_look()?;
        if let Some(change) = self.meanwhile.take_if(|_| self.looks > 1) {
            change(&mut self.sessions);
        }
        Ok(Snapshot {
            server: Server {
                own_pid: 1,
                role: "ops".to_owned(),
                role_may_signal: true,
                ..Server::default()
            },
            limits: Limits {
                max_connections: 100,
                superuser_reserved: 3,
                ..Limits::default()
            },
            sessions: self
                .sessions
                .iter()
                .map(|(session, _)| session.clone())
                .collect(),
            role_limits: Vec::new(),
            database_limits: Vec::new(),
            prepared: Prepared::default(),
            at: 0,
        })
    }

    fn look_at(&mut self, ids: &[SessionId]) -> Result<Vec<(SessionId, Seen)>, LaneError> {
        self.count_look()?;
        if self.looks >= LINGERS_TO {
            self.sessions
                .retain(|(_, temper)| *temper != Temper::Lingers);
        }
        let there = self
            .sessions
            .iter()
            .filter(|(session, _)| ids.contains(&session.id));
        Ok(there
            .map(|(session, _)| {
                let seen = Seen::Present {
                    state: session.state,
                    query_started: session.query_started,
                };
                (session.id, seen)
            })
            .collect())
    }
}

impl Actor for Fake {
    fn send(&mut self, plan: &ConfirmedPlan<Session>, signal: Signal, targets: &[Session]) -> Sent {
        if let Some(path) = &self.record {
            let text = std::fs::read_to_string(path).unwrap();
            self.intents_seen = text
                .lines()
                .filter(|line| line.contains("\"intent\""))
                .count();
        }
        if let Some(file) = &self.seals {
            let seals = SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_WRITE;
            fcntl(file, FcntlArg::F_ADD_SEALS(seals)).unwrap();
        }
        let mut receipts = Vec::new();
        for target in targets {
            assert!(
                plan.targets().contains(target),
                "only targets of the plan are handed to the actor"
            );
            if self
                .breaks_after
                .is_some_and(|after| self.signalled.len() >= after)
            {
                receipts.push(Receipt::NoAnswer);
                receipts.resize(targets.len(), Receipt::NotAsked);
                return Sent {
                    receipts,
                    lost: Some(self.lost()),
                };
            }
            let found = self
                .sessions
                .iter()
                .position(|(session, _)| session.id == target.id);
            let reused = self
                .sessions
                .iter()
                .any(|(session, _)| session.id.pid == target.id.pid);
            receipts.push(match found {
                None if reused => Receipt::OtherSession,
                None => Receipt::Absent,
                Some(index) => {
                    self.signalled.push(target.id);
                    match self.sessions[index].1 {
                        Temper::Goes if signal == Signal::Terminate => {
                            self.sessions.remove(index);
                            Receipt::Sent
                        }
                        Temper::Goes => {
                            self.sessions[index].0.state = Some(State::Idle);
                            Receipt::Sent
                        }
                        Temper::Stays | Temper::Lingers => Receipt::Sent,
                        Temper::Refused => {
                            let error = ServerError {
                                sqlstate: "42501".to_owned(),
                                ..ServerError::default()
                            };
                            Receipt::Refused {
                                sqlstate: error.sqlstate,
                                message: error.message,
                            }
                        }
                    }
                }
            });
        }
        Sent {
            receipts,
            lost: None,
        }
    }
}
