//! What would be severed, and which slots that can be expected to free.
//!
//! Pure. Measured on 13 to 18: a session that is idle, in a transaction or not, or blocked on writing ends within
//! milliseconds; one that runs a statement or waits for a lock does not look at its socket and keeps its slot until it
//! does. So only idle connections are counted as gain; what is undecided is not.

use std::collections::HashMap;
use std::time::Duration;

use super::Socket;
use super::selection::SocketSelection;
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::connection::Counts;
use crate::decide::holder::Holder;
use crate::decide::plan::{Caps, MANY, Plan, Question};

/// Below this number of connections "half of a program's" means nothing.
const SMALL: usize = 4;

/// Where the connections are looked for, and how exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OnHost {
    /// The clock's grain at the look the plan was made from.
    pub grain: Duration,
}

/// A plan to sever connections.
pub type SeverPlan = Plan<Socket>;
/// One that somebody agreed to.
pub type ConfirmedSever = ConfirmedPlan<Socket>;

impl Counts {
    /// What these connections are doing.
    pub fn doing<'a>(sockets: impl IntoIterator<Item = &'a Socket>, grain: Duration) -> Self {
        let sockets = sockets.into_iter();
        sockets.map(|socket| socket.activity(grain).class).collect()
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
    let facts = OnHost { grain };
    SeverPlan {
        lane: "sockets",
        endpoint,
        question: question(all, &selection.chosen),
        prediction: Socket::predict(&facts, &selection.chosen),
        facts,
        targets: selection.chosen,
        spared: selection.spared,
        missing: Vec::new(),
        caps: Caps::default(),
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

#[cfg(test)]
mod tests {
    use super::super::End;
    use super::super::testing::{GRAIN, socket, waiting};
    use super::*;
    use crate::decide::confirmation::{Approval, Cap, NotConfirmed};

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
            plan.prediction.classes,
            Some(Counts {
                idle: 1,
                busy: 2,
                ..Counts::default()
            })
        );
        assert_eq!(plan.frees(), 1);
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
            over.err(),
            Some(NotConfirmed::OverCap {
                targets: 12,
                cap: 11
            })
        );
        let capped = plan.clone().confirm(&Approval::Flag(Cap::All), Some(5));
        assert_eq!(
            capped.err(),
            Some(NotConfirmed::OverCap {
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
        assert_eq!(narrowed.plan().frees(), 1);
    }
}
