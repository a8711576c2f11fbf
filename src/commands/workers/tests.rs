//! Recognition, selection and signalling together, on made-up processes: no real one is looked at but children of ours.

#![allow(clippy::expect_used)]

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::time::Duration;

use proptest::prelude::*;

use crate::act::worker::{kill, signal};
use crate::connect::Config;
use crate::decide::confirmation::{Approval, Cap};
use crate::decide::connection::Class;
use crate::decide::filters::WorkersLane;
use crate::decide::outcome::Receipt;
use crate::decide::sockets::{End, SocketId};
use crate::decide::testing::asked;
use crate::decide::workers::guard::forbidden;
use crate::decide::workers::plan::{ConfirmedRecycle, Goal, Pace, RecyclePlan, plan};
use crate::decide::workers::process::{Process, ProcessId, Processes};
use crate::decide::workers::runtime::{Respawned, Role, Runtime};
use crate::decide::workers::selection::{Cut, select};
use crate::decide::workers::signal::Signal;
use crate::decide::workers::{Held, Worker, Workers, recognised};
use crate::observe::workers::{process, processes};

/// Those that are built in, compiled once.
pub(super) fn runtimes() -> &'static [Runtime] {
    static RUNTIMES: OnceLock<Vec<Runtime>> = OnceLock::new();
    RUNTIMES.get_or_init(|| Config::default().runtimes().expect("what is built in"))
}

pub(super) fn one(pid: i32, parent: i32, command: &str) -> Process {
    Process {
        id: ProcessId {
            pid,
            started: 100 + u64::from(pid.unsigned_abs()),
        },
        parent,
        uid: 1000,
        name: "program".to_owned(),
        command: command.to_owned(),
        cgroup: "0::/\n".to_owned(),
        kernel: false,
        age: Duration::from_secs(60),
    }
}

pub(super) fn all(list: impl IntoIterator<Item = Process>) -> Processes {
    Processes {
        all: list
            .into_iter()
            .map(|process| (process.id.pid, process))
            .collect(),
        own: 900,
        ourselves: HashSet::from([900, 800, 1]),
    }
}

/// `worker` with one connection.
fn holding(mut worker: Worker, class: Class, owners: &[i32]) -> Worker {
    let port = u16::try_from(worker.process.id.pid % 60_000).unwrap_or(1);
    worker.held.push(Held {
        id: SocketId {
            namespace: 1,
            cookie: u64::try_from(owners[0]).unwrap_or(0),
            local: ([10, 0, 0, 1], port).into(),
            remote: ([10, 0, 0, 2], 5432).into(),
            interface: 0,
        },
        class,
        since: Some(Duration::from_secs(30)),
        owners: owners.to_vec(),
    });
    worker
}

/// Everybody in `list` holds a connection of this class.
fn workers(processes: &Processes, list: &[(i32, Class)], runtimes: &[Runtime]) -> Workers {
    let mut workers = Workers::default();
    for (pid, class) in list {
        if let Some(process) = processes.get(*pid) {
            let worker = recognised(process, processes, runtimes);
            if let Some(master) = worker.master.clone() {
                let master = recognised(&master, processes, runtimes);
                workers.all.entry(master.process.id.pid).or_insert(master);
            }
            workers.all.insert(*pid, holding(worker, *class, &[*pid]));
        }
    }
    workers
}

fn pace(escalate: bool) -> Pace {
    Pace {
        batch: 2,
        pause: Duration::ZERO,
        wait: Duration::from_secs(5),
        escalate,
        goal: Goal::All,
    }
}

pub(super) fn planned(
    workers: &Workers,
    processes: &Processes,
    runtimes: &[Runtime],
    pids: &[i32],
    typed: Option<Signal>,
    escalate: bool,
) -> RecyclePlan {
    let line: Vec<String> = pids.iter().map(|pid| format!("--pid {pid}")).collect();
    let criteria = asked::<WorkersLane>(&line.join(" "));
    let recognise = |process: &Process| recognised(process, processes, runtimes);
    let selection = select(
        workers,
        processes,
        recognise,
        &criteria,
        Cut::default(),
        typed,
    );
    let endpoint = "db:5432".to_owned();
    plan(
        endpoint,
        pace(escalate),
        workers,
        processes,
        selection,
        pids,
        typed,
    )
}

