use super::*;
use crate::decide::connection::Counts;
use crate::decide::diagnosis::{diagnose, invisible};
use crate::decide::protection::Policy;
use crate::decide::session::Session;
use crate::decide::survey::testing::{
    as_superuser, idle, locked_out, on_database_host, over_login, over_replication, queue,
    starting, with,
};
use crate::decide::survey::{HostSockets, Refused, WorkerGroup};
use crate::decide::testing::{active, blocked, in_transaction, session};

fn given() -> Given<'static> {
    Given {
        may_fence: true,
        ..Given::default()
    }
}

fn proposal(survey: &Survey, given: &Given<'_>) -> Proposal {
    propose(survey, &diagnose(survey, 0), given)
}

/// The commands of the proposed step, or the word for what is said instead.
fn said(survey: &Survey, given: &Given<'_>) -> String {
    match proposal(survey, given).next {
        Next::Step(proposed) => {
            let lines = proposed.step.commands();
            let lines: Vec<String> = lines.iter().map(|words| words.join(" ")).collect();
            lines.join("; ")
        }
        Next::Statements(statements) => statements.command.join(" "),
        next => next.name().to_owned(),
    }
}

fn full(sessions: Vec<Session>) -> Survey {
    over_replication(&[Refused::EverySlot], sessions)
}

fn blind() -> Survey {
    locked_out(&[Refused::EverySlot], &[Refused::Walsenders])
}

fn stormed(sessions: Vec<Session>) -> Survey {
    over_replication(&[Refused::EverySlot, Refused::SuperuserReserve], sessions)
}

/// Role web is at its own `CONNECTION LIMIT`, and meets it.
fn at_its_limit(sessions: Vec<Session>) -> Survey {
    Survey {
        role: "web".to_owned(),
        ..over_replication(&[Refused::RoleLimit], sessions)
    }
}

fn blind_at_its_limit() -> Survey {
    Survey {
        role: "web".to_owned(),
        ..locked_out(&[Refused::RoleLimit], &[Refused::Walsenders])
    }
}

fn workers(mut survey: Survey, recyclable: bool) -> Survey {
    survey.workers = vec![WorkerGroup {
        runtime: "gunicorn".to_owned(),
        title: "Gunicorn".to_owned(),
        master: Some(812),
        processes: 8,
        held: Counts {
            idle: 6,
            busy: 2,
            ..Counts::default()
        },
        recyclable,
    }];
    survey
}

fn sockets(mut survey: Survey, idle: usize, may_sever: bool) -> Survey {
    survey.sockets = Some(HostSockets {
        idle,
        waiting: 2,
        may_sever,
        ..HostSockets::default()
    });
    survey
}

#[test]
fn one_step_follows_from_what_is_going_on() {
    let busy = || (2..22).map(|pid| active(pid, 30)).collect::<Vec<_>>();
    let superusers = || (2..22).map(session).map(as_superuser).collect::<Vec<_>>();
    let half = || with((2..14).map(|pid| starting(pid, 40)).collect(), idle(8));
    let of_many = |pid| Session {
        application: Some(format!("web-{}", pid % 10)),
        user: Some(format!("role-{}", pid % 10)),
        ..session(pid)
    };
    let of_postgres = |pid| Session {
        user: Some("postgres".to_owned()),
        ..session(pid)
    };
    let aborted = |pid| Session {
        state: Some(crate::decide::session::State::Aborted),
        ..in_transaction(pid, 90)
    };
    let table = [
        (over_login(idle(5)), "nothing"),
        (over_login(idle(16)), "free 3 --app web"),
        (full(idle(20)), "free 3 --app web"),
        // No application or role has enough of them.
        (full((2..22).map(of_many).collect()), "free 3"),
        (
            full(with(queue(12), idle(7))),
            "terminate --pid 50 --blocking",
        ),
        // The queue is too short to be the incident.
        (full(with(queue(2), idle(17))), "free 3 --app web"),
        (
            full((2..22).map(|pid| in_transaction(pid, 300)).collect()),
            "free 3 --app web",
        ),
        (
            full(superusers()),
            "terminate --app nightly --state idle --include superusers --limit 6",
        ),
        (full(busy()), "free 3 --active"),
        (
            stormed(idle(18)),
            "fence --role web --limit 14; free 3 --user web",
        ),
        // What takes the slots is in no view, and this is not the database host.
        (full(idle(4)), "elsewhere"),
        (
            on_database_host(full(idle(8)), half()),
            "backends terminate --cluster 5432 --state starting --limit 12",
        ),
        (
            on_database_host(blind(), half()),
            "backends terminate --cluster 5432 --state starting --limit 12",
        ),
        (
            on_database_host(blind(), with(idle(10), busy())),
            "backends terminate --cluster 5432 --user web --state aborted --state idle --limit 8",
        ),
        (
            on_database_host(blind(), with((2..5).map(aborted).collect(), busy())),
            "backends terminate --cluster 5432 --user web --state aborted --state idle --limit 3",
        ),
        (
            on_database_host(
                blind(),
                with((2..5).map(|pid| in_transaction(pid, 90)).collect(), busy()),
            ),
            "backends terminate --cluster 5432 --user web --state idle-in-transaction --limit 3",
        ),
        (
            on_database_host(blind(), busy()),
            "backends terminate --cluster 5432 --not-user postgres --state active --limit 3",
        ),
        (
            on_database_host(blind(), (2..8).map(of_postgres).collect()),
            "restart",
        ),
        // At a limit of its own: only its own sessions help, and a restart does not.
        (
            at_its_limit(idle(9)),
            "terminate --user web --state idle --limit 3",
        ),
        (
            at_its_limit(with(
                (2..9).map(|pid| active(pid, 5)).collect(),
                (60..65).map(of_many).collect(),
            )),
            "terminate --user web --state active --limit 3",
        ),
        (
            on_database_host(blind_at_its_limit(), (2..22).map(of_many).collect()),
            "elsewhere",
        ),
        (
            on_database_host(
                blind_at_its_limit(),
                with(idle(9), (60..70).map(of_many).collect()),
            ),
            "backends terminate --cluster 5432 --user web --state aborted --state idle --limit 8",
        ),
        // A title does not tell a superuser; this one is known by name.
        (
            on_database_host(blind(), with((2..8).map(of_postgres).collect(), busy())),
            "backends terminate --cluster 5432 --not-user postgres --state active --limit 3",
        ),
        (
            on_database_host(blind(), (2..22).map(of_many).collect()),
            "backends terminate --cluster 5432 --not-user postgres --state aborted --state idle --limit 8",
        ),
        (
            workers(blind(), true),
            "workers recycle --runtime gunicorn --state idle --until-answers",
        ),
        (
            sockets(workers(blind(), false), 6, true),
            "sockets sever --state idle --limit 6",
        ),
        (sockets(blind(), 6, false), "elsewhere"),
        (blind(), "elsewhere"),
        (locked_out(&[Refused::NotNow], &[Refused::NotNow]), "wait"),
        (locked_out(&[Refused::Role], &[Refused::Role]), "not-slots"),
        (
            locked_out(&[Refused::NoAnswer], &[Refused::NoAnswer]),
            "not-slots",
        ),
    ];
    for (number, (survey, wanted)) in table.into_iter().enumerate() {
        let proposal = proposal(&survey, &given());
        assert_eq!(
            said(&survey, &given()),
            wanted,
            "case {number}: {proposal:?}"
        );
    }
}

