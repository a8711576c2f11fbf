use super::threshold::Threshold;
use super::*;
use crate::decide::runbook::Runbook;
use crate::decide::testing::{NOW, hidden, in_transaction, ours, session, snapshot};

/// A look of ours at `clients` others, on the server of 20 slots of which 3 are the superuser's.
fn look(clients: i32) -> Snapshot {
    let mut sessions = vec![ours()];
    sessions.extend((10..10 + clients).map(session));
    snapshot(sessions)
}

fn measured(snapshot: Option<Snapshot>) -> Measured {
    Measured {
        server: "db:5432".to_owned(),
        at: NOW,
        took: Duration::from_millis(12),
        lane: snapshot.as_ref().map(|_| "login"),
        snapshot,
        refusals: Vec::new(),
        failure: None,
        samples: Samples::None,
    }
}

fn question(warning: &str, critical: &str) -> Question {
    Question {
        thresholds: Thresholds {
            warning: Threshold::parse(warning).ok(),
            critical: Threshold::parse(critical).ok(),
        },
        counted: None,
        judge_limits: true,
    }
}

fn refusal(exhaustion: bool) -> Refusal {
    Refusal {
        lane: "login",
        variant: "only-superuser-slots",
        exhaustion,
        what: "only superusers' slots are left".to_owned(),
    }
}

fn status(clients: i32, warning: &str, critical: &str) -> Status {
    let verdict = judge(&measured(Some(look(clients))), &question(warning, critical));
    // A complaint names a page, and nothing else does.
    let complains = matches!(verdict.status, Status::Warning | Status::Critical);
    assert_eq!(verdict.runbook.is_some(), complains);
    verdict.status
}

#[test]
fn the_denominator_is_what_ordinary_roles_may_use_and_the_check_is_not_counted() {
    let found = numbers(&look(13), None);
    assert_eq!((found.ordinary.used, found.ordinary.total), (13, 17));
    // 13 of 20 would be 65%, 14 of 17 is 82%.
    let table = [
        (13, "80%", "95%", Status::Ok),
        (14, "80%", "95%", Status::Warning),
        (16, "80%", "95%", Status::Warning),
        (17, "80%", "95%", Status::Critical),
        (12, "5left", "2left", Status::Warning),
        (15, "5left", "2left", Status::Critical),
        (11, "12", "16", Status::Ok),
        (16, "12", "16", Status::Critical),
        // Full is critical whatever the thresholds are.
        (17, "500", "600", Status::Critical),
    ];
    for (clients, warning, critical, expected) in table {
        let found = status(clients, warning, critical);
        assert_eq!(found, expected, "{clients} at {warning} and {critical}");
    }
}

#[test]
fn refused_for_lack_of_slots_is_critical_and_any_other_failure_unknown() {
    let mut refused = measured(None);
    refused.refusals.push(refusal(true));
    let verdict = judge(&refused, &question("80%", "95%"));
    assert_eq!(verdict.runbook, Some(Runbook::NobodyGetsIn));
    assert_eq!(verdict.status, Status::Critical);
    assert!(
        verdict.reasons[0].contains("only-superuser-slots"),
        "{verdict:?}"
    );

    let mut failed = measured(None);
    failed.failure = Some("the password is wrong".to_owned());
    failed.refusals.push(refusal(false));
    let verdict = judge(&failed, &question("80%", "95%"));
    assert_eq!(verdict.status, Status::Unknown);
}

#[test]
fn a_refusal_is_critical_although_the_lane_beside_it_counts_few() {
    let mut refused = measured(Some(look(2)));
    refused.refusals.push(refusal(true));
    let verdict = judge(&refused, &question("80%", "95%"));
    assert_eq!(verdict.status, Status::Critical);
    assert!(
        verdict.reasons[1].contains("have not finished"),
        "{verdict:?}"
    );
    assert_eq!(verdict.numbers.map(|it| it.ordinary.used), Some(2));
}

#[test]
fn thresholds_that_contradict_on_this_server_are_not_applied_in_silence() {
    assert_eq!(status(2, "95%", "5left"), Status::Unknown);
    assert_eq!(status(13, "95%", "5left"), Status::Critical);
}

#[test]
fn sessions_in_a_state_are_counted_by_age_and_what_is_hidden_is_not_taken_for_none() {
    let five = Duration::from_secs(300);
    let question = Question {
        counted: Some(Counted::IdleInTransaction(five)),
        ..question("1", "3")
    };
    let of = |ages: &[u64], more: Vec<Session>| {
        let mut sessions = vec![ours(), session(9)];
        let idle = ages.iter().zip(10..);
        sessions.extend(idle.map(|(age, pid)| in_transaction(pid, *age)));
        sessions.extend(more);
        judge(&measured(Some(snapshot(sessions))), &question).status
    };
    assert_eq!(of(&[299, 10], vec![]), Status::Ok);
    assert_eq!(of(&[300, 10], vec![]), Status::Warning);
    assert_eq!(of(&[300, 400, 500], vec![]), Status::Critical);
    assert_eq!(of(&[10], vec![hidden(50)]), Status::Unknown);
    assert_eq!(of(&[300, 400, 500], vec![hidden(50)]), Status::Critical);
}

#[test]
fn a_role_or_database_at_its_limit_is_critical_unless_limits_are_only_shown() {
    let limited = |limit: u32| {
        let mut look = look(4);
        let name = "web".to_owned();
        look.role_limits.push(NamedLimit { name, limit });
        measured(Some(look))
    };
    let ask = question("80%", "95%");
    assert_eq!(judge(&limited(4), &ask).status, Status::Critical);
    assert_eq!(judge(&limited(5), &ask).status, Status::Warning);
    assert_eq!(judge(&limited(6), &ask).status, Status::Ok);
    // Shut on purpose.
    assert_eq!(judge(&limited(0), &ask).status, Status::Ok);
    let shown = Question {
        judge_limits: false,
        ..question("80%", "95%")
    };
    assert_eq!(judge(&limited(4), &shown).status, Status::Ok);
    // A number of slots left was not meant for a role.
    assert_eq!(
        judge(&limited(6), &question("5left", "2left")).status,
        Status::Ok
    );
}

#[test]
fn a_file_of_samples_that_cannot_be_read_is_unknown_and_hides_nothing_worse() {
    let of = |clients| {
        let mut measured = measured(Some(look(clients)));
        measured.samples = Samples::Unreadable("damaged".to_owned());
        judge(&measured, &question("80%", "95%")).status
    };
    assert_eq!(of(2), Status::Unknown);
    assert_eq!(of(14), Status::Warning);
    assert_eq!(of(17), Status::Critical);
}

#[test]
fn the_oldest_idle_in_transaction_is_found() {
    let look = snapshot(vec![ours(), in_transaction(10, 5), in_transaction(11, 500)]);
    let oldest = numbers(&look, None).oldest_idle_in_transaction;
    assert_eq!(
        oldest.map(|(session, age)| (session.id.pid, age.as_secs())),
        Some((11, 500))
    );
}