#[test]
fn whoever_holds_nothing_but_what_the_server_has_closed_is_left_alone() {
    let processes = all([one(50, 1, "/srv/app"), one(51, 1, "/srv/app")]);
    let workers = workers(
        &processes,
        &[(50, Class::Closing), (51, Class::Idle)],
        runtimes(),
    );
    let plan = planned(&workers, &processes, runtimes(), &[], None, false);
    let pids = |plan: &RecyclePlan| -> Vec<i32> {
        let targets = plan.targets.iter();
        targets.map(|target| target.process.id.pid).collect()
    };
    assert_eq!(pids(&plan), [51]);
    let spared: Vec<_> = plan
        .spared
        .iter()
        .map(|(process, why)| (process.id.pid, why.name()))
        .collect();
    assert_eq!(spared, [(50, "holds-nothing")]);
}

#[test]
fn every_runtime_is_recognised_by_the_command_lines_it_really_has() {
    let unit = "0::/system.slice/web.service\n";
    let docker = "0::/system.slice/docker-0123456789abcdef0123.scope\n";
    // The worker's command line, its parent's, its cgroup; what it is, and whether the parent is its master.
    #[rustfmt::skip]
    let table = [
        ("/usr/bin/python3 /usr/bin/gunicorn -w 2 app:app", "/usr/bin/python3 /usr/bin/gunicorn -w 2 app:app", "", "gunicorn", true),
        ("gunicorn: worker [app:app]", "gunicorn: master [app:app]", unit, "gunicorn", true),
        ("/venv/bin/python -m gunicorn app", "/venv/bin/python -m gunicorn app", "", "gunicorn", true),
        ("/venv/bin/python3.11 /venv/bin/gunicorn app", "sh -c gunicorn app", "", "gunicorn", false),
        ("uwsgi --ini app.ini", "uwsgi --ini app.ini", "", "uwsgi", true),
        ("/usr/bin/uwsgi-core --ini /etc/uwsgi/app.ini", "/usr/bin/uwsgi-core --ini /etc/uwsgi/app.ini", unit, "uwsgi", true),
        ("uWSGI worker 1", "uWSGI master", "", "uwsgi", true),
        ("puma: cluster worker 0: 123 [shop]", "puma 6.4.0 (tcp://0.0.0.0:3000) [shop]", "", "puma", true),
        ("puma: cluster worker 1: 18225 [ruby]", "puma 5.6.5 (unix://puma.sock) [ruby]", "", "puma", true),
        ("/usr/bin/python3 -m celery -A tasks worker -c 2", "/usr/bin/python3 -m celery -A tasks worker -c 2", unit, "celery", true),
        ("unicorn worker[0] -c config.rb", "unicorn master -c config.rb", "", "unicorn", true),
        ("unicorn_rails worker[3] -E production", "unicorn_rails master -E production", "", "unicorn", true),
        ("/usr/bin/python3 /usr/bin/celery -A shop worker -l info", "/usr/bin/python3 /usr/bin/celery -A shop worker -l info", "", "celery", true),
        ("[celeryd: celery@web:ForkPoolWorker-1]", "[celeryd: celery@web:MainProcess] -active- (worker -A shop)", "", "celery", true),
        ("sidekiq 7.1.2 shop [3 of 10 busy]", "/sbin/init", unit, "sidekiq", false),
        ("php-fpm: pool www", "php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)", unit, "php-fpm", true),
        ("php-fpm: pool web", "php-fpm: master process (fpm.conf)", "", "php-fpm", true),
        ("node /app/server.js", "PM2 v5.3.0: God Daemon (/root/.pm2)", "", "pm2", true),
        ("node /srv/single.js", "PM2 v7.0.4: God Daemon (/srv/pm2home)", "", "pm2", true),
        ("/usr/bin/node /app/server.js", "/usr/bin/node /app/cluster.js", "", "node", true),
        ("/usr/bin/node /srv/web.js", "node web.js", "", "node", true),
        ("/app/server", "/usr/bin/python3 /usr/bin/supervisord -n", "", "supervisord", true),
        ("/usr/bin/python3 script.py", "/usr/bin/python3 /usr/bin/supervisord -c sup.conf", unit, "supervisord", true),
        ("/app/server --port 80", "/sbin/init", unit, "systemd", false),
        ("/app/server --port 80", "/usr/bin/containerd-shim-runc-v2", docker, "container", false),
        ("/usr/sbin/pgbouncer -d /etc/pgbouncer.ini", "/sbin/init", unit, "pooler", false),
        ("/app/server", "sh", "4:memory:/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n0::/\n", "container", false),
        ("/app/server", "sh", "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1f.slice/cri-containerd-0123456789abcdef.scope\n", "container", false),
        ("/app/server", "sh", "0::/machine.slice/libpod-0123456789abcdef.scope\n", "container", false),
        ("/app/server", "sh", "9:name=systemd:/system.slice/web.service\n8:pids:/system.slice/web.service\n", "systemd", false),
        ("psql -h db", "-bash", "0::/user.slice/user-0.slice/session-3.scope\n", "plain", false),
        ("vim gunicorn.conf", "-bash", "", "plain", false),
        ("less /usr/bin/gunicorn", "-bash", "", "plain", false),
    ];
    let runtimes = runtimes();
    // Through files, as the kernel would have them.
    for (command, parent, cgroup, name, has_master) in table {
        let proc = tempfile::tempdir().expect("a directory");
        made_up(proc.path(), 20, 1, parent, "");
        made_up(proc.path(), 21, 20, command, cgroup);
        let processes = processes(proc.path()).expect("a made-up /proc");
        let process = processes.get(21).expect("the worker");
        let worker = recognised(process, &processes, runtimes);
        let master = worker.master.as_ref().map(|master| master.id.pid);
        assert_eq!(
            (worker.runtime.name.as_str(), master),
            (name, has_master.then_some(20)),
            "{command}"
        );
        let expected = match cgroup {
            "" => None,
            text if text.contains("web.service") => Some("web.service"),
            text if text.contains("0123456789ab") => Some("0123456789ab"),
            _ => None,
        };
        assert_eq!(worker.unit.as_deref(), expected, "{command}");
    }
}