#[test]
fn what_gained_nothing_is_not_proposed_again() {
    let survey = on_database_host(full(idle(20)), idle(20));
    let mut tried: Vec<&'static str> = Vec::new();
    let mut said = Vec::new();
    loop {
        let given = Given {
            in_vain: &tried,
            ..given()
        };
        let next = proposal(&survey, &given).next;
        said.push(next.name());
        match next {
            Next::Step(proposed) => tried.push(proposed.step.name()),
            _ => break,
        }
    }
    assert_eq!(said, ["free", "end-backends", "restart"]);
}

#[test]
fn a_better_step_is_passed_over_with_its_reason() {
    let why = |survey: &Survey, given: &Given<'_>, step: &str| {
        let passed = proposal(survey, given).passed_over;
        passed
            .into_iter()
            .find(|passed| passed.step == step)
            .map(|passed| passed.why)
            .unwrap_or_default()
    };
    let queued = full(with(queue(12), idle(7)));
    let protected = Given {
        policy: Policy {
            users: vec!["web".to_owned()],
            ..Policy::default()
        },
        ..given()
    };
    assert!(why(&queued, &protected, "end-head").contains("protected by the configuration"));
    let prepared = full(with(
        (2..14).map(|pid| blocked(pid, &[0], 100)).collect(),
        idle(8),
    ));
    assert!(why(&prepared, &given(), "end-head").contains("ROLLBACK PREPARED"));
    assert!(why(&full(idle(4)), &given(), "end-starting").contains("before PostgreSQL 18"));
    let powerless = Given::default();
    assert!(why(&stormed(idle(18)), &powerless, "fence-and-free").contains("may not change"));
    assert_eq!(said(&stormed(idle(18)), &powerless), "free 3 --app web");
    let fenced = ["web".to_owned()];
    let standing = Given {
        fenced: &fenced,
        ..given()
    };
    assert_eq!(said(&stormed(idle(18)), &standing), "free 3 --app web");
    let mut superusers = full((2..22).map(session).map(as_superuser).collect());
    if let Some(view) = &mut superusers.snapshot {
        view.server.role_superuser = false;
    }
    assert!(why(&superusers, &given(), "end-superusers").contains("is no superuser"));
    assert!(why(&sockets(blind(), 6, false), &given(), "sever").contains("CAP_NET_ADMIN"));
    assert!(why(&workers(blind(), false), &given(), "recycle").contains("Gunicorn"));
}

#[test]
fn the_reserves_fill_up_before_anything_is_gained() {
    let gain = |survey: Survey| match proposal(&survey, &given()).next {
        Next::Step(proposed) => (proposed.frees, proposed.ordinary_after),
        next => panic!("{next:?}"),
    };
    // All 20 slots are taken: three more than three have to go.
    assert_eq!(gain(full(idle(20))), (6, Some(3)));
    // Only two may be ended: the superusers get a slot back, ordinary roles none.
    let two = with(idle(2), (2..20).map(|pid| active(pid, 5)).collect());
    assert_eq!(gain(full(two)), (2, Some(0)));
    let over_titles = on_database_host(blind(), idle(20));
    assert_eq!(gain(over_titles), (8, None));
}

#[test]
fn on_other_hosts_there_is_more() {
    assert_eq!(
        proposal(&blind(), &given()).next,
        Next::Elsewhere(vec![Place::DatabaseHost, Place::ApplicationHost])
    );
    assert_eq!(invisible(&full(idle(4))), 16);
}
