//! Forests drawn as text: `head(waiter waiter(…))`.

use super::*;
use crate::decide::session::Session;
use crate::decide::testing::{blocked, in_transaction, session, snapshot};

fn text(node: &Node) -> String {
    let waiters: Vec<String> = node.waiters.iter().map(text).collect();
    let below = if waiters.is_empty() {
        String::new()
    } else {
        format!("({})", waiters.join(" "))
    };
    format!("{}{below}", node.pid)
}

fn check(sessions: Vec<Session>, wanted: &[&str]) {
    let forest = trees(&snapshot(sessions));
    let drawn: Vec<String> = forest.iter().map(text).collect();
    assert_eq!(drawn, wanted);
}

#[test]
fn nobody_waits_in_a_quiet_server() {
    check(vec![session(1), session(2)], &[]);
}

#[test]
fn a_chain_hangs_below_its_head() {
    let sessions = vec![
        blocked(3, &[2], 5),
        in_transaction(1, 9),
        blocked(2, &[1], 7),
    ];
    check(sessions, &["1(2(3))"]);
}

#[test]
fn a_fan_is_sorted_by_the_longest_wait_and_the_longest_queue_comes_first() {
    let sessions = vec![
        in_transaction(1, 9),
        blocked(2, &[1], 5),
        in_transaction(10, 9),
        blocked(11, &[10], 5),
        blocked(12, &[10], 50),
    ];
    check(sessions, &["10(12 11)", "1(2)"]);
}

#[test]
fn whoever_queues_behind_others_hangs_under_the_head_and_names_the_rest() {
    // The server lists those ahead in the queue too.
    let sessions = vec![
        in_transaction(1, 9),
        blocked(2, &[1], 8),
        blocked(3, &[1, 2, 2], 7),
    ];
    check(sessions.clone(), &["1(2 3)"]);
    let forest = trees(&snapshot(sessions));
    assert_eq!(forest[0].waiters[1].also_waits_for, [2]);
    assert_eq!(forest[0].released(), 2);
}

#[test]
fn a_ring_is_cut_at_its_oldest_member_and_not_at_one_that_waits_behind_it() {
    let sessions = vec![
        blocked(9, &[1], 500),
        blocked(1, &[2], 10),
        blocked(2, &[3], 30),
        blocked(3, &[1], 20),
    ];
    check(sessions.clone(), &["2(1(9 3))"]);
    let forest = trees(&snapshot(sessions));
    assert_eq!(forest[0].also_waits_for, [3]);
}

#[test]
fn a_prepared_transaction_is_a_head_without_a_session() {
    let sessions = vec![blocked(2, &[0], 5), blocked(3, &[2], 4)];
    check(sessions.clone(), &["0(2(3))"]);
    assert_eq!(trees(&snapshot(sessions))[0].session, None);
}

#[test]
fn a_blocker_that_left_during_the_look_is_kept_by_its_pid() {
    check(vec![blocked(2, &[77], 5)], &["77(2)"]);
}

#[test]
fn a_session_that_seems_to_wait_for_itself_ends_the_walk() {
    check(vec![blocked(2, &[2], 5)], &["2"]);
}

#[test]
fn a_queue_of_thousands_is_no_trouble() {
    let sessions = (1..3000).map(|pid| blocked(pid + 1, &[pid], 5)).collect();
    let forest = trees(&snapshot(sessions));
    assert_eq!(forest.len(), 1);
    assert_eq!(forest[0].released(), 2999);
}