fn made_up(proc: &Path, pid: i32, parent: i32, command: &str, cgroup: &str) {
    let directory = proc.join(pid.to_string());
    fs::create_dir_all(&directory).expect("a directory");
    let zeros = "0 ".repeat(17);
    let stat = format!("{pid} (program) S {parent} {zeros}{} 0 0\n", pid * 10);
    fs::write(directory.join("stat"), stat).expect("stat");
    fs::write(directory.join("cmdline"), command.replace(' ', "\0")).expect("cmdline");
    fs::write(directory.join("cgroup"), cgroup).expect("cgroup");
}

#[test]
fn the_plan_counts_idle_connections_that_nobody_else_has_open() {
    let runtimes = runtimes();
    let gunicorn = |pid, parent| one(pid, parent, "gunicorn: worker [app]");
    let processes = all([
        one(20, 1, "gunicorn: master [app]"),
        gunicorn(21, 20),
        gunicorn(22, 20),
        gunicorn(23, 20),
    ]);
    let list = [
        (21, Class::Idle),
        (22, Class::Waiting),
        (23, Class::Undecided),
    ];
    let mut workers = workers(&processes, &list, runtimes);
    let plan = planned(&workers, &processes, runtimes, &[], None, false);
    let closes = plan.closes();
    assert_eq!((plan.frees(), closes.busy, closes.undecided), (1, 1, 1));
    let order: Vec<i32> = plan
        .targets
        .iter()
        .map(|target| target.process.id.pid)
        .collect();
    assert_eq!(order, [21, 23, 22], "the least harmful first");
    assert!(
        plan.targets
            .iter()
            .all(|target| target.respawned() == Some(Respawned::Always))
    );
    // The master holds the same connection: it stays open whatever becomes of the worker.
    let worker = workers.all.remove(&21).expect("the worker");
    let mut shared = worker.clone();
    shared.held[0].owners = vec![20, 21];
    workers.all.insert(21, shared);
    let plan = planned(&workers, &processes, runtimes, &[], None, false);
    assert_eq!((plan.frees(), plan.prediction.shared), (0, 1));
}

