//! Every way in looked at at once, on real servers in real trouble: what is open, what is going on, what to do next,
//! and whether an ordinary role gets in.

use crate::support::{Server, await_that, for_each_major};
use breakglass::args::{ColorArg, ConnectionArgs, Format};
use breakglass::connect::Environment;
use breakglass::decide::admission::{Admission, Proof, Verdict};
use breakglass::decide::diagnosis::{Cause, Diagnosis, Doubt, Lockout, diagnose};
use breakglass::decide::proposal::{Given, Next, propose};
use breakglass::decide::survey::{Churn, Refused, Standing, WayIn};
use breakglass::report::diagnosis::sentence;
use breakglass::stages::standing::StandingFences;
use breakglass::stages::survey::{Surveyed, look};
use breakglass::stages::{Context, admission};
use breakglass::terminal::Terminal;

/// Somebody who types at `server` as `user`.
fn context(server: &Server, user: &str) -> Context {
    Context {
        terminal: Terminal::detect(ColorArg::Never, |_| None),
        environment: Environment::default(),
        connection: ConnectionArgs {
            host: Some("127.0.0.1".to_owned()),
            port: Some(server.port().to_string()),
            username: Some(user.to_owned()),
            dbname: Some("postgres".to_owned()),
            ..ConnectionArgs::default()
        },
        format: Format::Table,
        standing: StandingFences::default(),
    }
}

fn surveyed(server: &Server, user: &str) -> (Surveyed, Diagnosis) {
    let context = context(server, user);
    let target = context
        .target()
        .unwrap_or_else(|failure| panic!("{failure:?}"));
    let surveyed = look(&context, &target, None).unwrap_or_else(|failure| panic!("{failure:?}"));
    let diagnosis = diagnose(&surveyed.survey, 0);
    (surveyed, diagnosis)
}

fn standing(surveyed: &Surveyed, way: WayIn) -> Standing {
    let sight = surveyed.survey.sight(way);
    sight
        .unwrap_or_else(|| panic!("{} was not looked at", way.name()))
        .standing
}

fn refused(surveyed: &Surveyed, way: WayIn) -> Vec<Refused> {
    surveyed.survey.sight(way).unwrap().refused.clone()
}

/// What is proposed: its commands, or the word for what is said instead.
fn proposed(surveyed: &Surveyed, diagnosis: &Diagnosis) -> String {
    match propose(&surveyed.survey, diagnosis, &Given::default()).next {
        Next::Step(proposed) => {
            let lines = proposed.step.commands();
            lines
                .iter()
                .map(|words| words.join(" "))
                .collect::<Vec<_>>()
                .join("; ")
        }
        next => next.name().to_owned(),
    }
}

fn measured(server: &Server, user: &str, probe: Option<&str>) -> Admission {
    let context = context(server, user);
    let target = admission::target_of(&context, probe);
    let target = target.unwrap_or_else(|failure| panic!("{failure:?}"));
    admission::measure(&target, None)
}

#[test]
fn a_server_with_room_is_open_on_every_lane_and_nothing_is_proposed() {
    for_each_major(|server| {
        let (surveyed, diagnosis) = surveyed(server, "breakglass");
        for way in [WayIn::Login, WayIn::Replication, WayIn::Backends] {
            assert_eq!(standing(&surveyed, way), Standing::Open, "{way:?}");
        }
        assert_eq!(surveyed.survey.seen_over, Some(WayIn::Login));
        assert!(surveyed.way.is_some());
        assert_eq!(diagnosis.lockout, Lockout::None);
        assert_eq!(diagnosis.doubts, []);
        assert_eq!(proposed(&surveyed, &diagnosis), "nothing");
        let admission = measured(server, "breakglass", None);
        assert_eq!(
            (admission.verdict, admission.proof),
            (Verdict::Admitted, Proof::Login)
        );
    });
}

