//! Readiness on real servers of every supported major: as every kind of role, with room and without; and what is said
//! of `pg_hba.conf` against what really happens to a login.

use crate::support::{Operator, Server, await_that, for_each_major};
use serde_json::Value;

fn findings(json: &Value, weight: &str) -> Vec<String> {
    let all = json["findings"].as_array().unwrap();
    let of = all.iter().filter(|it| it["weight"] == weight);
    of.map(|it| it["about"].as_str().unwrap().to_owned())
        .collect()
}

fn standing(json: &Value, way: &str) -> String {
    let ways = json["ways"].as_array().unwrap();
    let one = ways.iter().find(|it| it["way"] == way).unwrap();
    one["standing"].as_str().unwrap().to_owned()
}

#[test]
fn every_kind_of_role_is_told_how_sure_its_way_in_is() {
    for_each_major(|server| {
        server.ask_witness("CREATE ROLE monitor LOGIN; GRANT pg_monitor TO monitor");
        server.ask_witness("CREATE ROLE nothing LOGIN");
        // Role, exit code, whether it may read pg_hba.conf.
        let table = [
            ("postgres", 0, true),
            ("breakglass", 0, false),
            ("monitor", 1, false),
            ("app", 1, false),
            ("nothing", 1, false),
        ];
        for (user, code, reads) in table {
            let operator = Operator::on(server, user);
            let ran = operator
                .run(&["doctor", "--format", "json"])
                .expect_code(code);
            let json = ran.json();
            assert_eq!(standing(&json, "login"), "open", "{ran}");
            let replicates = ["postgres", "breakglass"].contains(&user);
            let wanted = if replicates { "open" } else { "closed" };
            assert_eq!(standing(&json, "replication"), wanted, "{user}: {ran}");
            let missing = findings(&json, "missing");
            let lacks = if user == "monitor" { 1 } else { 2 };
            if code == 1 {
                assert_eq!(
                    missing.iter().filter(|it| *it == "rights").count(),
                    lacks,
                    "{ran}"
                );
            }
            let hba = json["findings"].as_array().unwrap().iter().any(|it| {
                it["about"] == "pg_hba.conf" && it["what"].as_str().unwrap().contains("line ")
            });
            assert_eq!(hba, reads, "{user}: {ran}");
            // Nothing was left behind.
            await_that("the doctor has left", || {
                server.ask_witness(
                    "SELECT 1 FROM pg_stat_activity WHERE application_name = 'breakglass'",
                ) == Vec::<Vec<Option<String>>>::new()
            });
        }
        // Another role than the one that looks.
        let operator = Operator::on(server, "postgres");
        let ran = operator.run(&["doctor", "--role", "nothing", "--format", "json"]);
        assert!(
            findings(&ran.json(), "missing").contains(&"rights".to_owned()),
            "{ran}"
        );
        let ran = operator
            .run(&["doctor", "--role", "nobody-here", "--format", "json"])
            .expect_code(1);
        assert!(
            findings(&ran.json(), "missing").contains(&"role".to_owned()),
            "{ran}"
        );
    });
}

#[test]
fn a_full_server_is_reviewed_over_the_lane_that_is_open() {
    for major in [13, 18] {
        let server = Server::start(major);
        let operator = Operator::on(&server, "breakglass");
        let ordinary = server.fill_ordinary_slots();
        let ran = operator.run(&["doctor", "--format", "json"]).expect_code(1);
        let json = ran.json();
        let missing = findings(&json, "missing");
        assert!(missing.contains(&"slots".to_owned()), "{ran}");
        assert!(missing.contains(&"login lane".to_owned()), "{ran}");
        assert_eq!(standing(&json, "replication"), "open", "{ran}");
        drop(ordinary);
        let _every = server.fill_every_slot();
        let ran = operator.run(&["doctor", "--format", "json"]).expect_code(1);
        // Superusers hold slots of the reserve.
        assert!(
            findings(&ran.json(), "risk").contains(&"superusers".to_owned()),
            "{ran}"
        );
        let _walsenders = server.fill_walsenders();
        let ran = operator.run(&["doctor", "--format", "json"]).expect_code(1);
        assert!(
            findings(&ran.json(), "missing").contains(&"database lanes".to_owned()),
            "{ran}"
        );
    }
}