#[test]
fn a_signal_for_the_master_goes_to_the_master_once() {
    let runtimes = runtimes();
    let celery = |pid, parent| {
        one(
            pid,
            parent,
            "/usr/bin/python3 /usr/bin/celery -A shop worker",
        )
    };
    let processes = all([celery(20, 1), celery(21, 20), celery(22, 20)]);
    let workers = workers(
        &processes,
        &[(21, Class::Idle), (22, Class::Idle)],
        runtimes,
    );
    let plan = planned(&workers, &processes, runtimes, &[], None, true);
    let [target] = plan.targets.as_slice() else {
        panic!("one target: {plan:?}")
    };
    assert_eq!(
        (target.process.id.pid, target.role, target.signal),
        (20, Role::Master, Signal::Term)
    );
    assert_eq!((plan.frees(), target.ends.len()), (2, 3));
    assert!(!target.may_escalate(), "never SIGKILL for a master");
    assert!(
        plan.dangers()
            .iter()
            .any(|danger| danger.contains("without a limit"))
    );
}

#[test]
fn who_has_no_workers_is_not_sent_what_is_for_workers() {
    let runtimes = runtimes();
    let processes = all([one(30, 1, "puma 6.4.0 (tcp://0.0.0.0:3000) [shop]")]);
    let workers = workers(&processes, &[(30, Class::Idle)], runtimes);
    let plan = planned(&workers, &processes, runtimes, &[], None, false);
    assert_eq!((plan.targets.len(), plan.spared.len()), (0, 1));
    let plan = planned(
        &workers,
        &processes,
        runtimes,
        &[30],
        Some(Signal::Term),
        false,
    );
    assert_eq!((plan.targets.len(), plan.frees()), (1, 1));
}

#[test]
fn a_pooler_is_spared_with_what_to_do_instead() {
    let runtimes = runtimes();
    let processes = all([one(30, 1, "/usr/sbin/pgbouncer -d x.ini")]);
    let workers = workers(&processes, &[(30, Class::Idle)], runtimes);
    let plan = planned(&workers, &processes, runtimes, &[], None, false);
    let reasons: Vec<&str> = plan
        .spared
        .iter()
        .map(|(_, reason)| reason.name())
        .collect();
    assert_eq!((plan.targets.len(), reasons), (0, vec!["no-signal"]));
}

/// A child of ours, ended with the test.
struct Ours(Child);

impl Ours {
    fn start() -> Self {
        Self(Command::new("sleep").arg("60").spawn().expect("a child"))
    }

    fn process(&self) -> Process {
        process(Path::new("/proc"), self.0.id().cast_signed()).expect("our child")
    }

