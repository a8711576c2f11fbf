//! Something has run out: slots of one class after the other, processes, walsenders.

use super::{assert_open, assert_out};
use crate::support::{Server, for_each_major};

const NO_SIDE_DOOR: (&str, &str, bool) = ("replication", "no-replication-right", true);

/// What an ordinary login meets when the ordinary slots are gone and some reserve is not.
fn ordinary_gone(server: &Server) -> &'static str {
    if server.major >= 16 {
        "only-reserved-slots"
    } else {
        "only-superuser-slots"
    }
}

#[test]
fn with_the_ordinary_slots_gone() {
    for_each_major(|server| {
        let _held = server.fill_ordinary_slots();
        let lockout = assert_out(
            server,
            "app",
            &[("login", ordinary_gone(server), true), NO_SIDE_DOOR],
        );
        for refusal in lockout["refusals"].as_array().unwrap() {
            let proves = refusal["proves"].as_str().unwrap();
            assert!(
                proves.contains("role app exists and its credentials work"),
                "{proves}"
            );
        }
        assert_open(server, "breakglass", "replication", "walsender");
        let slot = if server.major >= 16 {
            "reserved"
        } else {
            "superuser"
        };
        assert_open(server, "postgres", "login", slot);
        if server.major >= 16 {
            assert_open(server, "reserved", "login", "reserved");
        }
    });
}

#[test]
fn with_the_reserved_slots_gone() {
    for_each_major(|server| {
        let _held = server.fill_reserved_slots();
        for user in ["app", "reserved"] {
            assert_out(
                server,
                user,
                &[("login", "only-superuser-slots", true), NO_SIDE_DOOR],
            );
        }
        let json = assert_open(server, "breakglass", "replication", "walsender");
        assert_eq!(json["slots"]["ordinary"]["free"], 0);
        assert_eq!(json["slots"]["reserved"]["free"], 0);
        assert_open(server, "postgres", "login", "superuser");
    });
}

#[test]
fn with_every_slot_gone() {
    for_each_major(|server| {
        let _held = server.fill_every_slot();
        let lockout = assert_out(
            server,
            "app",
            &[("login", "slots-exhausted", false), NO_SIDE_DOOR],
        );
        let proves = lockout["refusals"][0]["proves"].as_str().unwrap();
        assert!(proves.contains("nothing about the role"), "{proves}");
        for user in ["breakglass", "postgres"] {
            let json = assert_open(server, user, "replication", "walsender");
            assert_eq!(json["slots"]["all"]["free"], 0);
            assert!(
                json["lane"]["refused_before"][0]
                    .as_str()
                    .unwrap()
                    .contains("53300 InitProcess")
            );
        }
    });
}

#[test]
fn with_a_flood_of_half_finished_logins() {
    for_each_major(|server| {
        let _held = server.fill_with_half_finished_logins();
        assert_out(
            server,
            "app",
            &[("login", "slots-exhausted", false), NO_SIDE_DOOR],
        );
        for user in ["breakglass", "postgres"] {
            let json = assert_open(server, user, "replication", "walsender");
            // Before 18 nothing shows who holds the slots.
            if server.major >= 18 {
                assert!(json["authenticating"].as_u64() > Some(5), "{json:#}");
            } else {
                assert!(json["authenticating"].is_null());
            }
        }
    });
}

#[test]
fn with_a_flood_of_silent_sockets() {
    for_each_major(|server| {
        let _held = server.fill_with_silent_sockets();
        for user in ["app", "breakglass", "postgres"] {
            let refusals = [
                ("login", "processes-exhausted", false),
                ("replication", "processes-exhausted", false),
            ];
            assert_out(server, user, &refusals);
        }
    });
}

#[test]
fn with_the_walsenders_used_up() {
    for_each_major(|server| {
        let _walsenders = server.fill_walsenders();
        for user in ["app", "breakglass"] {
            assert_open(server, user, "login", "ordinary");
        }
        assert_open(server, "postgres", "login", "ordinary");
        let _held = server.fill_every_slot();
        for user in ["app", "breakglass", "postgres"] {
            let refusals = [
                ("login", "slots-exhausted", false),
                ("replication", "walsenders-exhausted", false),
            ];
            assert_out(server, user, &refusals);
        }
    });
}
