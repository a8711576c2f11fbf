use super::course::{BATCH, Course, Step};
use super::order::{Class, Order, heads};
use super::reach::{Missed, Remedy, reaches};
use super::*;
use crate::decide::capacity::{Capacity, Limits};
use crate::decide::filters::SessionsLane;
use crate::decide::identity::SessionId;
use crate::decide::protection::Include;
use crate::decide::session::{Kind, State};
use crate::decide::testing::{
    active, asked, blocked, in_transaction, ours, process, s, session, snapshot,
};

fn rules() -> Rules {
    Rules {
        criteria: Criteria::default(),
        cut: Cut::default(),
        policy: Policy::default(),
        order: Order::default(),
    }
}

/// Idle for `seconds`.
fn idle(pid: i32, seconds: u64) -> Session {
    Session {
        state_for: s(seconds),
        ..session(pid)
    }
}

/// Idle in a transaction that has failed, for `seconds`.
fn aborted(pid: i32, seconds: u64) -> Session {
    Session {
        state: Some(State::Aborted),
        ..in_transaction(pid, seconds)
    }
}

fn of(pid: i32, application: &str) -> Session {
    Session {
        application: Some(application.to_owned()),
        ..session(pid)
    }
}

fn order_of(sessions: Vec<Session>, rules: &Rules) -> Vec<i32> {
    let ranked = candidates(&snapshot(sessions), rules).ranked;
    ranked.iter().map(|(_, session)| session.id.pid).collect()
}

#[track_caller]
fn check_order(sessions: Vec<Session>, typed: &[Class], may_active: bool, pids: &[i32]) {
    let order = Order::asked(typed, may_active).unwrap_or_default();
    let mut reversed = sessions.clone();
    reversed.reverse();
    let rules = Rules { order, ..rules() };
    assert_eq!(order_of(sessions, &rules), pids);
    assert_eq!(
        order_of(reversed, &rules),
        pids,
        "whatever order they come in"
    );
}

#[test]
fn the_least_harmful_goes_first() {
    let all = || {
        vec![
            active(10, 5),
            active(11, 50),
            blocked(12, &[20], 500),
            in_transaction(20, 1),
            in_transaction(21, 90),
            in_transaction(22, 900),
            idle(30, 2),
            idle(31, 20),
            aborted(40, 1),
            aborted(41, 2),
        ]
    };
    check_order(all(), &[], false, &[41, 40, 31, 30, 20, 22, 21]);
    // Whoever waits gets nowhere; of those that work, the longest goes last.
    let with_active = [41, 40, 31, 30, 20, 22, 21, 12, 10, 11];
    check_order(all(), &[], true, &with_active);
    check_order(all(), &[Class::Head, Class::Idle], false, &[20, 31, 30]);
    check_order(
        all(),
        &[Class::Active, Class::Aborted],
        true,
        &[12, 10, 11, 41, 40],
    );
}

#[test]
fn of_two_heads_the_one_with_the_longer_queue_goes_first() {
    let sessions = vec![
        in_transaction(1001, 900),
        in_transaction(1002, 1),
        blocked(1003, &[1001], 9),
        blocked(1004, &[1002], 9),
        blocked(1005, &[1004], 9),
        // An idle session holds an advisory lock, and somebody waits for it: no idler like another.
        idle(1006, 9000),
        blocked(1007, &[1006], 9),
        idle(1008, 1),
    ];
    check_order(sessions, &[], false, &[1008, 1002, 1006, 1001]);
}

