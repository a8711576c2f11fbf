//! What would be severed, and which slots that can be expected to free.
//!
//! Pure. Measured on 13 to 18: a session that is idle, in a transaction or not, or blocked on writing ends within
//! milliseconds; one that runs a statement or waits for a lock does not look at its socket and keeps its slot until it
//! does. So only idle connections are counted as gain; what is undecided is not.

use std::collections::HashMap;
use std::time::Duration;

use super::activity::Class;
use super::selection::{SocketSelection, Spared};
use super::{Socket, SocketId};
use crate::decide::confirmation::{Approval, NotConfirmed, agree};
use crate::decide::plan::{MANY, Question};

/// Below this number of connections "half of a program's" means nothing.
const SMALL: usize = 4;

/// A plan.
#[derive(Debug, Clone, PartialEq)]
pub struct SeverPlan {
    /// Where the target answers, as it was asked for.
    pub endpoint: String,
    /// Targets, in order.
    pub targets: Vec<Socket>,
    /// What matched and is left alone.
    pub spared: Vec<(Socket, Spared)>,
    /// How many targets of each class.
    pub prediction: Prediction,
    /// The clock's grain at the look it was made from.
    pub grain: Duration,
    /// How long to wait for them, and for their backends, to go.
    pub wait: Duration,
    /// What must be typed to confirm it.
    pub question: Question,
}

/// How many targets of each class, and so what can be expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prediction {
    /// Free their slots within milliseconds.
    pub idle: usize,
    /// May or may not.
    pub undecided: usize,
    /// Half closed already: severing adds nothing.
    pub closing: usize,
    /// Keep their slots until the statement ends.
    pub waiting: usize,
}

impl Prediction {
    /// Of these targets.
    pub fn of<'a>(targets: impl IntoIterator<Item = &'a Socket>, grain: Duration) -> Self {
        let mut prediction = Self::default();
        for socket in targets {
            match socket.activity(grain).class {
                Class::Idle => prediction.idle += 1,
                Class::Undecided => prediction.undecided += 1,
                Class::Closing => prediction.closing += 1,
                Class::Waiting => prediction.waiting += 1,
            }
        }
        prediction
    }

    /// Slots to be counted on, if nobody connects again.
    pub fn frees(self) -> usize {
        self.idle
    }
}

/// Puts a plan together. `all` are the connections there are, chosen or not.
pub fn plan(
    endpoint: String,
    wait: Duration,
    grain: Duration,
    all: &[Socket],
    selection: SocketSelection,
) -> SeverPlan {
    SeverPlan {
        endpoint,
        question: question(all, &selection.chosen),
        prediction: Prediction::of(&selection.chosen, grain),
        targets: selection.chosen,
        spared: selection.spared,
        grain,
        wait,
    }
}

fn question(all: &[Socket], chosen: &[Socket]) -> Question {
    if chosen.len() > MANY {
        return Question::Number(chosen.len(), "more than 10 connections");
    }
    let count = |sockets: &[Socket]| {
        let mut by_program: HashMap<String, usize> = HashMap::new();
        for owner in sockets
            .iter()
            .filter_map(|socket| socket.owners.known().first())
        {
            *by_program.entry(owner.name.clone()).or_default() += 1;
        }
        by_program
    };
    let total = count(all);
    let half = count(chosen).into_iter().any(|(name, chosen)| {
        let total = total.get(&name).copied().unwrap_or(0);
        total >= SMALL && chosen * 2 >= total
    });
    if half {
        Question::Number(chosen.len(), "at least half of a program's connections")
    } else {
        Question::YesNo
    }
}

/// A plan somebody agreed to. What is not in it is not touched.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfirmedSever {
    plan: SeverPlan,
}

impl SeverPlan {
    /// Confirms this plan, or says why not, by the rules of every other plan.
    pub fn confirm(
        self,
        approval: &Approval,
        max_targets: Option<usize>,
    ) -> Result<ConfirmedSever, NotConfirmed> {
        agree(approval, self.targets.len(), self.question, max_targets)?;
        Ok(ConfirmedSever { plan: self })
    }
}

impl ConfirmedSever {
    /// What to sever.
    pub fn targets(&self) -> &[Socket] {
        &self.plan.targets
    }

    /// The plan, to be read.
    pub fn plan(&self) -> &SeverPlan {
        &self.plan
    }

    /// The same for fewer targets. A plan can be narrowed, never widened.
    #[must_use]
    pub fn narrowed_to(mut self, still: &[SocketId]) -> Self {
        self.plan
            .targets
            .retain(|socket| still.contains(&socket.id));
        self.plan.prediction = Prediction::of(&self.plan.targets, self.plan.grain);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::End;
    use super::super::testing::{GRAIN, socket, waiting};
    use super::*;
    use crate::decide::confirmation::Cap;

    fn planned(all: &[Socket], chosen: usize) -> SeverPlan {
        let selection = SocketSelection {
            chosen: all[..chosen].to_vec(),
            spared: Vec::new(),
        };
        plan(
            "db:5432".to_owned(),
            Duration::from_secs(5),
            GRAIN,
            all,
            selection,
        )
    }

    #[test]
    fn only_idle_connections_are_counted_on() {
        let all = [
            socket(1, End::Client),
            waiting(2, End::Client, 3),
            waiting(3, End::Server, 3),
        ];
        let plan = planned(&all, 3);
        assert_eq!(
            plan.prediction,
            Prediction {
                idle: 1,
                waiting: 2,
                ..Prediction::default()
            }
        );
        assert_eq!(plan.prediction.frees(), 1);
    }

    #[test]
    fn more_danger_is_more_to_type() {
        let all: Vec<Socket> = (0..30).map(|number| socket(number, End::Client)).collect();
        let number = |plan: &SeverPlan| matches!(plan.question, Question::Number(..));
        assert!(number(&planned(&all, 11)));
        assert!(!number(&planned(&all, 10)));
        assert!(number(&planned(&all[..8], 4)));
        assert!(!number(&planned(&all[..3], 3)));
    }

    #[test]
    fn it_is_confirmed_by_the_rules_of_every_plan_and_only_narrowed() {
        let all: Vec<Socket> = (0..30).map(|number| socket(number, End::Client)).collect();
        let plan = planned(&all, 12);
        let over = plan.clone().confirm(&Approval::Flag(Cap::AtMost(11)), None);
        assert_eq!(
            over,
            Err(NotConfirmed::OverCap {
                targets: 12,
                cap: 11
            })
        );
        let capped = plan.clone().confirm(&Approval::Flag(Cap::All), Some(5));
        assert_eq!(
            capped,
            Err(NotConfirmed::OverCap {
                targets: 12,
                cap: 5
            })
        );
        assert!(
            plan.clone()
                .confirm(&Approval::Typed("y".to_owned()), None)
                .is_err()
        );
        let Ok(confirmed) = plan.confirm(&Approval::Typed("12".to_owned()), None) else {
            panic!("the right number was typed");
        };
        let stranger = socket(99, End::Client).id;
        let narrowed = confirmed.narrowed_to(&[all[3].id, stranger]);
        assert_eq!(narrowed.targets().len(), 1);
        assert_eq!(narrowed.plan().prediction.idle, 1);
    }
}
