//! Who is left alone by default, and by whose word.

use std::os::unix::fs::PermissionsExt;

use breakglass::drill::wire::Login;

use super::{idle, make_signaller, pids};
use crate::support::{Operator, Server, for_each_major};

#[test]
fn listeners_walsenders_and_superusers_are_spared_unless_included() {
    for_each_major(|server| {
        let mut listener = server.session("app", "listener");
        listener.ask("LISTEN news").unwrap().unwrap();
        let walsender = [
            ("user", "breakglass"),
            ("database", "postgres"),
            ("replication", "database"),
            ("application_name", "standby"),
        ];
        let Login::Admitted(walsender) = server.log_in(&walsender) else {
            panic!("no walsender");
        };
        let boss = server.session("postgres", "boss");
        let victims = idle(server, "shop", 2);
        let before = server.census();
        let operator = Operator::on(server, "postgres");
        let typed = [
            "terminate",
            "--connected-for",
            "0s",
            "--not-app",
            "witness",
            "--all",
            "--yes",
            "--recount",
            "0s",
            "--format",
            "json",
        ];
        let ran = operator.run(&typed).expect_code(0);
        server.assert_gone(&before, &pids(&victims));
        for (pid, reason) in [
            (listener.pid, "listening"),
            (walsender.pid, "walsender"),
            (boss.pid, "superuser"),
        ] {
            assert!(ran.spares(pid, reason), "{reason}: {ran}");
        }
        // With nobody left but the spared, that is the answer.
        operator.run(&typed).expect_code(4);
        // Each kind goes when it is asked for, and only that kind.
        for (kind, pid) in [
            ("listeners", listener.pid),
            ("walsenders", walsender.pid),
            ("superusers", boss.pid),
        ] {
            let before = server.census();
            let ran = operator
                .run(&[&typed[..], &["--include", kind]].concat())
                .expect_code(0);
            assert_eq!(ran.outcomes(), [(pid, "gone".to_owned())], "{kind}: {ran}");
            server.assert_gone(&before, &[pid]);
        }
    });
}

/// An operator whose configuration has a target `prod` that leads to `server`, with these lines of it.
fn configured(server: &Server, lines: &str) -> Operator {
    let operator = Operator::with(&["-t", "prod"]);
    let path = operator.home().join("config.toml");
    let dsn = format!(
        "host=127.0.0.1 port={} user=signaller dbname=postgres",
        server.port()
    );
    std::fs::write(&path, format!("[target.prod]\ndsn = \"{dsn}\"\n{lines}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    operator.set("BREAKGLASS_CONFIG", path)
}

#[test]
fn what_the_configuration_protects_no_flag_ends() {
    for_each_major(|server| {
        make_signaller(server);
        server.ask_witness("CREATE ROLE billing LOGIN");
        let user = server.session("billing", "shop");
        let application = server.session("app", "patroni");
        let database = [
            ("user", "app"),
            ("database", "template1"),
            ("application_name", "shop"),
        ];
        let Login::Admitted(database) = server.log_in(&database) else {
            panic!("not admitted");
        };
        let victims = idle(server, "shop", 1);
        let before = server.census();
        let operator = configured(
            server,
            "protected_users = [\"billing\"]\nprotected_applications = [\"patroni\"]\nprotected_databases = [\"template1\"]",
        );
        let protected = [
            (user.pid, "protected-user"),
            (application.pid, "protected-application"),
            (database.pid, "protected-database"),
        ];
        let ran = operator
            .run(&[
                "terminate",
                "--idle-for",
                "0s",
                "--all",
                "--yes",
                "--recount",
                "0s",
                "--format",
                "json",
                "--include",
                "listeners",
            ])
            .expect_code(0);
        server.assert_gone(&before, &pids(&victims));
        for (pid, reason) in protected {
            assert!(ran.spares(pid, reason), "{reason}: {ran}");
            let ran = operator
                .run(&["terminate", "--pid", &pid.to_string(), "--all", "--yes"])
                .expect_code(4);
            assert!(
                ran.stdout.contains("protected by the configuration"),
                "{ran}"
            );
        }
        server.assert_gone(&before, &pids(&victims));
    });
}

#[test]
fn more_than_the_configuration_allows_at_once_is_refused() {
    for_each_major(|server| {
        make_signaller(server);
        let _sessions = idle(server, "shop", 3);
        let before = server.census();
        let operator = configured(server, "max_targets = 2");
        for cap in [&["--limit", "3"][..], &["--all"]] {
            let typed = ["terminate", "--app", "shop", "--yes", "--recount", "0s"];
            let ran = operator.run(&[&typed[..], cap].concat()).expect_code(4);
            assert!(ran.stderr.contains("more than the 2"), "{ran}");
            server.assert_nobody_gone(&before);
        }
        // A rehearsal of what would be refused says so.
        let ran = operator
            .run(&["terminate", "--app", "shop", "--dry-run"])
            .expect_code(0);
        assert!(ran.stderr.contains("max_targets = 2"), "{ran}");
        operator
            .run(&[
                "terminate",
                "--app",
                "shop",
                "--yes",
                "--recount",
                "0s",
                "--limit",
                "2",
            ])
            .expect_code(0);
        assert_eq!(before.len() - server.census().len(), 2);
    });
}
