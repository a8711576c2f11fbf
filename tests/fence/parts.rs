//! What holds on every major, each part on a server that the others have cleaned.

use super::{await_long, database_limit, idle, make_warden, only, put_up, role_limit, standing};
use crate::support::{Operator, Server};

pub fn a_fence_is_planned_put_up_listed_told_of_and_undone(server: &Server) {
    make_warden(server);
    server.ask_witness("ALTER ROLE app CONNECTION LIMIT 50");
    let sessions = idle(server, 3);
    let operator = Operator::on(server, "warden");

    let plan = operator
        .run(&["fence", "--role", "app", "--limit", "2", "--dry-run"])
        .expect_code(0);
    for said in [
        "PLAN: limit role app to 2 connections",
        "50",
        "3 sessions; they stay",
        "superusers",
        "--undo",
        "ALTER ROLE app CONNECTION LIMIT 50",
    ] {
        assert!(plan.stdout.contains(said), "{said}: {plan}");
    }
    assert_eq!(role_limit(server, "app"), "50");
    assert!(!operator.record_path().exists());

    let id = put_up(
        &operator,
        &["--role", "app", "--limit", "2", "--reason", "storm"],
    );
    assert_eq!(role_limit(server, "app"), "2");
    assert_eq!(server.refusal("app").unwrap().sqlstate, "53300");
    let pids: Vec<i32> = sessions.iter().map(|session| session.pid).collect();
    assert_eq!(server.alive(&pids), pids, "a limit ends nobody");

    let record = operator.record();
    assert_eq!(record[0]["event"], "intent");
    assert_eq!(record[0]["targets"][0]["previous"], 50);
    assert_eq!(record[0]["reason"], "storm");
    assert_eq!(record[1]["outcome"], "fenced");

    for typed in [&["status"][..], &["sessions"], &["blockers"]] {
        let ran = operator.run(typed);
        let told: Vec<&str> = ran
            .stderr
            .lines()
            .filter(|line| line.contains(&id))
            .collect();
        assert_eq!(told.len(), 1, "{ran}");
        assert!(
            told[0].contains("role app limited to 2 (before: 50)"),
            "{ran}"
        );
        assert!(told[0].contains("--undo"), "{ran}");
    }
    let json = operator.run(&["status", "--format", "json"]).json();
    assert_eq!(json["format"], "breakglass/status/1");
    assert_eq!(json["standing_fences"][0]["id"], id.as_str());

    let list = operator.run(&["fence", "--list"]).expect_code(0);
    for said in [&id[..], "app", "storm"] {
        assert!(list.stdout.contains(said), "{list}");
    }
    let ran = operator.run(&["fence", "--list", "--format", "json"]);
    assert_eq!(only(&ran)["live"], 2, "{ran}");

    let ran = operator
        .run(&["fence", "--undo", "--yes", "--format", "json"])
        .expect_code(0);
    assert_eq!(only(&ran)["outcome"], "undone");
    assert_eq!(role_limit(server, "app"), "50");
    assert!(standing(&operator).is_empty());
    let ran = operator.run(&["status"]).expect_code(0);
    assert!(!ran.stderr.contains("fence"), "{ran}");
    let ran = operator.run(&["fence", "--undo", "--yes"]).expect_code(1);
    assert!(ran.stderr.contains("no fence stands"), "{ran}");
}

pub fn what_somebody_else_changed_meanwhile_is_left_alone(server: &Server) {
    make_warden(server);
    let operator = Operator::on(server, "warden");
    let id = put_up(&operator, &["--role", "app", "--limit", "5"]);
    server.ask_witness("ALTER ROLE app CONNECTION LIMIT 7");
    let ran = operator
        .run(&["fence", "--undo", &id, "--yes", "--format", "json"])
        .expect_code(4);
    assert_eq!(only(&ran)["outcome"], "changed", "{ran}");
    assert!(ran.stderr.contains("--forget"), "{ran}");
    assert_eq!(role_limit(server, "app"), "7");
    assert_eq!(standing(&operator), std::slice::from_ref(&id));
    operator
        .run(&["fence", "--forget", &id, "--yes"])
        .expect_code(0);
    assert!(standing(&operator).is_empty());
    assert_eq!(role_limit(server, "app"), "7");

    // Put back by hand: nothing to change, and off the list.
    let id = put_up(&operator, &["--role", "app", "--limit", "5"]);
    server.ask_witness("ALTER ROLE app CONNECTION LIMIT 7");
    let ran = operator
        .run(&["fence", "--undo", &id, "--yes"])
        .expect_code(0);
    assert!(ran.stdout.contains("was back at 7 already"), "{ran}");
    assert!(standing(&operator).is_empty());
}

