//! Which layer is short of connections.

use super::Stage;
use crate::support::Release;

#[test]
fn a_pool_in_use_while_postgres_has_room() {
    for major in [13, 18] {
        let stage = Stage::new(major);
        let mut holders = [
            stage.pooler.client("shop", "one"),
            stage.pooler.client("shop", "two"),
        ];
        for holder in &mut holders {
            holder.ask("BEGIN").unwrap().unwrap();
        }
        let mut waiter = stage.pooler.client("shop", "three");
        waiter.send("SELECT 1").unwrap();
        let seen = stage.await_bottleneck("pool-exhausted");
        let sentence = seen["bottlenecks"][0]["sentence"].as_str().unwrap();
        assert!(sentence.contains("PostgreSQL has"), "{sentence}");
        assert_eq!(seen["sessions"], 2, "{seen}");
        assert_eq!(seen["version"], "1.18.0");
        let status = stage.run(&["status"]).expect_code(0);
        assert!(
            status.stdout.contains("the pool is the bottleneck"),
            "{status}"
        );
        let json = stage.run(&["status", "--format", "json"]).json();
        assert_eq!(json["pooler"]["bottlenecks"][0]["kind"], "pool-exhausted");
        let table = stage.run(&["pgbouncer", "status"]).expect_code(1);
        assert!(
            table.stdout.contains("sessions are the pooler's"),
            "{table}"
        );
        assert!(
            table.stdout.contains("next      breakglass sessions"),
            "{table}"
        );
    }
}

#[test]
fn postgres_full_behind_a_pool_that_could_grow() {
    for major in [13, 17] {
        let stage = Stage::new(major);
        let mut holder = stage.pooler.client("shop", "holds");
        holder.ask("BEGIN").unwrap().unwrap();
        let mut waiter = stage.pooler.client("shop", "waits");
        let _held = stage.server.fill_ordinary_slots();
        waiter.send("SELECT 1").unwrap();
        let seen = stage.await_bottleneck("server-full");
        let sentence = seen["bottlenecks"][0]["sentence"].as_str().unwrap();
        assert!(
            sentence.starts_with("PostgreSQL is the bottleneck"),
            "{sentence}"
        );
    }
}

#[test]
fn postgres_full_behind_an_idle_pool() {
    let stage = Stage::new(16);
    let mut client = stage.pooler.client("shop", "idles");
    client.ask("SELECT 1").unwrap().unwrap();
    let _held = stage.server.fill_ordinary_slots();
    stage.await_bottleneck("server-full-behind-idle-pool");
}

#[test]
fn a_pooler_that_is_full_still_opens_its_console() {
    for release in [Release::Packaged, Release::Newer] {
        let stage = Stage::with(15, release, &[("max_client_conn", "3")]);
        // The program's own login to the console counts, too.
        let _clients: Vec<_> = (0..3)
            .map(|_| stage.pooler.client("shop", "many"))
            .collect();
        assert!(stage.pooler.refusal("shop").is_some());
        let seen = stage.await_bottleneck("pooler-full");
        assert_eq!(seen["max_client_conn"], 3);
    }
}

#[test]
fn without_a_database_lane_nothing_is_said_about_postgres() {
    let stage = Stage::new(14);
    let console = stage.pooler.console("stats");
    let operator = super::Operator::with(&[]);
    let ran = operator
        .run(&["pgbouncer", "--pgbouncer", &console])
        .expect_code(0);
    assert!(ran.stdout.contains("no database lane is open"), "{ran}");
}

#[test]
fn a_pooler_before_another_server_is_noticed() {
    let stage = Stage::new(17);
    let mut client = stage.pooler.client("shop", "elsewhere");
    client.ask("SELECT 1").unwrap().unwrap();
    let other = super::Server::start(17);
    let operator = super::Operator::on(&other, "breakglass");
    let console = stage.pooler.console("admin");
    let ran = operator
        .run(&["status", "--pgbouncer", &console])
        .expect_code(0);
    assert!(ran.stdout.contains("stands before another one"), "{ran}");
    let sessions = operator.run(&["sessions", "--format", "json", "--pgbouncer", &console]);
    let json = sessions.json();
    let listed = json["sessions"].as_array().unwrap();
    assert!(listed.iter().all(|it| it["pooled"].is_null()), "{json}");
}
