//! The break-glass role as the one target of a plan: what it gets, and what came of it.
//!
//! Pure. The server's word that the statements took effect is a receipt; the role is set when a second look misses no
//! right.

use super::{Preparation, Statement};
use crate::decide::confirmation::ConfirmedPlan;
use crate::decide::holder::{Holder, TargetOutcome};
use crate::decide::outcome::{Outcome, Receipt};
use crate::decide::plan::Plan;
use crate::decide::prediction::Prediction;
use crate::decide::snapshot::Server;

/// A role and the statements that give it what it misses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedRole {
    /// Its name.
    pub name: String,
    /// In one transaction, in this order; empty where nothing is missing.
    pub statements: Vec<Statement>,
}

/// What its plan is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groundwork {
    /// All that is to be done, by us and by hand.
    pub preparation: Preparation,
    /// Where.
    pub server: Server,
    /// The managed service's name.
    pub provider: &'static str,
    /// The lanes as the role, tried at once where nothing is missing.
    pub lanes: Vec<Proof>,
}

/// A lane tried as the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Its name.
    pub lane: &'static str,
    /// Whether it opened.
    pub open: bool,
    /// One sentence; untrusted.
    pub what: String,
}

/// What a look after the statements saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// How many statements would still be needed.
    pub missing: usize,
    /// The lanes as the role, where every right is there.
    pub lanes: Vec<Proof>,
}

/// A plan for it.
pub type RolePlan = Plan<PreparedRole>;
/// One that somebody agreed to.
pub type ConfirmedRole = ConfirmedPlan<PreparedRole>;
/// Its end.
pub type RoleOutcome = TargetOutcome<PreparedRole>;

impl Holder for PreparedRole {
    type Id = String;
    type Facts = Groundwork;
    type Spared = ();
    type Sight = Sight;
    type Aftermath = ();

    fn id(&self) -> String {
        self.name.clone()
    }

    fn predict(_: &Groundwork, _: &[Self]) -> Prediction {
        Prediction::default()
    }

    fn protects((): &()) -> bool {
        false
    }

    fn over(&self, _: &Groundwork, _: &Sight) -> bool {
        true
    }

    fn judge(&self, _: &Groundwork, receipt: &Receipt, sight: Option<&Sight>) -> Outcome {
        match (receipt, sight) {
            (Receipt::Refused { sqlstate, message }, _) => {
                Outcome::Refused(format!("{message} [{sqlstate}]"))
            }
            (Receipt::NotAsked, _) => Outcome::Changed("interrupted before".to_owned()),
            (_, Some(sight)) if sight.missing == 0 => Outcome::Set,
            (_, Some(_)) => Outcome::StillThere,
            (_, None) => Outcome::Unknown,
        }
    }

    /// A role that one of its lanes does not let in is set, and not what it is for.
    fn keeps_slot(target: &RoleOutcome) -> bool {
        let mut lanes = target.sight.iter().flat_map(|sight| &sight.lanes);
        lanes.any(|proof| !proof.open)
    }

    fn sentence(target: &RoleOutcome) -> String {
        match &target.outcome {
            Outcome::Set => "every statement took effect".to_owned(),
            Outcome::Refused(why) => format!("nothing was changed: {why}"),
            Outcome::StillThere => {
                let missing = target.sight.as_ref().map_or(0, |sight| sight.missing);
                format!("the role still misses {missing} of what it was to get")
            }
            other => other.sentence(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_word_is_not_enough() {
        let role = PreparedRole {
            name: "glass".to_owned(),
            statements: Vec::new(),
        };
        let ground = Groundwork {
            preparation: Preparation::default(),
            server: Server::default(),
            provider: "",
            lanes: Vec::new(),
        };
        let refused = Receipt::Refused {
            sqlstate: "42501".to_owned(),
            message: "no".to_owned(),
        };
        let table = [
            (Receipt::Sent, Some(0), "set"),
            (Receipt::Sent, Some(2), "still-there"),
            (Receipt::Sent, None, "unknown"),
            (Receipt::NoAnswer, None, "unknown"),
            (refused, Some(5), "refused"),
            (Receipt::NotAsked, None, "changed"),
        ];
        for (receipt, missing, word) in table {
            let sight = missing.map(|missing| Sight {
                missing,
                lanes: Vec::new(),
            });
            let outcome = role.judge(&ground, &receipt, sight.as_ref());
            assert_eq!(outcome.name(), word, "{receipt:?} {sight:?}");
        }
    }
}