#[test]
fn an_order_is_read_or_says_what_is_wrong() {
    type Said<'a> = Result<&'a [Class], &'a str>;
    let table: [(&[Class], bool, Said<'_>); 5] = [
        (&[], false, Ok(&Class::ALL[..4])),
        (&[], true, Ok(Class::ALL)),
        (&[Class::Idle], true, Ok(&[Class::Idle, Class::Active])),
        (&[Class::Active], false, Err("--active")),
        (&[Class::Idle, Class::Idle], false, Err("twice")),
    ];
    for (typed, active, wanted) in table {
        match (Order::asked(typed, active), wanted) {
            (Ok(order), Ok(wanted)) => assert_eq!(order.classes(), wanted),
            (Err(said), Err(wanted)) => assert!(said.contains(wanted), "{said}"),
            (got, _) => panic!("{typed:?} {active}: {got:?}"),
        }
    }
}

#[test]
fn nobody_is_a_candidate_who_is_spared_or_whose_end_frees_nothing() {
    let superuser = Session {
        superuser: Some(true),
        ..session(50)
    };
    let listener = Session {
        query: Some("LISTEN x".to_owned()),
        ..session(51)
    };
    let logging_in = Session {
        user: None,
        state: Some(State::Starting),
        ..session(52)
    };
    let unknown = Session {
        state: Some(State::Disabled),
        ..session(53)
    };
    let walsender = Session {
        kind: Kind::Walsender,
        ..session(54)
    };
    let background = process(55, Kind::Background("autovacuum worker".to_owned()));
    let all = vec![
        ours(),
        superuser,
        listener,
        logging_in,
        unknown,
        walsender,
        background,
        session(56),
    ];
    let mut rules = rules();
    rules.policy.include = vec![Include::Walsenders];
    let found = candidates(&snapshot(all.clone()), &rules);
    let why: Vec<(i32, &str)> = found
        .spared
        .iter()
        .map(|spared| (spared.session.id.pid, spared.reason.name()))
        .collect();
    assert_eq!(order_of(all, &rules), [56]);
    let wanted = [
        (1, "ourselves"),
        (50, "superuser"),
        (51, "listening"),
        (53, "running"),
        (54, "frees-no-slot"),
        (52, "logging-in"),
    ];
    for one in wanted {
        assert!(why.contains(&one), "{one:?} in {why:?}");
    }
    assert_eq!(why.len(), wanted.len(), "{why:?}");
}

#[test]
fn a_plan_holds_no_more_than_the_ceiling_and_says_which_one_it_was() {
    // ceiling, max_targets -> chosen of 9 where 3 are needed, reason for the others
    let table = [
        (Ceiling::TwiceNeeded, None, 6, "not-needed"),
        (Ceiling::Limit(2), None, 2, "over-limit"),
        (Ceiling::Limit(8), Some(5), 5, "over-max-targets"),
        (Ceiling::All, None, 9, ""),
        (Ceiling::All, Some(4), 4, "over-max-targets"),
        (Ceiling::TwiceNeeded, Some(50), 6, "not-needed"),
    ];
    for (ceiling, cap, chosen, reason) in table {
        let found = candidates(
            &snapshot((100..109).map(|pid| idle(pid, 1)).collect()),
            &rules(),
        );
        let (selection, shares) = choose(found, &Order::default(), 3, ceiling, cap);
        assert_eq!(selection.chosen.len(), chosen, "{ceiling:?} {cap:?}");
        assert_eq!(shares, [(Class::Idle, chosen)]);
        assert_eq!(selection.spared.len(), 9 - chosen);
        assert!(
            selection
                .spared
                .iter()
                .all(|spared| spared.reason.name() == reason)
        );
    }
}

fn capacity(max: u32, superuser: u32, reserved: u32, used: u32) -> Capacity {
    let limits = Limits {
        max_connections: max,
        superuser_reserved: superuser,
        reserved,
        ..Limits::default()
    };
    Capacity::of(&limits, used)
}

#[test]
fn a_share_is_rounded_up_and_more_than_there_is_is_refused() {
    let capacity = capacity(20, 3, 0, 20);
    let table = [
        (Goal::Slots(17), Some(17)),
        (Goal::Slots(18), None),
        (Goal::Percent(20), Some(4)),
        (Goal::Percent(1), Some(1)),
        (Goal::Percent(100), Some(17)),
    ];
    for (goal, slots) in table {
        assert_eq!(goal.slots(&capacity).ok(), slots, "{goal:?}");
    }
    assert!(
        Goal::Percent(50)
            .slots(&self::capacity(3, 3, 0, 0))
            .is_err()
    );
}

#[test]
fn a_login_that_has_only_just_begun_takes_no_slot_and_a_stalled_one_does() {
    let starting = |pid: i32, seconds: u64| Session {
        state: Some(State::Starting),
        connected_for: s(seconds),
        ..session(pid)
    };
    let now = snapshot(vec![session(100), starting(101, 0), starting(102, 2)]);
    assert_eq!((now.capacity().all.used, settled(&now).all.used), (3, 2));
}

#[test]
fn what_is_missing_includes_the_reserves_and_is_exactly_enough() {
    for used in 0..14 {
        for goal in 1..=7 {
            let before = capacity(12, 3, 2, used);
            let missing = before.missing(goal);
            let after = before.after(missing);
            assert!(after.ordinary.free >= goal, "used {used}, goal {goal}");
            if missing > 0 {
                let less = before.after(missing - 1);
                assert!(less.ordinary.free < goal, "used {used}, goal {goal}");
            }
        }
    }
}

/// Seconds and ordinary slots used of 10 at each look; what is done after it. A batch is told by an `End`.
#[track_caller]
fn check_course(looks: &[(u64, u32, Step)]) {
    let mut course = Course::to(3, Duration::from_secs(5));
    for (number, (at, used, wanted)) in looks.iter().enumerate() {
        let step = course.judge(&capacity(10, 0, 0, *used), Duration::from_secs(*at));
        assert_eq!(step, *wanted, "look {number}");
        if let Step::End(missing) = step {
            course.batch(&[], &[], missing);
        }
    }
}

#[test]
fn the_course_holds_until_the_slots_have_stayed_free_and_starts_again_when_they_have_not() {
    let hold = |seconds| Step::Hold(Duration::from_secs(seconds));
    check_course(&[(0, 2, hold(5)), (4, 7, hold(1)), (5, 7, Step::Reached)]);
    check_course(&[
        (0, 10, Step::End(3)),
        (1, 7, hold(5)),
        (3, 8, Step::End(1)),
        (4, 7, hold(5)),
        (9, 6, Step::Reached),
    ]);
}

#[test]
fn two_batches_that_gained_nothing_end_it_and_one_that_gained_starts_the_count_again() {
    check_course(&[
        (0, 10, Step::End(3)),
        (1, 10, Step::End(3)),
        (2, 10, Step::Fruitless(3)),
    ]);
    check_course(&[
        (0, 10, Step::End(3)),
        (1, 10, Step::End(3)),
        (2, 9, Step::End(2)),
        (3, 9, Step::End(2)),
        (4, 8, Step::End(1)),
        (5, 8, Step::End(1)),
        (6, 8, Step::Fruitless(1)),
    ]);
}

#[test]
fn the_first_loss_is_told_where_the_refill_can_be_stopped_and_the_course_goes_on_after_it() {
    let full = capacity(10, 0, 0, 10);
    let at = Duration::from_secs;
    let mut course = Course::to(3, at(5)).to_first_loss();
    assert_eq!(course.judge(&full, at(0)), Step::End(3));
    let all: Vec<Session> = (1..4).map(|pid| idle(pid + 100, 9)).collect();
    let ranked = candidates(&snapshot(all.clone()), &rules()).ranked;
    assert_eq!(course.batch(&ranked, &all, 3).len(), 3);
    let one_came = capacity(10, 0, 0, 8);
    assert_eq!(course.judge(&one_came, at(1)), Step::Fruitless(1));
    course.resume();
    assert_eq!(course.judge(&one_came, at(2)), Step::End(1));
    assert!(course.batch(&ranked, &all, 1).is_empty(), "tried already");
}

#[test]
fn a_batch_is_what_is_missing_of_the_confirmed_and_nobody_is_tried_twice() {
    let ranked = |sessions: Vec<Session>| candidates(&snapshot(sessions), &rules()).ranked;
    let pids = |batch: Vec<SessionId>| batch.iter().map(|id| id.pid).collect::<Vec<i32>>();
    let confirmed: Vec<Session> = (1..4).map(|pid| idle(pid + 100, 9)).collect();
    let mut everybody = confirmed.clone();
    everybody.push(idle(99, 900));
    // The same PID, another session.
    everybody[1].id.started = Some(7);
    let ranked_now = ranked(everybody);
    let mut course = Course::to(3, Duration::ZERO);
    assert_eq!(pids(course.batch(&ranked_now, &confirmed, 1)), [101]);
    assert_eq!(pids(course.batch(&ranked_now, &confirmed, 5)), [103]);
    assert!(course.batch(&ranked_now, &confirmed, 5).is_empty());

    let many: Vec<Session> = (0..200).map(|pid| idle(pid + 1000, 9)).collect();
    let ranked_many = ranked(many.clone());
    assert_eq!(course.batch(&ranked_many, &many, 150).len(), BATCH);

    // Heads go alone: the queue behind them may go by itself.
    let queue = vec![
        idle(2000, 1),
        in_transaction(2001, 1),
        in_transaction(2002, 50),
        blocked(2003, &[2001], 1),
    ];
    let ranked_queue = ranked(queue.clone());
    let mut next = || pids(course.batch(&ranked_queue, &queue, 9));
    assert_eq!(next(), [2000]);
    assert_eq!(next(), [2001]);
    assert_eq!(next(), [2002]);
}

#[test]
fn a_missed_goal_names_everything_that_would_reach_it() {
    let superuser = Session {
        superuser: Some(true),
        ..of(60, "billing")
    };
    let now = snapshot(vec![
        ours(),
        superuser,
        of(61, "other"),
        active(62, 5),
        idle(63, 1),
        of(64, "new"),
    ]);
    let mut narrow = rules();
    narrow.criteria = asked::<SessionsLane>("--app web");
    let found = candidates(&now, &narrow);
    let (selection, _) = choose(found, &narrow.order, 9, Ceiling::Limit(0), None);
    let came = [of(64, "new")];
    let told = |rules: &Rules, spared: &[Spared]| -> Vec<(Remedy, usize)> {
        let missed = Missed {
            now: &now,
            rules,
            spared,
            came: &came,
            refused: &[],
        };
        let told = reaches(&missed);
        told.iter().map(|one| (one.remedy, one.sessions)).collect()
    };
    assert_eq!(
        told(&narrow, &selection.spared),
        [
            (Remedy::StopRefill, 1),
            (Remedy::Limit, 1),
            (Remedy::Filter, 1),
            (Remedy::Active, 1),
        ]
    );
    let found = candidates(&now, &rules());
    assert_eq!(
        told(&rules(), &found.spared),
        [
            (Remedy::StopRefill, 1),
            (Remedy::Active, 1),
            (Remedy::Include(Include::Superusers), 1),
            (Remedy::OurLogin, 1),
        ]
    );
    assert!(heads(&now).is_empty());
}
