//! What several values of several flags mean together, and what contradicts itself.

use super::*;
use crate::decide::filters::{BackendsLane, SessionsLane, SocketsLane, WorkersLane};
use crate::decide::testing::{asked, read};

fn error(read: Result<Criteria<impl Subject>, String>) -> String {
    read.err().unwrap_or_default()
}

#[test]
fn a_value_that_holds_beats_one_that_cannot_be_told_and_an_exclusion_needs_all_to_be_told() {
    fn answers(value: i32) -> Answer {
        [Answer::Yes, Answer::No, Answer::Hidden, Answer::NotSeen]
            [usize::try_from(value).unwrap_or(0)]
    }
    static BY: By<crate::decide::session::Session> = By::Pid(|value, _, _| answers(value));
    let session = crate::decide::testing::session(1);
    let snapshot = crate::decide::testing::snapshot(vec![]);
    let look = crate::decide::selection::Neighbours {
        snapshot: &snapshot,
        blockers: &std::collections::HashSet::new(),
    };
    let verdict = |any: &[i32], none: &[i32]| {
        let values = |of: &[i32]| of.iter().map(|value| Value::Pid(*value)).collect();
        let flag = Flag {
            plain: "--a",
            twin: "--not-a",
        };
        let criterion = Criterion {
            flag,
            by: &BY,
            any: values(any),
            none: values(none),
        };
        criterion.judge(&session, look)
    };
    let (yes, no, hidden, not_seen) = (0, 1, 2, 3);
    assert_eq!(verdict(&[], &[]), Verdict::Yes);
    assert_eq!(verdict(&[no, hidden, yes], &[]), Verdict::Yes);
    assert_eq!(verdict(&[no, hidden], &[]), Verdict::Unknown("--a"));
    assert_eq!(verdict(&[not_seen], &[]), Verdict::No);
    assert_eq!(verdict(&[], &[no]), Verdict::Yes);
    assert_eq!(verdict(&[], &[no, hidden]), Verdict::Unknown("--not-a"));
    assert_eq!(verdict(&[], &[not_seen]), Verdict::Unknown("--not-a"));
    assert_eq!(verdict(&[yes], &[hidden, yes]), Verdict::No);
    assert_eq!(verdict(&[hidden], &[yes]), Verdict::No);
}

#[test]
fn the_flags_that_were_given_are_known_and_so_are_the_pids() {
    let criteria =
        asked::<SessionsLane>("--not-user b --pid 7 --user a --not-blocking --not-pid 8");
    let flags: Vec<_> = criteria.flags().collect();
    let wanted = [
        "--pid",
        "--not-pid",
        "--user",
        "--not-user",
        "--not-blocking",
    ];
    assert_eq!(flags, wanted);
    assert_eq!(criteria.pids().collect::<Vec<_>>(), [7]);
    assert!(criteria.names(7) && !criteria.names(8) && !criteria.is_empty());
    assert!(asked::<SessionsLane>("").is_empty());
    assert!(asked::<SessionsLane>("--not-query x").needs_query() && !criteria.needs_query());
}

#[test]
fn what_nothing_can_satisfy_is_an_error() {
    for line in [
        "--user a --not-user a",
        "--pid 7 --not-pid 8 --not-pid 7",
        "--client 10.0.0.0/8 --not-client 10.0.0.0/8",
        "--state active --not-state active",
        "--state active --idle-for 60s",
        "--state idle --active-for 60s",
        "--state idle --in-transaction-for 60s",
        "--idle-for 60s --active-for 60s",
        "--idle-for 60s --in-transaction-for 60s",
        "--idle-for 60s --not-idle-for 60s",
        "--connected-for 60s --not-connected-for 1m",
        "--blocking --not-blocking",
    ] {
        assert!(read::<SessionsLane>(line).is_err(), "{line}");
    }
    for line in [
        "--idle-for 5m --waiting-for 5m",
        "--idle-for 5m --not-idle-for 5m",
        "--state waiting --idle-for 5m",
        "--state idle --waiting-for 5m",
        "--state active",
    ] {
        assert!(read::<SocketsLane>(line).is_err(), "{line}");
    }
    for line in ["--state active", "--state busy --idle-for 5m"] {
        assert!(read::<WorkersLane>(line).is_err(), "{line}");
    }
    asked::<SessionsLane>("--state idle --idle-for 60s --not-idle-for 61s");
    asked::<SessionsLane>("--state active --in-transaction-for 60s --active-for 1s");
    asked::<SocketsLane>("--client 10.0.0.0/8 --state idle --idle-for 5m --pid 7");
    asked::<WorkersLane>("--runtime gunicorn --state idle --idle-for 5m");
    asked::<BackendsLane>("--state starting --connected-for 5m");
}

#[test]
fn a_contradiction_names_both_flags_and_what_to_do() {
    let said = error(read::<SessionsLane>("--user a --not-user a"));
    assert_eq!(
        said,
        "--user and --not-user both name \"a\"; remove one of them"
    );
    let said = error(read::<SessionsLane>("--idle-for 2m --not-idle-for 1m"));
    assert_eq!(
        said,
        "--idle-for and --not-idle-for leave nothing between them; make --not-idle-for the longer one"
    );
    let said = error(read::<SessionsLane>(
        "--idle-for 2m --in-transaction-for 1m",
    ));
    assert_eq!(
        said,
        "--idle-for and --in-transaction-for contradict each other: the first means idle, the second \
         idle-in-transaction, aborted, active or fastpath; give one of them"
    );
    let said = error(read::<SessionsLane>("--state active --idle-for 60s"));
    assert_eq!(
        said,
        "--idle-for contradicts a --state other than idle; give one of them"
    );
}
