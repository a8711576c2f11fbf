//! Signals sessions over a database lane, several to a statement, each with its identity checked in the very
//! statement that signals it.
//!
//! The server's terminate function raises an error for a session it will not let us end, and an error ends the whole
//! statement. So a batch that fails is sent again one target to a statement: those already signalled are on their
//! way out, and a second SIGTERM to them changes nothing. Sessions we expect to be refused go alone from the start.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::{Actor, Sent, Signal};
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::outcome::Receipt;
use crate::decide::session::Session;
use crate::lanes::{Lane, LaneError, Row};

/// Targets to a statement. The server copies its whole activity table for each statement, which is what makes one
/// target to a statement slow on a server with thousands.
const BATCH: usize = 100;

/// A lane, used for signalling.
pub struct Database<'a> {
    lane: &'a mut dyn Lane,
    limit: Duration,
    superuser: bool,
}

impl<'a> Database<'a> {
    /// Signals over `lane`, each statement within `limit`. `superuser`: our role is one.
    pub fn new(lane: &'a mut dyn Lane, limit: Duration, superuser: bool) -> Self {
        Self {
            lane,
            limit,
            superuser,
        }
    }

    fn expects_refusal(&self, session: &Session) -> bool {
        !self.superuser && session.superuser != Some(false)
    }

    /// Sends one statement for `targets`.
    fn statement(
        &mut self,
        signal: Signal,
        targets: &[&Session],
    ) -> Result<Vec<Receipt>, LaneError> {
        let rows = self.lane.rows(&sql(signal, targets), self.limit)?;
        let answers = answers(rows);
        let receipt = |session: &&Session| {
            answers
                .get(&session.id.pid)
                .cloned()
                .unwrap_or(Receipt::NoAnswer)
        };
        Ok(targets.iter().map(receipt).collect())
    }
}

impl Actor for Database<'_> {
    fn send(&mut self, plan: &ConfirmedPlan<Session>, signal: Signal, targets: &[Session]) -> Sent {
        let mut receipts = vec![Receipt::NotAsked; targets.len()];
        let planned: std::collections::HashSet<_> = plan
            .targets()
            .iter()
            .filter_map(|session| session.id.known())
            .collect();
        let allowed =
            |session: &Session| session.id.known().is_some_and(|id| planned.contains(&id));
        let (alone, together): (Vec<usize>, Vec<usize>) = (0..targets.len())
            .filter(|index| allowed(&targets[*index]))
            .partition(|index| self.expects_refusal(&targets[*index]));
        let batches = together.chunks(BATCH).chain(alone.chunks(1));
        for batch in batches {
            let sessions: Vec<&Session> = batch.iter().map(|index| &targets[*index]).collect();
            match self.statement(signal, &sessions) {
                Ok(answers) => place(&mut receipts, batch, answers),
                Err(LaneError::Server(_)) if batch.len() > 1 => {
                    for index in batch {
                        if let Err(lost) =
                            self.single(signal, &targets[*index], &mut receipts[*index])
                        {
                            return Sent {
                                receipts,
                                lost: Some(lost),
                            };
                        }
                    }
                }
                Err(LaneError::Server(error)) => {
                    let refused = Receipt::Refused {
                        sqlstate: error.sqlstate,
                        message: error.message,
                    };
                    place(&mut receipts, batch, vec![refused]);
                }
                Err(lost) => {
                    place(&mut receipts, batch, vec![Receipt::NoAnswer; batch.len()]);
                    return Sent {
                        receipts,
                        lost: Some(lost),
                    };
                }
            }
        }
        Sent {
            receipts,
            lost: None,
        }
    }
}

impl Database<'_> {
    fn single(
        &mut self,
        signal: Signal,
        target: &Session,
        receipt: &mut Receipt,
    ) -> Result<(), LaneError> {
        *receipt = match self.statement(signal, &[target]) {
            Ok(mut answers) => answers.pop().unwrap_or(Receipt::NoAnswer),
            Err(LaneError::Server(error)) => Receipt::Refused {
                sqlstate: error.sqlstate,
                message: error.message,
            },
            Err(lost) => {
                *receipt = Receipt::NoAnswer;
                return Err(lost);
            }
        };
        Ok(())
    }
}

fn place(receipts: &mut [Receipt], batch: &[usize], answers: Vec<Receipt>) {
    for (index, answer) in batch.iter().zip(answers) {
        receipts[*index] = answer;
    }
}

/// The statement. A CASE is evaluated in order, so the signal goes out only where PID and start are still those
/// of the plan, and for a cancel only while the very statement that was planned is running.
fn sql(signal: Signal, targets: &[&Session]) -> String {
    let mut sql =
        String::from("SELECT t.pid::pg_catalog.text, CASE WHEN a.pid IS NULL THEN 'absent' ");
    sql.push_str(
        "WHEN (pg_catalog.date_part('epoch', a.backend_start) * 1000000)::pg_catalog.int8 \
         IS DISTINCT FROM t.started THEN 'other' ",
    );
    let function = match signal {
        Signal::Cancel => {
            sql.push_str(
                "WHEN a.state IS DISTINCT FROM 'active' AND a.state IS DISTINCT FROM 'fastpath function call' THEN 'idle' \
                 WHEN (pg_catalog.date_part('epoch', a.query_start) * 1000000)::pg_catalog.int8 \
                 IS DISTINCT FROM t.query THEN 'next' ",
            );
            "pg_cancel_backend"
        }
        Signal::Terminate => "pg_terminate_backend",
    };
    let _ = write!(
        sql,
        "WHEN pg_catalog.{function}(a.pid) THEN 'sent' ELSE 'not sent' END FROM (VALUES "
    );
    for (index, session) in targets.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        let query = session
            .query_started
            .map_or("NULL".to_owned(), |query| query.to_string());
        let started = session.id.started.unwrap_or(0);
        let _ = write!(
            sql,
            "{comma}({}::pg_catalog.int4, {started}::pg_catalog.int8, {query}::pg_catalog.int8)",
            session.id.pid
        );
    }
    sql.push_str(
        ") AS t (pid, started, query) LEFT JOIN pg_catalog.pg_stat_get_activity(NULL) AS a \
         ON a.pid OPERATOR(pg_catalog.=) t.pid",
    );
    sql
}

fn answers(rows: Vec<Row>) -> HashMap<i32, Receipt> {
    let mut answers = HashMap::with_capacity(rows.len());
    for mut row in rows {
        let answer = row.get_mut(1).and_then(Option::take).unwrap_or_default();
        let pid = row
            .first_mut()
            .and_then(Option::take)
            .and_then(|text| text.parse().ok());
        let receipt = match answer.as_str() {
            "absent" => Receipt::Absent,
            "other" => Receipt::OtherSession,
            "idle" => Receipt::Changed("its statement has ended by itself".to_owned()),
            "next" => Receipt::Changed("it runs another statement by now".to_owned()),
            "sent" => Receipt::Sent,
            "not sent" => Receipt::NotSent,
            _ => Receipt::NoAnswer,
        };
        if let Some(pid) = pid {
            answers.insert(pid, receipt);
        }
    }
    answers
}
