//! Whether a new connection can be had and answers, and whether a health endpoint tells the same.
//!
//! Pure: one trial in, a verdict for each of its steps and for the whole out.

use std::time::Duration;

use super::capacity::SlotClass;
use super::runbook::Runbook;

/// What can be said of a step, or of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Word {
    /// As it should be.
    Ok,
    /// It worked and took too long.
    Slow,
    /// Something ran out: slots, processes, a limit, a pool.
    Full,
    /// Turned away for another reason.
    Refused,
    /// The password is wrong or missing, or authentication failed otherwise.
    #[strum(serialize = "wrong password")]
    WrongPassword,
    /// Nothing came in time.
    #[strum(serialize = "no answer")]
    NoAnswer,
    /// It can be read and not written.
    #[strum(serialize = "read-only")]
    ReadOnly,
    /// An earlier step failed.
    #[strum(serialize = "not tried")]
    NotTried,
}

words!(Word);

/// What the server said of who came, when it answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Whether the role is a superuser.
    pub superuser: bool,
    /// Whether it may use `reserved_connections`.
    pub reserved: bool,
    /// A standby, or `default_transaction_read_only`.
    pub read_only: bool,
}

/// One attempt, as far as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// As whom.
    pub role: String,
    /// Where.
    pub endpoint: String,
    /// How long the socket took, if there was one.
    pub connect: Option<Duration>,
    /// How long the login took, encryption included, if it was let in.
    pub authenticate: Option<Duration>,
    /// How long the query took, if it was answered.
    pub query: Option<Duration>,
    /// What stopped it, and in what words; untrusted.
    pub failure: Option<(Word, String)>,
    /// The page for what stopped it, where something ran out.
    pub runbook: Option<Runbook>,
    /// What the server said.
    pub facts: Option<Facts>,
    /// Of a role that may use a reserve: the slot it stood on.
    pub slot: Option<SlotClass>,
    /// From the first packet to the end.
    pub took: Duration,
}

/// What is expected beyond an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expected {
    /// No step and not the whole may take longer.
    pub slow: Option<Duration>,
    /// It must be possible to write.
    pub writable: bool,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// `connect`, `authenticate` or `query`.
    pub name: &'static str,
    /// What is said of it.
    pub word: Word,
    /// How long it took, where it came to its end.
    pub took: Option<Duration>,
}

/// The judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Of the whole.
    pub word: Word,
    /// Of each step, in order.
    pub steps: [Step; 3],
    /// Why it is not ok; untrusted.
    pub why: Option<String>,
    /// What the role may do that an application's may not.
    pub privileged: Option<&'static str>,
}

/// Judges a trial.
pub fn judge(trial: &Trial, expected: Expected) -> Verdict {
    let over = |took: Duration| expected.slow.is_some_and(|slow| took > slow);
    let mut stopped = trial.failure.as_ref().map(|(word, _)| *word);
    let mut step = |name, took: Option<Duration>| Step {
        name,
        word: match took {
            Some(took) if over(took) => Word::Slow,
            Some(_) => Word::Ok,
            // The first step without an end is where it stopped.
            None => stopped.take().unwrap_or(Word::NotTried),
        },
        took,
    };
    let steps = [
        step("connect", trial.connect),
        step("authenticate", trial.authenticate),
        step("query", trial.query),
    ];
    let privileged = trial.facts.and_then(|facts| {
        if facts.superuser {
            Some("a superuser")
        } else {
            facts.reserved.then_some("a role with reserved slots")
        }
    });
    let mut verdict = Verdict {
        word: Word::Ok,
        steps,
        why: None,
        privileged,
    };
    let slot = trial.slot.filter(|slot| *slot != SlotClass::Ordinary);
    let read_only = trial.facts.is_some_and(|facts| facts.read_only);
    if let Some((word, why)) = &trial.failure {
        verdict.word = *word;
        verdict.why = Some(why.clone());
    } else if let Some(slot) = slot {
        verdict.word = Word::Full;
        let what = format!(
            "it was let in on a {} slot; an ordinary role is refused",
            slot.name()
        );
        verdict.why = Some(what);
    } else if expected.writable && read_only {
        verdict.word = Word::ReadOnly;
        let what = "the server is a standby, or default_transaction_read_only is on";
        verdict.why = Some(what.to_owned());
    } else if over(trial.took) || verdict.steps.iter().any(|step| step.word == Word::Slow) {
        verdict.word = Word::Slow;
    }
    verdict
}

/// What a health endpoint answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// This status.
    Says(u16),
    /// A redirect, and where to; untrusted.
    Elsewhere(u16, String),
    /// Nothing within this limit.
    Late(Duration),
    /// There is no connection to it; untrusted.
    Unreachable(String),
    /// Something that is not HTTP; untrusted.
    Garbage(String),
}

/// The endpoint beside the truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Whether it tells the truth.
    pub agrees: bool,
    /// In one sentence; untrusted.
    pub sentence: String,
}