#[test]
fn settings_that_hurt_come_with_the_statement_that_mends_them() {
    let server = Server::start_with(17, |settings| {
        settings
            .set("update_process_title", "off")
            .set("max_wal_senders", 2)
            .set("superuser_reserved_connections", 0)
    });
    let operator = Operator::on(&server, "breakglass");
    let ran = operator.run(&["doctor", "--format", "json"]);
    let json = ran.json();
    let all = json["findings"].as_array().unwrap();
    for (about, fix, takes) in [
        (
            "update_process_title",
            "ALTER SYSTEM SET update_process_title = on",
            "reload",
        ),
        (
            "superuser_reserved_connections",
            "ALTER SYSTEM SET superuser_reserved_connections = 3",
            "restart",
        ),
        (
            "idle_in_transaction_session_timeout",
            "ALTER SYSTEM SET idle_in_transaction_session_timeout = '5min'",
            "reload",
        ),
        (
            "authentication_timeout",
            "ALTER SYSTEM SET authentication_timeout = '15s'",
            "reload",
        ),
    ] {
        let found = all.iter().find(|it| it["about"] == about);
        let found = found.unwrap_or_else(|| panic!("{about}: {ran}"));
        assert_eq!(
            (found["fix"].as_str(), found["takes"].as_str()),
            (Some(fix), Some(takes))
        );
    }
    // The fix is one that the server takes.
    for it in all {
        let fix = it["fix"].as_str().unwrap();
        if fix.starts_with("ALTER SYSTEM") {
            let mut client = server.connect("postgres", "fix");
            client
                .batch_execute(fix)
                .unwrap_or_else(|error| panic!("{fix}: {error}"));
        }
    }
    server.ask_witness("SELECT pg_reload_conf()::text");
    await_that("the settings are as they should be", || {
        let ran = operator.run(&["doctor", "--format", "json"]);
        !ran.stdout.contains("SET update_process_title") && !ran.stdout.contains("'5min'")
    });
}

#[test]
fn what_pg_hba_says_is_what_happens_to_a_login() {
    let server = Server::start(17);
    server.ask_witness("CREATE ROLE glass LOGIN PASSWORD 'right'; CREATE ROLE \"o d,d\" LOGIN");
    let file = server.ask_witness("SHOW hba_file")[0][0].clone().unwrap();
    let loaded = || server.ask_witness("SELECT pg_conf_load_time()::text");
    // Ours stays open to the superuser who asks.
    let first = "host all postgres 127.0.0.1/32 trust\nlocal all postgres trust\n";
    let table: [(&str, &str, bool); 9] = [
        ("host all all 127.0.0.1/32 trust", "glass", true),
        ("host postgres glass 127.0.0.0/8 trust", "glass", true),
        ("host postgres glass 127.0.0.0/8 trust", "app", false),
        ("host replication glass 127.0.0.1/32 trust", "glass", false),
        (
            "host all glass 127.0.0.1/32 reject\nhost all all all trust",
            "glass",
            false,
        ),
        ("host other glass all trust", "glass", false),
        ("hostssl all all all trust", "glass", false),
        (
            "host all all 10.0.0.0 255.0.0.0 trust\nhost all \"o d,d\" samehost reject",
            "glass",
            false,
        ),
        ("host all \"o d,d\" all trust", "o d,d", true),
    ];
    let operator = Operator::on(&server, "postgres");
    for (lines, role, admitted) in table {
        let before = loaded();
        std::fs::write(&file, format!("{first}{lines}\n")).unwrap();
        server.ask_witness("SELECT pg_reload_conf()::text");
        await_that("the file is loaded", || loaded() != before);
        let refusal = server.refusal(role);
        assert_eq!(refusal.is_none(), admitted, "{lines}: {refusal:?}");
        let ran = operator.run(&["doctor", "--role", role, "--format", "json"]);
        let json = ran.json();
        let said = json["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["about"] == "pg_hba.conf");
        let said = said.unwrap_or_else(|| panic!("{ran}"));
        let admits = said["what"].as_str().unwrap().contains(" lets ");
        assert_eq!(admits, admitted, "{lines}: {said}");
        assert_eq!(said["weight"] == "missing", !admitted, "{lines}: {said}");
    }
    // A line that cannot be read, and a server that goes on with the last good file.
    std::fs::write(&file, format!("{first}host all all 127.0.0.1/99 trust\n")).unwrap();
    let ran = operator.run(&["doctor"]);
    assert!(
        ran.stdout.contains("the server cannot read line 3"),
        "{ran}"
    );
}

#[test]
fn the_screen_fits_eighty_columns_and_is_harmless() {
    let server = Server::start(18);
    server.ask_witness("CREATE ROLE \"a|b\u{1b}[2J\nc\" LOGIN SUPERUSER");
    let _odd = server.session("a|b\u{1b}[2J\nc", "shop\u{1b}[31m");
    let operator = Operator::on(&server, "breakglass").set("COLUMNS", "80");
    let ran = operator.run(&["doctor"]).expect_code(0);
    assert!(
        ran.stdout
            .starts_with("SURE: breakglass gets in, also when every slot is taken; "),
        "{ran}"
    );
    assert!(!ran.stdout.contains('\u{1b}'), "{ran}");
    assert!(ran.stdout.contains("logs in as superuser a|b"), "{ran}");
    let ran = operator
        .run(&["doctor", "--format", "markdown"])
        .expect_code(0);
    let rows = ran
        .stdout
        .lines()
        .filter(|line| line.starts_with("| risk ") || line.starts_with("| note "));
    for row in rows {
        let cells = row.replace("\\|", "").matches('|').count();
        assert_eq!(cells, 7, "{row}");
    }
    let ran = operator.run(&["doctor", "--format", "csv"]).expect_code(2);
    assert!(ran.stderr.contains("table, json or markdown"), "{ran}");
    let gone = Operator::at("127.0.0.1", 1, "breakglass")
        .run(&["doctor"])
        .expect_code(1);
    assert!(gone.stdout.starts_with("NOT SURE: "), "{gone}");
}
