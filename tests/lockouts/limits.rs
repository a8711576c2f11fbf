//! A role's or a database's own limit.

use super::{assert_locked_out, assert_open, assert_out, status};
use crate::support::{Operator, for_each_major};

#[test]
fn a_role_at_its_limit_keeps_only_itself_out() {
    for_each_major(|server| {
        let _held = server.fill_role_limit();
        assert_out(
            server,
            "limited",
            &[
                ("login", "role-limit", true),
                ("replication", "no-replication-right", true),
            ],
        );
        for user in ["app", "breakglass", "postgres"] {
            assert_open(server, user, "login", "ordinary");
        }
        // The limit does not count for the side door.
        server.ask_witness("ALTER ROLE breakglass CONNECTION LIMIT 1");
        let _session = server.session("breakglass", "ops");
        let json = assert_open(server, "breakglass", "replication", "walsender");
        let refused = json["lane"]["refused_before"][0].as_str().unwrap();
        assert!(
            refused.contains("53300 InitializeSessionUserId"),
            "{refused}"
        );
    });
}

#[test]
fn a_database_at_its_limit_keeps_nobody_out_of_the_others() {
    for_each_major(|server| {
        let _held = server.fill_database_limit();
        let to_it = |user: &str| {
            let port = server.port().to_string();
            status(&Operator::with(&[
                "-h",
                "127.0.0.1",
                "-p",
                &port,
                "-U",
                user,
                "-d",
                "limited",
            ]))
        };
        let refusals = [
            ("login", "database-limit", true),
            ("replication", "no-replication-right", true),
        ];
        assert_locked_out(to_it("app"), &refusals);
        let json = to_it("breakglass").expect_code(0).json();
        assert_eq!(json["lane"]["name"], "replication", "{json:#}");
        assert_eq!(
            to_it("postgres").expect_code(0).json()["lane"]["name"],
            "login"
        );
        for user in ["app", "breakglass", "postgres"] {
            assert_open(server, user, "login", "ordinary");
        }
    });
}
