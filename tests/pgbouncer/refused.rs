//! Through a pooler's own port, nobody is ended.

use super::{Operator, Stage};
use crate::support::Release;

#[test]
fn ending_sessions_through_a_poolers_port_is_refused() {
    for release in [Release::Packaged, Release::Newer] {
        let stage = Stage::with(17, release, &[]);
        let _victim = stage.server.session("app", "victim");
        let before = stage.server.census();
        let port = stage.pooler.port().to_string();
        let flags = [
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            "breakglass",
            "-d",
            "shop",
        ];
        let through = Operator::with(&flags);
        for args in [
            &["terminate", "--app", "victim", "--yes", "--limit", "1"][..],
            &["terminate", "--all", "--dry-run"],
            &["cancel", "--all", "--yes"],
        ] {
            let ran = through.run(args).expect_code(4);
            assert!(ran.stderr.contains("is a pooler's port"), "{ran}");
        }
        assert!(through.record().is_empty());
        // Looking is allowed.
        through.run(&["sessions"]).expect_code(0);
        let victims: Vec<_> = before.iter().filter(|it| it.3 == "victim").collect();
        let now = stage.server.census();
        assert!(victims.iter().all(|victim| now.contains(victim)));
    }
}

#[test]
fn a_refusal_by_the_pooler_leads_to_its_console() {
    let stage = Stage::with(15, Release::Packaged, &[("max_client_conn", "1")]);
    let _client = stage.pooler.client("shop", "only one");
    let port = stage.pooler.port().to_string();
    let flags = ["-h", "127.0.0.1", "-p", &port, "-U", "app", "-d", "shop"];
    let ran = Operator::with(&flags)
        .run(&["status", "--retry-for", "0s"])
        .expect_code(3);
    let next =
        format!("next: breakglass pgbouncer --pgbouncer 'host=127.0.0.1 port={port} user=app'");
    assert!(ran.stderr.contains(&next), "{ran}");
}
