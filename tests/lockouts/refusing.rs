//! A server that is there and says no for another reason than room: starting, stopping, in recovery, or it does
//! not know or want the role.

use super::{assert_locked_out, assert_open, assert_out, status};
use crate::support::{MAJORS, Operator, Ran, Server, for_each_major, for_majors};

const EVERYBODY: [&str; 3] = ["app", "breakglass", "postgres"];

#[track_caller]
fn assert_not_now(server: &Server, variant: &str) {
    for user in EVERYBODY {
        let lockout = assert_out(server, user, &[("login", variant, false)]);
        assert_eq!(lockout["attempts"]["login"], 1, "waiting does not help");
        let proves = lockout["refusals"][0]["proves"].as_str().unwrap();
        assert!(proves.contains("slots are not the reason"), "{proves}");
    }
}

#[test]
fn while_it_starts() {
    for_majors(&MAJORS, Server::starting, |server| {
        assert_not_now(server, "cannot-connect-now")
    });
}

#[test]
fn while_it_stops() {
    for_each_major(|server| {
        let _straggler = server.stop_smartly();
        assert_not_now(server, "cannot-connect-now");
    });
}

#[test]
fn while_it_recovers_and_is_not_open_to_readers() {
    for_majors(&MAJORS, Server::closed_standby, |server| {
        // 13 does not say more than that it is starting.
        let variant = if server.major >= 14 {
            "recovery-not-open"
        } else {
            "cannot-connect-now"
        };
        assert_not_now(server, variant);
    });
}

#[test]
fn a_standby_is_open_to_everybody() {
    for_majors(&MAJORS, Server::standby, |server| {
        for user in EVERYBODY {
            let json = assert_open(server, user, "login", "ordinary");
            assert_eq!(json["server"]["in_recovery"], true);
        }
        let _held = server.fill_every_slot();
        assert_open(server, "breakglass", "replication", "walsender");
    });
}

/// A server whose access rules name few, and turn one of them away.
fn choosy(major: u32) -> Server {
    Server::start_with(major, |mut settings| {
        settings.access = "local all all trust\n\
            host all no_login,reserved,missing,breakglass,postgres 127.0.0.1/32 trust\n\
            host all limited 127.0.0.1/32 reject\n\
            host all with_password 127.0.0.1/32 scram-sha-256\n"
            .to_owned();
        settings
    })
}

#[test]
fn roles_databases_and_passwords_that_are_wrong_are_told_apart() {
    for_majors(&MAJORS, choosy, |server| {
        let say = |user: &str| Operator::on(server, user);
        let refused = |ran: Ran, variant: &str, auth_reached: bool| {
            let lockout = assert_locked_out(ran, &[("login", variant, auth_reached)]);
            assert_eq!(lockout["attempts"]["login"], 1, "waiting does not help");
            lockout
        };
        let wrong = refused(
            status(&say("with_password").set("PGPASSWORD", "sesame")),
            "wrong-password",
            true,
        );
        assert_eq!(wrong["password_needed"], false);
        let none = refused(status(&say("with_password")), "password-missing", true);
        assert_eq!(none["password_needed"], true);
        status(&say("with_password").set("PGPASSWORD", "correct horse")).expect_code(0);

        for user in ["app", "limited"] {
            // No entry, and an entry that rejects.
            let lockout = refused(status(&say(user)), "pg-hba-refuses", false);
            assert_eq!(lockout["refusals"][0]["routine"], "ClientAuthentication");
        }
        for user in ["missing", "no_login"] {
            refused(status(&say(user)), "role-cannot-log-in", true);
        }
        let port = server.port().to_string();
        let nowhere = [
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            "postgres",
            "-d",
            "nowhere",
        ];
        let lockout = refused(status(&Operator::with(&nowhere)), "no-such-database", true);
        assert!(
            lockout["refusals"][0]["proves"]
                .as_str()
                .unwrap()
                .contains("credentials work")
        );

        server.ask_witness("CREATE DATABASE closed ALLOW_CONNECTIONS false");
        let closed = [
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            "postgres",
            "-d",
            "closed",
        ];
        refused(status(&Operator::with(&closed)), "database-closed", true);
        server.ask_witness("CREATE DATABASE private; ");
        server.ask_witness("REVOKE CONNECT ON DATABASE private FROM public");
        let private = [
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            "reserved",
            "-d",
            "private",
        ];
        refused(
            status(&Operator::with(&private)),
            "no-connect-privilege",
            true,
        );
    });
}