#[test]
fn with_the_ordinary_slots_gone_the_lane_that_takes_no_slot_is_kept() {
    for_each_major(|server| {
        let _held = server.fill_ordinary_slots();
        let (surveyed, diagnosis) = surveyed(server, "breakglass");
        assert_eq!(standing(&surveyed, WayIn::Login), Standing::Closed);
        let kinds = refused(&surveyed, WayIn::Login);
        let wanted = if server.major >= 16 {
            Refused::Reserve
        } else {
            Refused::SuperuserReserve
        };
        assert_eq!(kinds, [wanted]);
        assert_eq!(surveyed.survey.seen_over, Some(WayIn::Replication));
        assert_eq!(diagnosis.lockout, Lockout::OrdinarySlots);
        let cause = diagnosis.cause.as_ref().map(|found| &found.cause);
        assert!(
            matches!(cause, Some(Cause::IdlePool { .. })),
            "{diagnosis:?}"
        );
        assert_eq!(proposed(&surveyed, &diagnosis), "free 3 --app app");
        let admission = measured(server, "breakglass", Some("app"));
        assert_eq!(
            (admission.verdict, admission.proof),
            (Verdict::Refused, Proof::Login)
        );
        // A superuser still gets in; that proves nothing about the others, and is said not to.
        let admission = measured(server, "postgres", None);
        assert_eq!(
            (admission.verdict, admission.proof),
            (Verdict::Refused, Proof::Slots(0))
        );
    });
}

#[test]
fn with_every_slot_and_every_walsender_gone_the_database_host_still_has_a_step() {
    for_each_major(|server| {
        let _slots = server.fill_every_slot();
        let (surveyed_before, diagnosis) = surveyed(server, "breakglass");
        assert_eq!(
            refused(&surveyed_before, WayIn::Login),
            [Refused::EverySlot]
        );
        assert_eq!(diagnosis.lockout, Lockout::EverySlot);
        assert!(!diagnosis.walsenders_gone);
        // Everybody can be seen, so nothing is missing.
        assert!(
            !diagnosis.doubts.contains(&Doubt::InvisibleLogins),
            "{diagnosis:?}"
        );
        drop(surveyed_before);
        let _walsenders = server.fill_walsenders();
        let (surveyed, diagnosis) = surveyed(server, "breakglass");
        assert!(surveyed.way.is_none());
        assert_eq!(
            refused(&surveyed, WayIn::Replication),
            [Refused::Walsenders]
        );
        assert!(diagnosis.walsenders_gone);
        assert!(diagnosis.doubts.contains(&Doubt::NoView));
        let line = proposed(&surveyed, &diagnosis);
        // Where one role's sessions are enough it is named, else the bootstrap superuser is left out.
        let wanted = ["--user app", "--not-user postgres"].map(|whose| {
            format!(
                "backends terminate --cluster {} {whose} --state aborted --state idle",
                server.port()
            )
        });
        assert!(
            wanted.iter().any(|wanted| line.starts_with(wanted)),
            "{line}"
        );
    });
}

#[test]
fn stalled_logins_are_told_from_sessions_and_ended_on_the_database_host() {
    for_each_major(|server| {
        let held = server.fill_with_half_finished_logins();
        let mut last = None;
        // A login is stalled once it has been at it for some seconds.
        await_that("the logins count as stalled", || {
            let (surveyed, diagnosis) = surveyed(server, "breakglass");
            let found = diagnosis.cause.clone();
            let line = proposed(&surveyed, &diagnosis);
            let told = sentence(&diagnosis, &surveyed.survey);
            last = Some((line, told));
            found.is_some_and(|found| {
                matches!(
                    found.cause,
                    Cause::HalfAuthenticated {
                        seen_by: Some(WayIn::Backends),
                        ..
                    }
                ) && found.slots == held.sockets.len()
            })
        });
        let (line, told) = last.unwrap();
        let wanted = format!(
            "backends terminate --cluster {} --state starting --limit {}",
            server.port(),
            held.sockets.len()
        );
        assert_eq!(line, wanted);
        assert!(told.contains("are not through"), "{told}");
    });
}

