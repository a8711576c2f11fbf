//! A storm: clients without back-off that take every slot the moment it comes free.

use std::time::Duration;

use crate::support::{MAJORS, Operator, Server, for_each_major, for_majors};

/// Clients in a storm.
const MANY: usize = 40;

#[test]
fn retries_are_counted_and_end_when_they_should() {
    for_each_major(|server| {
        let _storm = server.storm("app", MANY);
        let _held = server.fill_every_slot();
        let ran = Operator::on(server, "limited").run(&[
            "--lane",
            "login",
            "status",
            "--format",
            "json",
            "--retry-for",
            "1s",
        ]);
        assert_eq!(ran.code, 3, "{ran}");
        let json = ran.json();
        // The last attempt may begin just before the end, and has the deadline of one login.
        let elapsed = json["lockout"]["elapsed_seconds"].as_f64().unwrap();
        assert!((0.9..10.0).contains(&elapsed), "{ran}");
        let attempts = json["lockout"]["attempts"]["login"].as_u64().unwrap();
        let refusals = json["lockout"]["refusals"].as_array().unwrap();
        let counted: u64 = refusals
            .iter()
            .map(|one| one["count"].as_u64().unwrap())
            .sum();
        assert_eq!(attempts, counted);
        // A pause of 30 to 150 ms between two. One alone only where its answer took the whole second.
        assert!(attempts <= 34, "{ran}");
        assert!(attempts >= 2 || elapsed > 1.0, "{ran}");
        assert_eq!(json["lockout"]["attempts"]["replication"], 0);
        for refusal in refusals {
            let variant = refusal["variant"].as_str().unwrap();
            let storm = [
                "slots-exhausted",
                "processes-exhausted",
                "only-superuser-slots",
                "only-reserved-slots",
            ];
            // In a storm that is too much for the machine, one connection is not even taken in its three seconds.
            let late = variant == "no-answer" && refusal["count"] == 1 && elapsed >= 3.0;
            assert!(late || storm.contains(&variant), "{ran}");
        }
    });
}

#[test]
fn the_side_door_leads_in() {
    for_each_major(|server| {
        let _storm = server.storm("app", MANY);
        let ran = Operator::on(server, "breakglass")
            .run(&["status", "--format", "json"])
            .expect_code(0);
        let json = ran.json();
        assert_eq!(json["lane"]["name"], "replication", "{ran}");
        assert!(
            !json["lane"]["refused_before"]
                .as_array()
                .unwrap()
                .is_empty()
        );
        assert!(ran.took < Duration::from_secs(30), "{ran}");
    });
}

#[test]
fn sessions_of_the_storm_end_and_their_return_is_told() {
    let roomy = |major| Server::start_with(major, |settings| settings.set("max_connections", 20));
    for_majors(&MAJORS, roomy, |server| {
        let bystanders = ["app", "postgres"].map(|user| server.session(user, "bystander"));
        let _storm = server.storm("app", MANY);
        let operator = Operator::on(server, "breakglass");
        let ran = operator.run(&[
            "terminate",
            "--app",
            "storm",
            "--limit",
            "5",
            "--yes",
            "--recount",
            "1s",
            "--format",
            "json",
        ]);
        assert!([0, 5].contains(&ran.code), "{ran}");
        let json = ran.json();
        assert_eq!(ran.outcomes().len(), 5, "{ran}");
        let gone: Vec<i32> = ran
            .outcomes()
            .into_iter()
            .filter(|(_, word)| word == "gone")
            .map(|(pid, _)| pid)
            .collect();
        assert!(!gone.is_empty(), "{ran}");
        assert_eq!(server.alive(&gone), [0; 0]);
        assert_eq!(json["outcome"]["retaken"][0]["name"], "storm", "{ran}");
        assert!(json["outcome"]["retaken"][0]["count"].as_u64() > Some(0));
        let bystanders: Vec<i32> = bystanders.iter().map(|session| session.pid).collect();
        assert_eq!(server.alive(&bystanders), bystanders, "an innocent is gone");
        assert_eq!(operator.record().len(), 6);
    });
}
