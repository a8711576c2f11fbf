//! Acts on a confirmed plan, batch after batch, looks again, and judges: the stages after the intent is recorded.
//!
//! Never: hands a lane a target that is not in the confirmed plan; goes on once contact is lost or somebody wants to
//! stop; says "gone" of what the second look did not miss.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use super::{Aside, Batch, Effects, Receipts, Sights};
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::holder::Holder;
use crate::decide::holder::TargetOutcome;
use crate::decide::outcome::{Receipt, Stopped};
use crate::decide::plan::Plan;
use crate::decide::verified::Verified;

/// Targets to one call of the lane: between two of them an interruption is heeded.
const STEP: usize = 100;
/// First and longest pause between two looks.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(200));
/// How long after an interruption those that were signalled are still awaited: a session that was asked to end a moment
/// ago would otherwise be recorded as still there, and go.
const LEAVING: Duration = Duration::from_secs(2);

/// Carries out `confirmed` and tells what is true of every target of `planned`. `receipts` are of those that were left
/// out of it since.
pub(super) fn carry_out<E: Effects>(
    effects: &mut E,
    confirmed: &ConfirmedPlan<E::Holder>,
    planned: &Plan<E::Holder>,
    receipts: Receipts<E::Holder>,
    aside: &mut Aside<'_>,
) -> Verified<E::Holder> {
    let mut run = Run {
        confirmed,
        receipts,
        sights: HashMap::new(),
        gone: HashMap::new(),
        escalated: HashSet::new(),
        lost: false,
        began: Instant::now(),
    };
    let stopped = run.batches(effects, aside);
    // Those that were never asked, and those left out, may have gone by themselves.
    let unseen = planned.targets.iter();
    let unseen: Vec<_> = unseen
        .filter(|one| !run.sights.contains_key(&one.id()))
        .collect();
    run.watch(effects, unseen, aside);
    let targets = planned.targets.iter();
    let targets = targets.map(|target| run.judge(planned, target)).collect();
    Verified {
        targets,
        stopped,
        aftermath: effects.aftermath(run.lost, aside),
    }
}

/// A run that has begun to act.
struct Run<'a, H: Holder> {
    confirmed: &'a ConfirmedPlan<H>,
    receipts: Receipts<H>,
    /// The last that was seen of each.
    sights: Sights<H>,
    /// When each was first seen to be over, or given up.
    gone: HashMap<H::Id, Duration>,
    escalated: HashSet<H::Id>,
    /// Contact was lost.
    lost: bool,
    began: Instant,
}

impl<H: Holder> Run<'_, H> {
    fn batches<E: Effects<Holder = H>>(
        &mut self,
        effects: &mut E,
        aside: &mut Aside<'_>,
    ) -> Stopped {
        let confirmed = self.confirmed;
        let targets = confirmed.targets();
        let size = effects.batch().max(1);
        let of = targets.len().div_ceil(size);
        let mut done = 0;
        for (number, batch) in (1..).zip(targets.chunks(size)) {
            if number > 1
                && let Some(why) = effects.before(&targets[..done], aside)
            {
                return why;
            }
            done += batch.len();
            self.send(effects, batch, aside);
            let mut pending = self.watch(effects, batch.iter().collect(), aside);
            if !self.lost && !pending.is_empty() && !(aside.interrupted)() {
                let harder = effects.escalate(confirmed, &pending);
                if !harder.is_empty() {
                    pending.retain(|target| harder.contains(&target.id()));
                    self.escalated.extend(harder);
                    self.watch(effects, pending, aside);
                }
            }
            if self.lost {
                // Whoever is left is judged by what is known: nothing.
                return Stopped::Finished;
            }
            let elapsed = self.began.elapsed();
            for target in batch {
                self.gone.entry(target.id()).or_insert(elapsed);
            }
            let batch = Batch {
                number,
                of,
                elapsed,
            };
            if let Some(why) = effects.after(batch, &targets[..done], aside) {
                return why;
            }
        }
        Stopped::Finished
    }

    fn send<E: Effects<Holder = H>>(
        &mut self,
        effects: &mut E,
        batch: &[H],
        aside: &mut Aside<'_>,
    ) {
        self.lost = self.lost || effects.soften(self.confirmed, batch, aside);
        for step in batch.chunks(STEP) {
            let mut answers = Vec::new();
            if !self.lost && (effects.insists() || !(aside.interrupted)()) {
                let sent = effects.send(self.confirmed, step, aside);
                self.lost = sent.lost.is_some();
                answers = sent.receipts;
            }
            answers.resize(step.len(), Receipt::NotAsked);
            let ids = step.iter().map(Holder::id);
            self.receipts.extend(ids.zip(answers));
        }
    }

    /// Looks until every one of `pending` that was reached is over, or the wait is; gives those that are not.
    fn watch<'t, E: Effects<Holder = H>>(
        &mut self,
        effects: &mut E,
        mut pending: Vec<&'t H>,
        aside: &mut Aside<'_>,
    ) -> Vec<&'t H> {
        let plan = self.confirmed.plan();
        let began = Instant::now();
        let mut pause = PAUSE.0;
        let mut interrupted: Option<Instant> = None;
        while !self.lost && !pending.is_empty() {
            let Ok(mut seen) = effects.look_at(&pending) else {
                self.lost = true;
                // What was seen before contact was lost is no news about now.
                for target in &pending {
                    self.sights.remove(&target.id());
                }
                break;
            };
            let mut awaited = 0;
            pending.retain(|target| {
                let id = target.id();
                let Some(sight) = seen.remove(&id) else {
                    return true;
                };
                let over = target.over(&plan.facts, &sight);
                self.sights.insert(id.clone(), sight);
                if over {
                    self.gone.insert(id, self.began.elapsed());
                } else if self.reached(&id) {
                    awaited += 1;
                }
                !over
            });
            let mut left = plan.wait.saturating_sub(began.elapsed());
            if (aside.interrupted)() {
                let since = interrupted.get_or_insert_with(Instant::now);
                left = left.min(LEAVING.saturating_sub(since.elapsed()));
            }
            // Nobody waits for those that were refused or never asked.
            if awaited == 0 || left.is_zero() {
                break;
            }
            if began.elapsed() > Duration::from_secs(1) {
                let left = left.as_secs();
                (aside.progress)(&format!("waiting for {awaited} to go, {left} s left"));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(PAUSE.1);
        }
        pending.retain(|target| self.reached(&target.id()));
        pending
    }

    /// Whether something of ours may have arrived at it.
    fn reached(&self, id: &H::Id) -> bool {
        matches!(
            self.receipts.get(id),
            Some(Receipt::Sent | Receipt::NotSent | Receipt::NoAnswer)
        )
    }

    fn judge(&self, planned: &Plan<H>, target: &H) -> TargetOutcome<H> {
        let id = target.id();
        let receipt = self.receipts.get(&id).unwrap_or(&Receipt::NotAsked);
        let sight = self.sights.get(&id);
        let after = self.gone.get(&id).copied();
        TargetOutcome {
            holder: target.clone(),
            receipt: receipt.clone(),
            escalated: self.escalated.contains(&id),
            sight: sight.cloned(),
            outcome: target.judge(&planned.facts, receipt, sight),
            after: after.unwrap_or_else(|| self.began.elapsed()),
        }
    }
}
