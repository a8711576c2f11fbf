//! Clients that take freed slots again, and the fence that is put up against them.

use std::time::Duration;

use super::{await_long, cell, make_warden, put_up, role_limit, standing};
use crate::support::{Operator, Pty, Server};

#[test]
fn freed_slots_stay_free_while_the_clients_storm() {
    for major in [13, 18] {
        let server = &Server::start_with(major, |settings| settings.set("max_connections", 20));
        make_warden(server);
        let operator = Operator::on(server, "warden");
        let _storm = server.storm("app", 30);
        let lane = ["--lane", "replication"];
        let id = put_up(
            &operator,
            &[&lane[..], &["--role", "app", "--limit", "4"]].concat(),
        );

        // The fence is up: what is ended now does not come back.
        let held = || -> usize {
            cell(
                server,
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND state IS NOT NULL \
                 AND state <> 'starting' AND backend_start < clock_timestamp() - interval '1 second'",
            )
            .parse()
            .unwrap()
        };
        let typed = [
            "--lane",
            "replication",
            "terminate",
            "--user",
            "app",
            "--all",
            "--yes",
            "--recount",
            "1s",
        ];
        let ran = operator.run(&typed);
        assert!(ran.code == 0 || ran.code == 5, "{ran}");
        await_long("the storm holds no more than its limit", || {
            (1..=4).contains(&held())
        });
        for _ in 0..20 {
            let now = held();
            assert!(now <= 4, "{now} sessions of app behind a fence of 4");
            std::thread::sleep(Duration::from_millis(20));
        }
        let undo = [&lane[..], &["fence", "--undo", &id, "--yes"]].concat();
        operator.run(&undo).expect_code(0);
        assert_eq!(role_limit(server, "app"), "-1");
        await_long("the storm comes back without the fence", || held() > 4);
    }
}

#[test]
fn a_terminate_that_sees_its_slots_taken_again_fences_who_took_them() {
    for major in [16] {
        let server = &Server::start_with(major, |settings| settings.set("max_connections", 20));
        make_warden(server);
        let operator = Operator::on(server, "warden");
        let _storm = server.storm("app", 30);
        let typed = [
            "--lane",
            "replication",
            "terminate",
            "--user",
            "app",
            "--state",
            "idle",
            "--limit",
            "3",
            "--yes",
            "--recount",
            "5s",
        ];
        // Without --fence, and nobody to ask, the command is printed.
        let ran = operator.run(&typed);
        assert!(ran.stderr.contains("breakglass fence"), "{ran}");
        assert_eq!(role_limit(server, "app"), "-1");

        let ran = operator.run(&[&typed[..], &["--fence"]].concat());
        assert!(
            ran.stderr.contains("whoever takes freed slots again"),
            "{ran}"
        );
        assert!(ran.stderr.contains("FENCED: role app limited to"), "{ran}");
        let limit: usize = role_limit(server, "app").parse().unwrap();
        assert!(limit <= server.ordinary_slots() + 10 - 3, "{limit}: {ran}");
        assert_eq!(standing(&operator).len(), 1);
        // Those that came back are ended once more, and now their slots stay free.
        let again = [
            "--lane",
            "replication",
            "terminate",
            "--user",
            "app",
            "--all",
            "--yes",
            "--recount",
            "0s",
        ];
        operator.run(&again);
        let held = || -> usize {
            let sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' \
                       AND backend_start < clock_timestamp() - interval '1 second'";
            cell(server, sql).parse().unwrap()
        };
        await_long("some of the storm is let in", || held() > 0);
        for _ in 0..20 {
            let now = held();
            assert!(now <= limit, "{now} sessions behind a fence of {limit}");
            std::thread::sleep(Duration::from_millis(20));
        }
        // A second one does not stack.
        let ran = operator.run(&[
            "--lane",
            "replication",
            "fence",
            "--role",
            "app",
            "--limit",
            "1",
            "--yes",
        ]);
        assert_eq!(ran.code, 4, "{ran}");
        assert!(
            ran.stderr.contains("stands on role \"app\" already"),
            "{ran}"
        );
        operator
            .run(&["--lane", "replication", "fence", "--undo", "--yes"])
            .expect_code(0);
        assert_eq!(role_limit(server, "app"), "-1");
    }
}

#[test]
fn on_a_terminal_a_fence_is_offered_once_slots_are_taken_again() {
    let server = Server::start_with(18, |settings| settings.set("max_connections", 20));
    let operator = Operator::on(&server, "postgres");
    let _storm = server.storm("app", 30);
    let typed = [
        "--lane",
        "replication",
        "terminate",
        "--user",
        "app",
        "--state",
        "idle",
        "--limit",
        "2",
        "--recount",
        "3s",
    ];
    for (keys, ends, fenced) in [("n\r", 0, false), ("\x03", -2, false), ("y\r", 0, true)] {
        let mut terminal = Pty::start(operator.command(&typed));
        terminal.await_text("End 2 sessions?");
        std::thread::sleep(Duration::from_millis(200));
        terminal.press("y\r");
        terminal.await_text("Limit role app to ");
        std::thread::sleep(Duration::from_millis(200));
        terminal.press(keys);
        assert_eq!(terminal.end(), ends, "{}", terminal.screen());
        let limit = role_limit(&server, "app");
        assert_eq!(limit != "-1", fenced, "{limit}: {}", terminal.screen());
    }
    assert_eq!(standing(&operator).len(), 1);
}