/// Compares an endpoint's answer with what a new connection met.
pub fn compare(health: &Health, word: Word) -> Compared {
    let works = matches!(word, Word::Ok | Word::Slow);
    let truth = match word {
        Word::Ok => "a new connection works",
        Word::Slow => "a new connection is slow",
        Word::ReadOnly => "a new connection is read-only",
        Word::NoAnswer => "a new connection gets no answer",
        Word::Full | Word::Refused | Word::WrongPassword | Word::NotTried => {
            "a new connection is refused"
        }
    };
    let (agrees, sentence) = match health {
        Health::Says(status @ 200..=299) if works => (
            true,
            format!("endpoint says {status}, and {truth}: they agree"),
        ),
        Health::Says(status @ 200..=299) => {
            let follows = match word {
                // The application may well have another role.
                Word::WrongPassword | Word::Refused => "for a reason that may be this role's alone",
                Word::ReadOnly => "it does not check that the database can be written",
                _ => "it does not check the database",
            };
            (false, format!("endpoint says {status}, {truth}: {follows}"))
        }
        Health::Says(status) if works => (
            false,
            format!(
                "endpoint says {status}, {truth}: the trouble is the application's own, or its pool is empty"
            ),
        ),
        Health::Says(status) => (
            true,
            format!("endpoint says {status}, and {truth}: they agree"),
        ),
        Health::Elsewhere(status, to) => (
            false,
            format!(
                "endpoint says {status} and points to {to}, which was not asked: give that URL; {truth}"
            ),
        ),
        Health::Late(limit) => (
            false,
            format!("endpoint gives no answer within {limit:?}, {truth}"),
        ),
        Health::Unreachable(why) => (
            false,
            format!("endpoint cannot be reached ({why}), {truth}"),
        ),
        Health::Garbage(what) => (
            false,
            format!("endpoint's answer is not HTTP ({what}), {truth}"),
        ),
    };
    Compared { agrees, sentence }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Option<Duration> = Some(Duration::from_millis(1));

    fn trial() -> Trial {
        Trial {
            role: "app".to_owned(),
            endpoint: "db:5432".to_owned(),
            connect: MS,
            authenticate: Some(Duration::from_millis(40)),
            query: MS,
            failure: None,
            runbook: None,
            facts: Some(Facts {
                superuser: false,
                reserved: false,
                read_only: false,
            }),
            slot: None,
            took: Duration::from_millis(42),
        }
    }

    fn slow(millis: u64) -> Expected {
        Expected {
            slow: Some(Duration::from_millis(millis)),
            writable: false,
        }
    }

    #[test]
    fn each_step_has_its_own_word_and_the_whole_has_the_worst() {
        let words = |trial: &Trial, expected| {
            let verdict = judge(trial, expected);
            (verdict.word, verdict.steps.map(|step| step.word))
        };
        let ok = [Word::Ok; 3];
        assert_eq!(words(&trial(), Expected::default()), (Word::Ok, ok));
        assert_eq!(words(&trial(), slow(50)), (Word::Ok, ok));
        let login = [Word::Ok, Word::Slow, Word::Ok];
        assert_eq!(words(&trial(), slow(30)), (Word::Slow, login));
        // No step alone, but all of them together.
        assert_eq!(words(&trial(), slow(41)), (Word::Slow, ok));
        let full = Trial {
            authenticate: None,
            query: None,
            failure: Some((Word::Full, "every slot is taken".to_owned())),
            facts: None,
            ..trial()
        };
        let at_the_door = [Word::Ok, Word::Full, Word::NotTried];
        assert_eq!(words(&full, slow(50)), (Word::Full, at_the_door));
    }

    #[test]
    fn who_stands_on_a_reserve_says_that_applications_are_refused() {
        let superuser = |slot| Trial {
            facts: Some(Facts {
                superuser: true,
                reserved: false,
                read_only: false,
            }),
            slot: Some(slot),
            ..trial()
        };
        let verdict = judge(&superuser(SlotClass::Superuser), Expected::default());
        assert_eq!(
            (verdict.word, verdict.privileged),
            (Word::Full, Some("a superuser"))
        );
        let verdict = judge(&superuser(SlotClass::Ordinary), Expected::default());
        assert_eq!(
            (verdict.word, verdict.privileged),
            (Word::Ok, Some("a superuser"))
        );
    }

    #[test]
    fn read_only_matters_to_who_wants_to_write() {
        let mut standby = trial();
        standby.facts = Some(Facts {
            superuser: false,
            reserved: false,
            read_only: true,
        });
        let of = |writable| {
            judge(
                &standby,
                Expected {
                    slow: None,
                    writable,
                },
            )
            .word
        };
        assert_eq!((of(false), of(true)), (Word::Ok, Word::ReadOnly));
    }

    #[test]
    fn an_endpoint_is_told_from_the_truth() {
        let table = [
            (Health::Says(200), Word::Ok, true, "they agree"),
            (
                Health::Says(200),
                Word::Full,
                false,
                "endpoint says 200, a new connection is refused: it does not check the database",
            ),
            (
                Health::Says(204),
                Word::NoAnswer,
                false,
                "it does not check the database",
            ),
            (
                Health::Says(200),
                Word::WrongPassword,
                false,
                "this role's alone",
            ),
            (Health::Says(503), Word::Ok, false, "its pool is empty"),
            (Health::Says(503), Word::Full, true, "they agree"),
            (
                Health::Elsewhere(302, "/login".to_owned()),
                Word::Ok,
                false,
                "points to /login",
            ),
            (
                Health::Late(Duration::from_secs(5)),
                Word::Ok,
                false,
                "no answer within 5s",
            ),
            (
                Health::Garbage("x".to_owned()),
                Word::Full,
                false,
                "is not HTTP",
            ),
            (
                Health::Unreachable("x".to_owned()),
                Word::Ok,
                false,
                "cannot be reached",
            ),
        ];
        for (health, word, agrees, words) in table {
            let compared = compare(&health, word);
            assert_eq!(compared.agrees, agrees, "{compared:?}");
            assert!(compared.sentence.contains(words), "{compared:?}");
        }
    }
}