pub fn the_record_alone_undoes_the_fence_of_a_process_that_was_killed(server: &Server) {
    make_warden(server);
    server.ask_witness("ALTER ROLE app CONNECTION LIMIT 40");
    let operator = Operator::on(server, "warden");
    let typed = [
        "fence", "--role", "app", "--limit", "3", "--for", "1h", "--yes",
    ];
    let mut child = operator.start(&typed);
    await_long("the fence stands", || role_limit(server, "app") == "3");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(role_limit(server, "app"), "3");
    let before = operator.record();
    assert_eq!(before[0]["targets"][0]["previous"], 40);

    // Even a line that was cut off in the middle, as by a full disk, is only said.
    let path = operator.record_path();
    let text = std::fs::read_to_string(&path).unwrap();
    let intent = text.lines().next().unwrap();
    std::fs::write(&path, format!("{intent}\n{}", &intent[..intent.len() / 2])).unwrap();
    let ran = operator.run(&["status"]).expect_code(0);
    assert!(ran.stderr.contains("cannot be read"), "{ran}");

    let ran = operator.run(&["fence", "--undo", "--yes"]).expect_code(0);
    assert!(
        ran.stdout.contains("UNDONE: role app is back at 40"),
        "{ran}"
    );
    assert_eq!(role_limit(server, "app"), "40");
    assert!(
        standing(&operator).is_empty(),
        "the cut line swallowed the next"
    );
}

pub fn a_missing_right_is_one_sentence_that_says_who_may(server: &Server) {
    server.ask_witness("CREATE DATABASE shop");
    server.ask_witness("CREATE ROLE plain LOGIN");
    let operator = Operator::on(server, "plain");
    for (typed, who) in [
        (["--role", "app"], "CREATEROLE"),
        (["--database", "shop"], "its owner, role \"postgres\""),
    ] {
        let typed = [&["fence", "--limit", "1", "--yes"], &typed[..]].concat();
        let ran = operator.run(&typed).expect_code(4);
        assert!(
            ran.stderr.contains("role \"plain\" may not change"),
            "{ran}"
        );
        assert!(ran.stderr.contains(who), "{ran}");
    }
    assert_eq!(role_limit(server, "app"), "-1");
    assert_eq!(database_limit(server, "shop"), "-1");
    assert!(operator.record().is_empty(), "nothing was intended");

    // The right went away between fence and undo.
    make_warden(server);
    let operator = Operator::on(server, "warden");
    let id = put_up(&operator, &["--role", "app", "--limit", "5"]);
    server.ask_witness("ALTER ROLE warden NOCREATEROLE");
    let ran = operator
        .run(&["fence", "--undo", &id, "--yes"])
        .expect_code(4);
    assert!(ran.stdout.contains("42501"), "{ran}");
    assert_eq!(role_limit(server, "app"), "5");
    assert_eq!(standing(&operator), [id]);
}

