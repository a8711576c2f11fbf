//! Several servers named at once: which of them is taken, as target_session_attrs says, and what is said of the others.

use serde_json::Value;

use super::{assert_locked_out, status};
use crate::support::{Operator, Server};

/// `first,second`, and what kind of server is wanted.
fn operator(first: &Server, second: &Server, user: &str, wanted: &str) -> Operator {
    Operator::with(&[])
        .set("PGHOST", "127.0.0.1,127.0.0.1")
        .set("PGPORT", format!("{},{}", first.port(), second.port()))
        .set("PGUSER", user)
        .set("PGTARGETSESSIONATTRS", wanted)
}

fn endpoint(json: &Value) -> &str {
    json["lane"]["endpoint"].as_str().unwrap()
}

fn at(server: &Server) -> String {
    format!("127.0.0.1:{}", server.port())
}

#[test]
fn the_server_that_is_wanted_is_taken_and_a_full_one_is_not_left_for_another_kind() {
    // 13 has to be asked in SQL; 14 and later tell in their greeting.
    for major in [13, 18] {
        let (primary, standby) = (Server::start(major), Server::standby(major));
        for (first, second, wanted, taken) in [
            (&standby, &primary, "any", &standby),
            (&primary, &standby, "any", &primary),
            (&standby, &primary, "read-write", &primary),
            (&standby, &primary, "primary", &primary),
            (&primary, &standby, "read-only", &standby),
            (&primary, &standby, "standby", &standby),
            (&primary, &standby, "prefer-standby", &standby),
            (&primary, &primary, "prefer-standby", &primary),
        ] {
            let ran = status(&operator(first, second, "app", wanted)).expect_code(0);
            assert_eq!(endpoint(&ran.json()), at(taken), "{wanted}: {ran}");
        }
        let unsuitable = ("login", "unsuitable-server", true);
        let ran = status(&operator(&primary, &primary, "app", "standby"));
        assert_locked_out(ran, &[unsuitable]);

        let _held = primary.fill_every_slot();
        // The standby has room, and is not what was asked for: the way in is the primary's side door.
        for (first, second) in [(&primary, &standby), (&standby, &primary)] {
            let ran = status(&operator(first, second, "breakglass", "primary")).expect_code(0);
            let json = ran.json();
            assert_eq!(endpoint(&json), at(&primary), "{ran}");
            assert_eq!(json["lane"]["name"], "replication", "{ran}");
            assert_eq!(json["server"]["in_recovery"], false);
        }
        // Where any will do the standby does; that the other one is full is said.
        let ran = status(&operator(&primary, &standby, "breakglass", "any")).expect_code(0);
        let json = ran.json();
        assert_eq!(endpoint(&json), at(&standby), "{ran}");
        let refused = json["lane"]["refused_before"].to_string();
        assert!(refused.contains("every connection slot is taken"), "{ran}");
    }
}
