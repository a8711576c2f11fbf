//! Makes the break-glass role: every statement of a confirmed preparation in one transaction, or none.
//!
//! Stage: after confirmation and after the intent was recorded.

use std::time::Duration;

use crate::decide::prepare::Statement;
use crate::decide::prepare::role::{ConfirmedRole, PreparedRole};
use crate::lanes::{Lane, LaneError};

/// Gives `role`, which must be of `plan`, what it misses, within `limit`.
pub fn apply(
    lane: &mut dyn Lane,
    limit: Duration,
    plan: &ConfirmedRole,
    role: &PreparedRole,
) -> Result<(), LaneError> {
    let planned = plan.targets().iter().filter(|target| *target == role);
    for target in planned {
        lane.rows(&block(&target.statements), limit)?;
    }
    Ok(())
}

/// One block: a lane sends one statement at a time.
fn block(statements: &[Statement]) -> String {
    let statements: Vec<&str> = statements
        .iter()
        .map(|statement| statement.sql.as_str())
        .collect();
    let body = statements.join("; ");
    // A name may hold anything, the end of the block too.
    let mut tag = "breakglass".to_owned();
    while body.contains(&format!("${tag}$")) {
        tag.push('_');
    }
    format!("DO LANGUAGE plpgsql ${tag}$ BEGIN {body}; END ${tag}$")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::prepare::{Have, Wanted, prepare};
    use crate::decide::provider::NONE;

    #[test]
    fn a_name_cannot_end_the_block() {
        let wanted = Wanted {
            role: "$breakglass$ x".to_owned(),
            replication: false,
            reserve: 0,
            addresses: vec![],
            verifier: None,
            target: "t".to_owned(),
        };
        let preparation = prepare(&wanted, &Have::default(), &NONE);
        let block = block(&preparation.statements);
        assert!(block.starts_with("DO LANGUAGE plpgsql $breakglass_$ BEGIN CREATE ROLE"));
        assert_eq!(block.matches("$breakglass_$").count(), 2);
    }
}