    fn runs(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A confirmed plan to signal `process`, and what it was made from.
fn confirmed(process: &Process, escalate: bool) -> (ConfirmedRecycle, Processes) {
    let runtimes = runtimes();
    let processes = all([process.clone()]);
    let workers = workers(&processes, &[(process.id.pid, Class::Idle)], runtimes);
    let plan = planned(&workers, &processes, runtimes, &[], None, escalate);
    let confirmed = plan.confirm(&Approval::Flag(Cap::All), None);
    (confirmed.expect("a plan with one target"), processes)
}

#[test]
fn a_pid_that_is_somebody_elses_by_now_is_not_touched() {
    let mut child = Ours::start();
    let now = child.process();
    let changed = |change: fn(&mut Process)| {
        let mut then = now.clone();
        change(&mut then);
        let (plan, known) = confirmed(&then, true);
        let look = |_| Some(now.clone());
        [
            signal(&plan, &plan.targets()[0], &known, look),
            kill(&plan, &plan.targets()[0], &known, look),
        ]
    };
    let other = Receipt::OtherSession;
    assert_eq!(changed(|then| then.id.started -= 1), [other.clone(), other]);
    for change in [
        (|then: &mut Process| then.parent += 1) as fn(&mut Process),
        |then| then.command = "another program".to_owned(),
    ] {
        let receipts = changed(change);
        let all_changed = receipts
            .iter()
            .all(|one| matches!(one, Receipt::Changed(_)));
        assert!(all_changed, "{receipts:?}");
    }
    // It has ended since: nobody to look at.
    let (plan, known) = confirmed(&now, true);
    let gone = signal(&plan, &plan.targets()[0], &known, |_| None);
    assert_eq!(gone, Receipt::Absent);
    // It has become a server process under the same number: refused, after the plan.
    let postgres = |_| {
        let mut postgres = now.clone();
        postgres.name = "postgres".to_owned();
        Some(postgres)
    };
    let refused = signal(&plan, &plan.targets()[0], &known, postgres);
    assert!(matches!(refused, Receipt::Refused { .. }), "{refused:?}");
    assert!(child.runs());
    // Without --escalate there is no SIGKILL.
    let (plain, known_too) = confirmed(&now, false);
    let look = |_| Some(now.clone());
    assert_eq!(
        kill(&plain, &plain.targets()[0], &known_too, look),
        Receipt::NotAsked
    );
    assert!(child.runs());
    assert_eq!(
        signal(&plan, &plan.targets()[0], &known, look),
        Receipt::Sent
    );
    assert!(child.0.wait().is_ok());
}

fn commands() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just("gunicorn: master [app]".to_owned()),
        Just("gunicorn: worker [app]".to_owned()),
        Just("puma: cluster worker 0: 1 [x]".to_owned()),
        Just("postgres: app shop 10.0.0.1(40001) idle".to_owned()),
        Just("/usr/lib/postgresql/16/bin/postgres -D /data".to_owned()),
        Just("PM2 v5.3.0: God Daemon".to_owned()),
        Just("node /app/server.js".to_owned()),
        Just(String::new()),
    ]
}

proptest! {
    #[test]
    fn nobody_who_must_not_be_signalled_is_ever_in_a_plan(
        list in prop::collection::vec((1..40_i32, 0..40_i32, commands(), any::<bool>(), any::<bool>()), 0..30),
        pids in prop::collection::vec(1..40_i32, 0..4),
        typed in prop::option::of(prop::sample::select(Signal::ALL.to_vec())),
        ours in prop::collection::hash_set(1..40_i32, 0..5),
    ) {
        let runtimes = runtimes();
        let mut processes = all(list.iter().map(|(pid, parent, command, kernel, postgres)| {
            let mut process = one(*pid, *parent, command);
            process.kernel = *kernel && *postgres;
            if *postgres {
                process.name = "postgres".to_owned();
            }
            process
        }));
        processes.ourselves = ours;
        let classes = [Class::Idle, Class::Waiting, Class::Undecided, Class::Closing];
        let held: Vec<(i32, Class)> = processes.all.keys().map(|pid| (*pid, classes[*pid as usize % 4])).collect();
        let workers = workers(&processes, &held, runtimes);
        let plan = planned(&workers, &processes, runtimes, &pids, typed, true);
        let mut seen = BTreeSet::new();
        for target in &plan.targets {
            prop_assert!(target.process.id.pid > 1);
            prop_assert!(forbidden(&target.process, &processes).is_none());
            prop_assert!(!processes.ourselves.contains(&target.process.id.pid));
            prop_assert!(!target.process.command.starts_with("postgres: "));
            prop_assert!(seen.insert(target.process.id), "nobody is signalled twice");
            prop_assert!(target.role == Role::Worker || !target.may_escalate());
        }
        prop_assert!(plan.frees() + plan.closes().busy <= held.len());
    }
}

#[test]
fn only_the_applications_end_counts() {
    let snapshot = crate::decide::sockets::SocketsSnapshot {
        sockets: vec![
            crate::decide::sockets::testing::socket(1, End::Client),
            crate::decide::sockets::testing::socket(1, End::Server),
        ],
        grain: Duration::from_millis(4),
        ..crate::decide::sockets::SocketsSnapshot::default()
    };
    let mut owner = one(100, 1, "gunicorn");
    owner.id.started = 7;
    let workers = Workers::of(&snapshot, &all([owner]), runtimes());
    assert_eq!((workers.total(), workers.holding().count()), (1, 1));
    // The PID was given again between the two looks.
    let workers = Workers::of(&snapshot, &all([one(100, 1, "gunicorn")]), runtimes());
    assert_eq!(workers.holding().count(), 0);
}
