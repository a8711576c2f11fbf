//! The file of samples: what goes in comes out, and what is not ours stays as it is.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::decide::sample::Refused;
use crate::decide::testing::{NOW, active, ours, session, snapshot};

const KEEP: Duration = Duration::from_secs(30 * 86_400);
const DAY: i64 = 86_400_000_000;

fn sample(at: i64) -> Sample {
    let look = snapshot(vec![ours(), session(10), session(11), active(12, 3)]);
    let mut counts = Counts::of(&look);
    counts.server_clock = at;
    Sample {
        at,
        counts: Some(counts),
        refusal: None,
    }
}

fn refused(at: i64) -> Sample {
    Sample {
        at,
        counts: None,
        refusal: Some(Refused {
            lane: "login".to_owned(),
            variant: "slots-exhausted".to_owned(),
            exhaustion: true,
        }),
    }
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state/samples.sqlite");
    (directory, path)
}

#[test]
fn samples_are_kept_beside_the_record_and_roots_in_var_lib() {
    let table = [
        ("/s/breakglass/record.jsonl", "/s/breakglass/samples.sqlite"),
        (
            "/var/log/breakglass/record.jsonl",
            "/var/lib/breakglass/samples.sqlite",
        ),
    ];
    for (record, samples) in table {
        assert_eq!(beside(Path::new(record)), Path::new(samples));
    }
}

#[test]
fn old_samples_go_and_only_this_servers() {
    let (_directory, path) = place();
    let mut samples = Samples::open(&path).unwrap();
    samples.append("a", &sample(NOW - 40 * DAY), KEEP).unwrap();
    samples.append("b", &sample(NOW - 40 * DAY), KEEP).unwrap();
    samples.append("a", &sample(NOW - DAY), KEEP).unwrap();
    let appended = samples.append("a", &sample(NOW), KEEP).unwrap();
    assert_eq!((appended.kept, appended.removed), (2, 1));
    let left: i64 = samples
        .connection
        .query_row("SELECT count(*) FROM sample", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 3, "server b keeps its old one");
    let orphans: i64 = samples
        .connection
        .query_row(
            "SELECT count(*) FROM held WHERE sample NOT IN (SELECT id FROM sample)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(orphans, 0);
}

#[test]
fn a_clock_that_jumps_ahead_takes_no_sample_with_it() {
    let (_directory, path) = place();
    let mut samples = Samples::open(&path).unwrap();
    samples.append("a", &sample(NOW), KEEP).unwrap();
    // Far ahead on both clocks, then on ours alone, then at a refusal, which knows no other clock.
    let mut ours_alone = sample(NOW + 900 * DAY);
    ours_alone.counts.as_mut().unwrap().server_clock = NOW;
    for jump in [
        sample(NOW + 900 * DAY),
        ours_alone,
        refused(NOW + 900 * DAY),
    ] {
        assert_eq!(samples.append("a", &jump, KEEP).unwrap().removed, 0);
    }
}

#[test]
fn a_clock_that_goes_back_is_said_once_and_loses_nothing() {
    let (_directory, path) = place();
    let mut samples = Samples::open(&path).unwrap();
    samples.append("a", &sample(NOW), KEEP).unwrap();
    let back = samples.append("a", &sample(NOW - DAY), KEEP).unwrap();
    assert_eq!(back.back, Some(Duration::from_secs(86_400)));
    let next = samples
        .append("a", &sample(NOW - DAY + 60_000_000), KEEP)
        .unwrap();
    assert_eq!((next.back, next.kept, next.removed), (None, 3, 0));
}

#[test]
fn what_is_not_ours_is_named_and_stays_as_it_is() {
    let (_directory, path) = place();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let refuse = |wanted: &str| {
        let before = std::fs::read(&path).unwrap();
        let said = Samples::open(&path).unwrap_err();
        assert!(said.contains(wanted), "{said}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
        assert!(Samples::open_to_read(&path).is_err());
        std::fs::remove_file(&path).unwrap();
    };
    std::fs::write(&path, "a diary, and no database at all\n".repeat(99)).unwrap();
    refuse("is not a file of samples");

    let foreign = Connection::open(&path).unwrap();
    foreign.execute_batch("CREATE TABLE wines (year)").unwrap();
    drop(foreign);
    refuse("an SQLite database of something else");

    drop(Samples::open(&path).unwrap());
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 2).unwrap();
    drop(newer);
    refuse("written by a newer breakglass (schema 2, this one knows 1)");

    let mut whole = Samples::open(&path).unwrap();
    for minute in 0..200 {
        whole
            .append("a", &sample(NOW + minute * 60_000_000), KEEP)
            .unwrap();
    }
    drop(whole);
    // The header stays, the pages behind it do not.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4096..].fill(0xa5);
    std::fs::write(&path, &bytes).unwrap();
    let said = Samples::open(&path)
        .and_then(|mut samples| samples.append("a", &sample(NOW), KEEP))
        .unwrap_err();
    assert!(said.contains("is damaged; nothing was changed"), "{said}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn two_writers_lose_no_sample() {
    let (_directory, path) = place();
    std::thread::scope(|scope| {
        for writer in ["a", "b"] {
            let path = &path;
            scope.spawn(move || {
                for second in 0..20 {
                    let mut samples = Samples::open(path).unwrap();
                    let at = NOW + second * 1_000_000;
                    samples.append(writer, &sample(at), KEEP).unwrap();
                }
            });
        }
    });
    let samples = Samples::open_to_read(&path).unwrap();
    let kept: i64 = samples
        .connection
        .query_row("SELECT count(*) FROM sample", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 40);
}

#[test]
fn the_file_is_for_its_account_alone_and_no_link_is_followed() {
    use std::os::unix::fs::PermissionsExt;
    let (directory, path) = place();
    drop(Samples::open(&path).unwrap());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let link = directory.path().join("link.sqlite");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(Samples::open(&link).is_err());
}

#[test]
fn a_history_is_what_was_appended_and_a_refusal_is_a_full_server() {
    let (_directory, path) = place();
    let mut samples = Samples::open(&path).unwrap();
    let mut unreachable = refused(NOW + 3);
    unreachable.refusal.as_mut().unwrap().exhaustion = false;
    for one in [
        refused(NOW),
        sample(NOW + 2),
        refused(NOW + 1),
        unreachable,
        sample(NOW + 90 * DAY),
    ] {
        samples.append("a", &one, KEEP).unwrap();
    }
    let history = Samples::open_to_read(&path)
        .unwrap()
        .history("a", 0, NOW + 10)
        .unwrap();
    let counts = sample(NOW).counts.unwrap();
    let capacity = counts.capacity().ordinary.total;
    let points: Vec<_> = history
        .points
        .iter()
        .map(|it| (it.at - NOW, it.used, it.capacity, it.refused))
        .collect();
    assert_eq!(
        points,
        [
            (0, capacity, capacity, true),
            (1, capacity, capacity, true),
            (2, counts.used, capacity, false),
        ]
    );
    assert_eq!(
        (
            history.clock_went_back,
            history.after_now,
            history.not_counted
        ),
        (1, 1, 1)
    );
    let web = history.roles.iter().find(|it| it.name == "web").unwrap();
    assert_eq!((web.peak(), web.superuser), (3, Some(false)));
    let none = Samples::open_to_read(&path).unwrap();
    assert!(none.history("b", 0, NOW).unwrap().points.is_empty());
    assert_eq!(none.servers().unwrap(), ["a"]);
}