pub fn a_database_is_fenced_over_either_lane(server: &Server) {
    server.ask_witness("CREATE DATABASE shop OWNER breakglass");
    let operator = Operator::on(server, "breakglass");
    let _held = server.fill_every_slot();
    let id = put_up(&operator, &["--database", "shop", "--limit", "0"]);
    let record = operator.record();
    assert_eq!(record[0]["lane"], "replication");
    assert_eq!(database_limit(server, "shop"), "0");
    drop(_held);
    let into_shop = [("user", "app"), ("database", "shop")];
    await_long("the fence, not the full server, refuses", || {
        server
            .refusal_of(&into_shop)
            .is_some_and(|refusal| refusal.routine == "CheckMyDatabase")
    });
    operator
        .run(&["fence", "--undo", &id, "--yes", "--lane", "login"])
        .expect_code(0);
    assert_eq!(database_limit(server, "shop"), "-1");
    assert!(server.refusal_of(&into_shop).is_none());

    // Our own database, and our own role, would keep us out.
    server.ask_witness("ALTER DATABASE postgres OWNER TO breakglass");
    let ran = operator
        .run(&["fence", "--database", "postgres", "--limit", "0", "--yes"])
        .expect_code(4);
    assert!(ran.stderr.contains("keep us out"), "{ran}");
    assert_eq!(database_limit(server, "postgres"), "-1");
}

pub fn hostile_names_are_quoted_and_never_reach_the_terminal(server: &Server) {
    let names = [
        "we\"ird'; DROP ROLE app; --",
        "line\nbreak\x1b[31m",
        "Zoë \u{202e}東京",
        "back\\slash $breakglass$ %I",
    ];
    let operator = Operator::on(server, "postgres");
    for name in names {
        let quoted = name.replace('"', "\"\"");
        server.ask_witness(&format!("CREATE ROLE \"{quoted}\" LOGIN"));
        let typed = ["fence", "--role", name, "--limit", "1", "--yes"];
        let ran = operator.run(&typed).expect_code(0);
        assert_eq!(role_limit(server, name), "1", "{ran}");
        for text in [&ran.stdout, &ran.stderr] {
            let dangerous = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(dangerous), "{text:?}");
        }
        // A rename does not lose it: the OID is who it is.
        server.ask_witness(&format!("ALTER ROLE \"{quoted}\" RENAME TO renamed"));
        operator.run(&["fence", "--undo", "--yes"]).expect_code(0);
        assert_eq!(role_limit(server, "renamed"), "-1");
        server.ask_witness("DROP ROLE renamed");
    }
    assert_eq!(role_limit(server, "app"), "-1");
}

pub fn a_role_that_was_dropped_takes_its_fence_with_it(server: &Server) {
    let operator = Operator::on(server, "postgres");
    server.ask_witness("CREATE ROLE brief LOGIN");
    let id = put_up(&operator, &["--role", "brief", "--limit", "1"]);
    server.ask_witness("DROP ROLE brief; CREATE ROLE brief LOGIN CONNECTION LIMIT 1");
    let list = operator.run(&["fence", "--list"]).expect_code(0);
    assert!(list.stdout.contains("gone"), "{list}");
    let ran = operator
        .run(&["fence", "--undo", &id, "--yes"])
        .expect_code(0);
    assert!(ran.stdout.contains("GONE: role brief"), "{ran}");
    assert_eq!(
        role_limit(server, "brief"),
        "1",
        "another role of this name"
    );
    assert!(standing(&operator).is_empty());
}

pub fn what_would_be_no_fence_is_refused(server: &Server) {
    let operator = Operator::on(server, "postgres");
    server.ask_witness("ALTER ROLE app CONNECTION LIMIT 5");
    server.ask_witness("CREATE ROLE boss LOGIN SUPERUSER");
    let cases: [(&[&str], i32, &str); 6] = [
        (&["--role", "app", "--limit", "9"], 4, "would let more in"),
        (
            &["--role", "app", "--limit", "5"],
            1,
            "limited to 5 already",
        ),
        (&["--role", "boss", "--limit", "1"], 4, "no effect"),
        (
            &["--role", "ap", "--limit", "1"],
            1,
            "did you mean \"app\"?",
        ),
        (
            &["--database", "postgre", "--limit", "1"],
            1,
            "did you mean \"postgres\"?",
        ),
        (
            &["--role", "APP", "--limit", "1"],
            1,
            "there is no role \"APP\"",
        ),
    ];
    for (typed, code, said) in cases {
        let typed = [&["fence", "--yes"], typed].concat();
        let ran = operator.run(&typed).expect_code(code);
        assert!(ran.stderr.contains(said), "{ran}");
    }
    assert_eq!(role_limit(server, "app"), "5");
    assert!(operator.record().is_empty());
}
