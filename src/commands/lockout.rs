//! A lockout in words: what each lane answered and what that proves.

use clap::Subcommand;

use super::Command;
use crate::lanes::failure::Cause;
use crate::lanes::lockout::{Counted, Lockout};
use crate::report::duration;

/// One sentence for the whole.
pub fn headline(lockout: &Lockout) -> String {
    let tried = lockout.attempts.total();
    let attempts = if tried == 1 {
        "1 attempt".to_owned()
    } else {
        format!("{tried} attempts")
    };
    let what = if lockout.is_full() {
        "locked out"
    } else {
        "no way in"
    };
    format!(
        "{what}: no lane is open after {attempts} in {}",
        duration::precise(lockout.elapsed)
    )
}

/// What one lane answered, and what follows from it.
pub fn sentences(counted: &Counted) -> Vec<String> {
    let mut sentences = vec![summary(counted)];
    if let Some(proof) = &counted.explanation.proves {
        sentences.push(format!("  {proof}"));
    }
    sentences
}

/// What one lane answered: `login: every slot is taken (53300 InitProcess), 3 times`.
pub fn summary(counted: &Counted) -> String {
    let refusal = &counted.refusal;
    let mut text = format!("{}: {}", refusal.lane.name(), counted.explanation.what);
    if let Cause::Server(error) = &refusal.cause {
        let routine = error.routine.as_deref().unwrap_or("no routine");
        if !error.sqlstate.is_empty() {
            text.push_str(&format!(" [{} {routine}]", error.sqlstate));
        }
    }
    if counted.count > 1 {
        text.push_str(&format!(", {} times", counted.count));
    }
    text
}

/// Whether a suggested line can be typed: of this program's own commands, only those it has.
pub fn typable(line: &str) -> bool {
    // Variables may be set for the command, in front of it.
    let mut words = line.split(' ').skip_while(|word| word.contains('='));
    words.next() != Some("breakglass") || words.next().is_some_and(Command::has_subcommand)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commands_that_exist_can_be_typed() {
        for (line, can) in [
            ("breakglass status -h db", true),
            ("PGPASSFILE=~/.pgpass breakglass status", true),
            ("breakglass no-such-command", false),
            ("PGSSLMODE=prefer breakglass no-such-command", false),
            ("breakglass", false),
            ("psql -h db -c 'TABLE pg_hba_file_rules'", true),
        ] {
            assert_eq!(typable(line), can, "{line}");
        }
    }
}
