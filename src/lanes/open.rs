//! Opens a lane: the login first, the replication lane at once when the slots are gone, and both again, a bounded number
//! of times, when a storm of clients takes every slot that comes free.
//!
//! Stage: the first thing every command does with a target.
//! Never: has two connections open at once, retries what waiting cannot change, or goes past its limits.

use super::deadline::Deadline;
use super::explain::{Explanation, explain};
use super::failure::Refusal;
use super::knock::{Knocked, Knocker};
use super::lockout::{Counted, Lockout, Tally};
use super::{Lane, LaneKind};
use crate::connect::Target;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Shortest and longest pause between retries, in milliseconds. Jittered, so that several operators and the
/// storming clients do not march in step.
const PAUSE_MS: std::ops::RangeInclusive<u64> = 30..=150;

/// Which lanes to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneChoice {
    /// The login, then, if slots ran out, the replication lane.
    Auto,
    /// Only the login.
    Login,
    /// Only the replication lane.
    Replication,
}

/// How to open.
pub struct OpenRequest<'a> {
    /// Which lanes.
    pub choice: LaneChoice,
    /// Limit for one endpoint; who fills this in has weighed what was typed against the target's own `connect_timeout`.
    pub connect_timeout: Duration,
    /// Limit for everything.
    pub total: Duration,
    /// How long to keep trying while every slot is taken.
    pub retry_for: Duration,
    /// Called before each pause.
    pub on_wait: &'a mut dyn FnMut(&RetryProgress<'_>),
}

/// What is told before each pause.
#[derive(Debug)]
pub struct RetryProgress<'a> {
    /// Attempts so far, all lanes together.
    pub attempts: u32,
    /// Since the first attempt.
    pub elapsed: Duration,
    /// Until we give up.
    pub remaining: Duration,
    /// The latest refusal.
    pub refusal: &'a Refusal,
    /// What it means.
    pub explanation: &'a Explanation,
}

/// An open lane.
pub struct Opened {
    /// The lane.
    pub lane: Box<dyn Lane>,
    /// What was refused on the way, counted.
    pub refusals: Vec<Counted>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened")
            .field("lane", &self.lane.kind())
            .field("greeting", self.lane.greeting())
            .field("refusals", &self.refusals)
            .finish()
    }
}

impl<'a> OpenRequest<'a> {
    /// 3 seconds an endpoint, 10 in all, retrying for as long.
    pub fn new(choice: LaneChoice, on_wait: &'a mut dyn FnMut(&RetryProgress<'_>)) -> Self {
        Self {
            choice,
            connect_timeout: Duration::from_secs(3),
            total: Duration::from_secs(10),
            retry_for: Duration::from_secs(10),
            on_wait,
        }
    }
}

/// Opens a lane to `target`, or says why there is none.
pub fn open(target: &Target, request: OpenRequest<'_>) -> Result<Opened, Lockout> {
    let started = Instant::now();
    let total = Deadline::after(request.total);
    let patience = Deadline::after(request.retry_for).or_earlier(total);
    let knocker = Knocker {
        target,
        connect_timeout: request.connect_timeout,
        total,
    };
    let mut tally = Tally::default();
    let mut lanes = first_lanes(request.choice);
    let mut storming = false;
    loop {
        let mut hopeful = Vec::new();
        let mut latest = None;
        let mut index = 0;
        while let Some(&lane) = lanes.get(index) {
            let Knocked {
                lane: open,
                refusals,
            } = knocker.knock(lane, tally.attempts.total());
            for refusal in &refusals {
                tally.add(refusal.clone());
            }
            if let Some(open) = open {
                return Ok(Opened {
                    lane: open,
                    refusals: tally.refusals,
                });
            }
            // The side door is for a full house; it would meet any other refusal just the same.
            if request.choice == LaneChoice::Auto
                && lane == LaneKind::Login
                && !lanes.contains(&LaneKind::Replication)
                && tally.attempts.replication == 0
                && refusals.iter().any(is_exhaustion)
            {
                lanes.push(LaneKind::Replication);
            }
            let hope = |it: &Refusal| explain(it).worth_another_try(storming);
            let retry = refusals.into_iter().rev().find(hope);
            if let Some(refusal) = retry {
                hopeful.push(lane);
                latest = Some(refusal);
            }
            index += 1;
        }
        lanes = hopeful;
        storming = true;
        let Some((refusal, remaining)) = latest.zip(patience.remaining()) else {
            return Err(Lockout::new(tally, started.elapsed()));
        };
        (request.on_wait)(&RetryProgress {
            attempts: tally.attempts.total(),
            elapsed: started.elapsed(),
            remaining,
            explanation: &explain(&refusal),
            refusal: &refusal,
        });
        sleep(Duration::from_millis(fastrand::u64(PAUSE_MS)).min(remaining));
    }
}

fn first_lanes(choice: LaneChoice) -> Vec<LaneKind> {
    match choice {
        LaneChoice::Auto | LaneChoice::Login => vec![LaneKind::Login],
        LaneChoice::Replication => vec![LaneKind::Replication],
    }
}

fn is_exhaustion(refusal: &Refusal) -> bool {
    refusal.sqlstate() == Some("53300")
}
