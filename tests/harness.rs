//! Proves the harness: every state it claims to make is that state, seen by a client on the bare wire, on
//! every supported major. What the tests of the product conclude rests on this.

use crate::support::{MAJORS, Server, for_each_major, for_majors};
use breakglass::drill::client::Behaviour;
use breakglass::drill::wire::{Login, Refusal};
use breakglass::drill::{Application, Role};

/// Fails unless there was a refusal with this SQLSTATE and from this routine.
#[track_caller]
fn assert_refused(refusal: Option<Refusal>, sqlstate: &str, routine: &str, authenticating: bool) {
    let Some(refusal) = refusal else {
        panic!("a login was admitted that should have been refused with {sqlstate} {routine}");
    };
    assert_eq!(
        (
            refusal.sqlstate.as_str(),
            refusal.routine.as_str(),
            refusal.authenticating
        ),
        (sqlstate, routine, authenticating),
        "{refusal}"
    );
}

/// The routine that refuses before a slot is looked for.
fn early_routine(major: u32) -> &'static str {
    if major >= 17 {
        "BackendInitialize"
    } else {
        "ProcessStartupPacket"
    }
}

#[test]
fn an_empty_server_admits_everybody_who_may_log_in() {
    for_each_major(|server| {
        for user in ["app", "breakglass", "reserved", "limited", "postgres"] {
            assert_eq!(server.refusal(user), None, "{user}");
        }
        assert_refused(
            server.refusal("no_login"),
            "28000",
            "InitializeSessionUserId",
            true,
        );
    });
}

#[test]
fn with_the_ordinary_slots_gone_the_reserve_still_admits() {
    for_each_major(|server| {
        let held = server.fill_ordinary_slots();
        // The witness has a slot, too.
        assert_eq!(held.sessions.len(), server.ordinary_slots() - 1);
        assert_refused(server.refusal("app"), "53300", "InitPostgres", true);
        assert_eq!(server.refusal("postgres"), None);
        if server.major >= 16 {
            assert_eq!(server.refusal("reserved"), None);
        }
        assert_eq!(server.alive(&held.pids()), held.pids());
    });
}

#[test]
fn with_the_reserved_slots_gone_only_superusers_get_in() {
    for_each_major(|server| {
        let _held = server.fill_reserved_slots();
        assert_refused(server.refusal("app"), "53300", "InitPostgres", true);
        assert_refused(server.refusal("reserved"), "53300", "InitPostgres", true);
        assert_eq!(server.refusal("postgres"), None);
    });
}

#[test]
fn with_every_slot_gone_no_login_gets_in_but_a_walsender_does() {
    for_each_major(|server| {
        let _held = server.fill_every_slot();
        for user in ["app", "reserved", "postgres"] {
            assert_refused(server.refusal(user), "53300", "InitProcess", false);
        }
        let walsender = [
            ("user", "breakglass"),
            ("database", "postgres"),
            ("replication", "database"),
        ];
        let Login::Admitted(mut session) = server.log_in(&walsender) else {
            panic!("the replication lane is closed");
        };
        let rows = session.ask("SELECT 'in'").expect("an answer");
        assert_eq!(rows, Ok(vec![vec![Some("in".to_owned())]]));
    });
}

#[test]
fn limits_of_a_role_and_of_a_database_refuse_nobody_else() {
    for_each_major(|server| {
        let _held = server.fill_role_limit();
        assert_refused(
            server.refusal("limited"),
            "53300",
            "InitializeSessionUserId",
            true,
        );
        let _held_too = server.fill_database_limit();
        let other = server.refusal_of(&[("user", "app"), ("database", "limited")]);
        assert_refused(other, "53300", "CheckMyDatabase", true);
        server.ask_witness("CREATE DATABASE closed ALLOW_CONNECTIONS false");
        let closed = server.refusal_of(&[("user", "postgres"), ("database", "closed")]);
        assert_refused(closed, "55000", "CheckMyDatabase", true);
        assert_eq!(server.refusal("app"), None);
    });
}

#[test]
fn with_the_walsenders_gone_logins_still_get_in() {
    for_each_major(|server| {
        let _held = server.fill_walsenders();
        let walsender = [
            ("user", "breakglass"),
            ("database", "postgres"),
            ("replication", "database"),
        ];
        assert_refused(server.refusal_of(&walsender), "53300", "InitProcess", false);
        assert_eq!(server.refusal("app"), None);
    });
}

#[test]
fn half_finished_logins_lock_out_superusers() {
    for_each_major(|server| {
        let held = server.fill_with_half_finished_logins();
        assert_eq!(held.sessions.len(), 0);
        assert_refused(server.refusal("postgres"), "53300", "InitProcess", false);
    });
}