#[test]
fn the_head_of_a_lock_queue_is_the_next_step() {
    for_each_major(|server| {
        let mut head = server.connect("app", "migrate");
        head.batch_execute(
            "CREATE TABLE IF NOT EXISTS pg_temp.t (); BEGIN; SELECT pg_advisory_xact_lock(42)",
        )
        .unwrap();
        let pid: i32 = head
            .query_one("SELECT pg_backend_pid()", &[])
            .unwrap()
            .get(0);
        let waiters = server.ordinary_slots() - 2;
        let threads: Vec<_> = (0..waiters)
            .map(|_| {
                let mut client = server.connect("app", "web");
                std::thread::spawn(move || {
                    let _ = client.batch_execute("SELECT pg_advisory_xact_lock(42)");
                })
            })
            .collect();
        await_that("everybody waits for the head", || {
            let waiting = server.ask_witness(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory'",
            );
            waiting.len() == waiters
        });
        let _rest = server.fill_ordinary_slots();
        let (surveyed, diagnosis) = surveyed(server, "breakglass");
        let told = sentence(&diagnosis, &surveyed.survey);
        assert!(
            told.contains(&format!("{pid} (migrate, idle in transaction")),
            "{told}"
        );
        assert_eq!(
            proposed(&surveyed, &diagnosis),
            format!("terminate --pid {pid} --blocking")
        );
        drop(surveyed);
        drop(head);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_storm_of_sixty_clients_is_told_by_what_it_takes_again() {
    for_each_major(|server| {
        let _storm = server.storm("app", 60);
        // On a machine that is busy with the storm itself, one look may take longer than it waits.
        let mut before = None;
        await_that("the replication lane is open", || {
            before = surveyed(server, "breakglass").0.survey.snapshot.clone();
            before.is_some()
        });
        let before = before.unwrap();
        server.ask_witness(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'storm'",
        );
        // Logins that are refused now in one way, now in another, tell it sooner; that is left to chance.
        await_that("the freed slots are taken again", || {
            let (second, _) = surveyed(server, "breakglass");
            let Some(now) = &second.survey.snapshot else {
                return false;
            };
            let retaken = Churn::between(&before, now, second.survey.churn.within).arrived;
            let diagnosis = diagnose(&second.survey, retaken);
            let told = sentence(&diagnosis, &second.survey);
            assert_eq!(
                diagnosis.storms(),
                told.contains("a storm of clients"),
                "{told}"
            );
            diagnosis.storms() && diagnosis.lockout != Lockout::None
        });
    });
}

#[test]
fn a_superuser_application_that_ate_the_reserve_is_named() {
    for_each_major(|server| {
        let _theirs: Vec<_> = (0..server.ordinary_slots())
            .map(|_| server.session("postgres", "nightly"))
            .collect();
        let _rest = server.fill_every_slot();
        let (surveyed, diagnosis) = surveyed(server, "postgres");
        let told = sentence(&diagnosis, &surveyed.survey);
        assert!(
            told.contains("logs in as a superuser") && told.contains("nightly"),
            "{told}"
        );
        let line = proposed(&surveyed, &diagnosis);
        assert!(
            line.starts_with("free ") || line.contains("--include superusers"),
            "{line}"
        );
    });
}

#[test]
fn a_server_that_is_starting_is_no_matter_of_slots() {
    let server = Server::starting(17);
    let (surveyed, diagnosis) = surveyed(&server, "breakglass");
    assert_eq!(diagnosis.lockout, Lockout::NotNow);
    assert_eq!(proposed(&surveyed, &diagnosis), "wait");
    let admission = measured(&server, "app", None);
    assert_eq!(admission.verdict, Verdict::Unknown);
}

#[test]
fn nobody_there_is_no_matter_of_slots_either() {
    let server = Server::start(16);
    let mut context = context(&server, "breakglass");
    context.connection.port = Some("1".to_owned());
    let target = context
        .target()
        .unwrap_or_else(|failure| panic!("{failure:?}"));
    let surveyed = look(&context, &target, None).unwrap_or_else(|failure| panic!("{failure:?}"));
    let diagnosis = diagnose(&surveyed.survey, 0);
    assert_eq!(standing(&surveyed, WayIn::Backends), Standing::NotHere);
    assert_eq!(standing(&surveyed, WayIn::Workers), Standing::NotHere);
    assert_eq!(proposed(&surveyed, &diagnosis), "not-slots");
}

#[test]
fn a_wrong_password_is_computed_around_and_a_missing_one_is_asked_for() {
    let server = Server::start(18);
    let (surveyed, diagnosis) = surveyed(&server, "with_password");
    assert!(surveyed.password_needed);
    assert_eq!(standing(&surveyed, WayIn::Login), Standing::Closed);
    assert_eq!(diagnosis.lockout, Lockout::NotAsked);
    let admission = measured(&server, "with_password", None);
    assert_eq!(admission.verdict, Verdict::Unknown);
}
