//! The connections a client of the rehearsal holds, and what became of them.
//!
//! Stage: rehearsal, in the client's process. What it counts is what the client itself sees of its connections, so that
//! it is no command of ours that says who is left. Never: opens again what was ended, but for a storm.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use anyhow::Result;

use super::behaviour::{ClientArgs, Question, try_once};
use super::wire::{Login, Session, Stream, has_news};

/// What a server says to a session that somebody terminates.
const TERMINATED: &str = "57P01";

/// Connections, each in the way it is held.
pub struct Holding {
    /// Whether the sessions answer a question at once.
    askable: bool,
    sessions: Vec<Session>,
    half: Vec<Box<dyn Stream>>,
    /// Connections that threads look after.
    attended: usize,
    /// How many of those the server has ended.
    ended: Arc<AtomicUsize>,
}

impl Holding {
    /// None yet. `askable` says whether the sessions can be asked something.
    pub fn new(askable: bool) -> Self {
        Self {
            askable,
            sessions: Vec::new(),
            half: Vec::new(),
            attended: 0,
            ended: Arc::default(),
        }
    }

    /// Keeps a session.
    pub fn keep(&mut self, session: Session) {
        self.sessions.push(session);
    }

    /// Keeps a login that will never be finished.
    pub fn keep_half(&mut self, stream: Box<dyn Stream>) {
        self.half.push(stream);
    }

    /// Waits, in a thread, for the answer of the statement that `session` has sent, and hangs up then.
    pub fn queue(&mut self, mut session: Session) -> Result<()> {
        self.attended += 1;
        let ended = self.ended.clone();
        std::thread::Builder::new().spawn(move || {
            if session.await_answer().is_err() {
                ended.fetch_add(1, Ordering::Relaxed);
            }
        })?;
        Ok(())
    }

    /// Starts a thread a connection, and returns when each has tried once. The threads end with the process.
    pub fn storm(&mut self, args: &ClientArgs) -> Result<()> {
        let (tried, all_tried) = mpsc::channel();
        for _ in 0..args.connections {
            let (args, tried, ended) = (args.clone(), tried.clone(), self.ended.clone());
            std::thread::Builder::new().spawn(move || {
                loop {
                    let login = try_once(&args);
                    let _ = tried.send(());
                    let by_the_server = match login {
                        Ok(Login::Admitted(mut session)) => session.last_words(None).is_ok(),
                        Ok(Login::Refused(refusal)) => refusal.sqlstate == TERMINATED,
                        _ => false,
                    };
                    ended.fetch_add(usize::from(by_the_server), Ordering::Relaxed);
                }
            })?;
        }
        for _ in 0..args.connections {
            all_tried.recv()?;
        }
        self.attended += args.connections;
        Ok(())
    }

    /// Answers one question.
    pub fn answer(&mut self, question: Question) -> usize {
        let ended_apart = self.ended.load(Ordering::Relaxed);
        let half_ended = self
            .half
            .iter()
            .filter(|stream| has_news(stream.as_ref()))
            .count();
        let askable = self.askable && question == Question::Answering;
        let sessions_ended = self
            .sessions
            .iter_mut()
            .map(|session| session.has_ended() || (askable && session.ask("SELECT 1").is_err()))
            .filter(|ended| *ended)
            .count();
        let ended = ended_apart + half_ended + sessions_ended;
        match question {
            Question::Ended => ended,
            Question::Answering => {
                (self.sessions.len() + self.half.len() + self.attended).saturating_sub(ended)
            }
        }
    }
}