#[test]
fn silent_sockets_lock_out_walsenders_too() {
    for_each_major(|server| {
        let _held = server.fill_with_silent_sockets();
        let routine = early_routine(server.major);
        assert_refused(server.refusal("postgres"), "53300", routine, false);
        let walsender = server.refusal_of(&[
            ("user", "breakglass"),
            ("database", "postgres"),
            ("replication", "database"),
        ]);
        assert_refused(walsender, "53300", routine, false);
    });
}

#[test]
fn a_storm_refills_what_is_freed() {
    for_each_major(|server| {
        let storm = server.storm("app", 20);
        let of_the_storm = "FROM pg_stat_activity WHERE application_name = 'storm'";
        server.ask_witness(&format!("SELECT pg_terminate_backend(pid) {of_the_storm}"));
        crate::support::await_that("the storm takes freed slots again", || {
            let rows = server.ask_witness(&format!("SELECT count(*) {of_the_storm}"));
            rows[0][0].as_deref().and_then(|count| count.parse().ok())
                >= Some(server.ordinary_slots() - 2)
        });
        assert!(storm.refused() >= 10);
    });
}

#[test]
fn the_sessions_of_an_application_look_as_its_behaviour_says() {
    let cases = [
        (Behaviour::Idle, ["idle", "idle", "idle"]),
        (Behaviour::IdleInTransaction, ["idle in transaction"; 3]),
        (Behaviour::Aborted, ["idle in transaction (aborted)"; 3]),
        (Behaviour::Active, ["active on Timeout"; 3]),
        (
            Behaviour::LockWait,
            ["active on Lock", "active on Lock", "idle in transaction"],
        ),
    ];
    for_each_major(|server| {
        for (behaviour, expected) in cases {
            let role = Role {
                app: "shop",
                username: "app",
                connections: 3,
                behaviour,
            };
            let program = env!("CARGO_BIN_EXE_breakglass").as_ref();
            let application =
                Application::start(program, server.throwaway.address(), &role).expect("a client");
            let mut seen = Vec::new();
            // A statement that was sent is not at once a statement that runs.
            crate::support::await_that(&format!("{behaviour:?} looks like {expected:?}"), || {
                seen = server
                    .ask_witness(
                        "SELECT state || CASE WHEN state = 'active' THEN coalesce(' on ' || wait_event_type, '') \
                         ELSE '' END FROM pg_stat_activity WHERE application_name = 'shop' ORDER BY 1",
                    )
                    .concat();
                seen.iter().flatten().eq(expected)
            });
            assert_eq!(server.alive(&application.pids), application.pids);
            drop(application);
            server.ask_witness(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'",
            );
            crate::support::await_that("its sessions have ended", || {
                server
                    .ask_witness("SELECT 1 FROM pg_stat_activity WHERE application_name = 'shop'")
                    .is_empty()
            });
        }
    });
}

#[test]
fn a_server_held_in_startup_says_so() {
    for_majors(&MAJORS, Server::starting, |server| {
        assert_refused(
            server.refusal("postgres"),
            "57P03",
            early_routine(server.major),
            false,
        );
    });
}

#[test]
fn a_closed_standby_says_so() {
    for_majors(&MAJORS, Server::closed_standby, |server| {
        assert_refused(
            server.refusal("postgres"),
            "57P03",
            early_routine(server.major),
            false,
        );
    });
}

#[test]
fn a_standby_admits_readers() {
    for_majors(&MAJORS, Server::standby, |server| {
        let rows = server.ask_witness("SELECT pg_is_in_recovery()");
        assert_eq!(rows, [[Some("t".to_owned())]]);
    });
}

#[test]
fn a_smart_shutdown_refuses_everybody_and_keeps_who_is_there() {
    for_each_major(|server| {
        let mut straggler = server.stop_smartly();
        assert_refused(
            server.refusal("postgres"),
            "57P03",
            early_routine(server.major),
            false,
        );
        assert!(
            straggler
                .ask("SELECT 'still here'")
                .expect("an answer")
                .is_ok()
        );
    });
}

#[test]
fn nothing_is_left_of_a_server_that_is_dropped() {
    let server = Server::start(18);
    let directory = server.throwaway.directory().to_owned();
    let postmaster = server.throwaway.postmaster();
    drop(server);
    assert!(!directory.exists());
    assert!(nix::sys::signal::kill(nix::unistd::Pid::from_raw(postmaster), None).is_err());
}
