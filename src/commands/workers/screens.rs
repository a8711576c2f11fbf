//! The list and the plan of a recycling at 80 columns, the whole text, of a made-up application host.

#![allow(clippy::expect_used)]

use std::sync::Arc;

use super::tests::{all, one, planned, runtimes};
use crate::decide::connection::Class;
use crate::decide::sockets::testing::{GRAIN, owner, socket, waiting};
use crate::decide::sockets::{End, Owners, SocketsSnapshot};
use crate::decide::workers::process::{Process, Processes};
use crate::decide::workers::signal::Signal;
use crate::decide::workers::{Worker, Workers};
use crate::report::act::{plan, question};
use crate::report::workers::{WorkersView, list};
use crate::report::{Screen, sanitize};

fn screen() -> Screen {
    Screen {
        width: Some(80),
        ..Screen::plain()
    }
}

/// `wanted` begins with a line end, so that a screen stands in the code as it is.
fn check(text: &str, wanted: &str) {
    let wanted = wanted.strip_prefix('\n').unwrap_or(wanted);
    assert!(text == wanted, "got:\n{text}\nwanted:\n{wanted}");
    for line in text.lines() {
        assert!(sanitize::columns(line) <= 80, "{line}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

/// Gunicorn in a unit, Celery, uWSGI without a master, a program under supervisord, one in a container whose title is
/// meant for the terminal, and a pooler.
fn host() -> (Processes, Workers) {
    let within = |cgroup: &str, process: Process| Process {
        cgroup: format!("0::{cgroup}\n"),
        ..process
    };
    let unit = "/system.slice/shop.service";
    let celery = |pid, parent| one(pid, parent, "/usr/bin/python3 -m celery -A shop worker");
    let uwsgi = |pid, parent| one(pid, parent, "uwsgi --module shop --processes 2");
    let container = "/system.slice/docker-0123456789abcdef0123.scope";
    let hostile = one(61, 1, "billing\u{1b}[2J --token=\u{202e}7");
    let processes = all([
        within(unit, one(21, 1, "gunicorn: master [shop.wsgi]")),
        within(unit, one(22, 21, "gunicorn: worker [shop.wsgi]")),
        within(unit, one(23, 21, "gunicorn: worker [shop.wsgi]")),
        celery(31, 1),
        celery(32, 31),
        celery(33, 31),
        uwsgi(41, 1),
        uwsgi(42, 41),
        one(51, 1, "/usr/bin/python3 /usr/bin/supervisord -n"),
        one(52, 51, "/srv/mail/sender"),
        within(container, hostile),
        one(71, 1, "/usr/sbin/pgbouncer -d /etc/pgbouncer.ini"),
    ]);
    let held = [
        (22, Class::Idle),
        (23, Class::Waiting),
        (32, Class::Idle),
        (33, Class::Waiting),
        (41, Class::Idle),
        (42, Class::Idle),
        (52, Class::Undecided),
        (61, Class::Idle),
        (71, Class::Idle),
    ];
    let sockets = held.iter().map(|(pid, class)| {
        let number = u16::try_from(*pid).expect("a small number");
        let mut one = match class {
            Class::Waiting => waiting(number, End::Client, 90),
            _ => socket(number, End::Client),
        };
        if let (Class::Undecided, Some(info)) = (class, one.info.as_mut()) {
            info.data_received = info.data_sent;
        }
        let mut holder = (*owner(*pid, "program")).clone();
        holder.started = processes.get(*pid).expect("a process").id.started;
        one.owners = Owners::Known(vec![Arc::new(holder)]);
        one
    });
    let mut unseen = socket(1, End::Client);
    unseen.owners = Owners::NotVisible;
    let snapshot = SocketsSnapshot {
        sockets: sockets.chain([unseen]).collect(),
        grain: GRAIN,
        ..SocketsSnapshot::default()
    };
    let workers = Workers::of(&snapshot, &processes, runtimes());
    (processes, workers)
}

#[test]
fn the_list_is_grouped_by_master_and_fits_eighty_columns() {
    let (_, workers) = host();
    let rows: Vec<&Worker> = workers.all.values().collect();
    let view = WorkersView {
        endpoint: "db1.example:5432",
        workers: &workers,
        rows: &rows,
    };
    check(
        &list(&view, screen()),
        r#"
10 connections on this host to db1.example:5432, held by 9 processes: 6 idle, 2
busy, 1 undecided
not seen  1 connection belongs to processes of other users that are not visible
          without root

RUNTIME      ROLE    PID  HELD  IDLE  BUSY  SINCE  RUNNING  COMMAND
Gunicorn     master   21     0     0     0      -    1m00s  [shop.service] guni…
Gunicorn     worker   22     1     1     0  1m00s    1m00s  [shop.service] guni…
Gunicorn     worker   23     1     0     1  1m30s    1m00s  [shop.service] guni…
Celery       master   31     0     0     0      -    1m00s  python3 -m celery -…
Celery       worker   32     1     1     0  1m00s    1m00s  python3 -m celery -…
Celery       worker   33     1     0     1  1m30s    1m00s  python3 -m celery -…
uWSGI        master   41     1     1     0  1m00s    1m00s  uwsgi --module shop…
uWSGI        worker   42     1     1     0  1m00s    1m00s  uwsgi --module shop…
supervisord  master   51     0     0     0      -    1m00s  python3 /usr/bin/su…
supervisord  worker   52     1     0     0  1m01s    1m00s  sender
container    alone    61     1     1     0  1m00s    1m00s  [0123456789ab] bill…
pooler       alone    71     1     1     0  1m00s    1m00s  pgbouncer -d /etc/p…
"#,
    );
}

#[test]
fn a_plan_says_for_each_kind_which_signal_why_and_what_it_does_not_free() {
    let (processes, workers) = host();
    let plan_of = |pids: &[i32], signal| {
        let planned = planned(&workers, &processes, runtimes(), pids, signal, false);
        let text = format!(
            "{}{}\n",
            plan(&planned, screen()),
            question(&planned).trim_end()
        );
        text
    };
    let plans = [
        plan_of(&[22, 23], None),
        plan_of(&[32, 33], None),
        plan_of(&[41, 42, 71], None),
        plan_of(&[21], Some(Signal::Hup)),
    ];
    check(
        &plans.join("\n"),
        r#"
PLAN: recycle 2 processes
server    db:5432
steps     up to 2 at a time, waiting up to 5 s for each to end
not seen  1 connection belongs to processes of other users that are not visible
          without root
frees     1 slot of 10 on this host comes back (idle); workers are started again
          and take slots again when they connect
          1 busy: not counted, each keeps its slot until its statement ends

signal    TERM to 2 processes (Gunicorn): the worker ends the requests it has,
          then exits
requests  finished, up to graceful_timeout (30 s)
restarted yes, by the master
takes     about 2 s when nothing is busy

danger    an application that connects when it loads takes the slots again at
          once; --signal TTOU removes a worker for good
          never HUP the master while the database is full: it starts all new
          workers first, and an application that connects when it loads then
          fails to boot, which shuts the whole service down

RUNTIME   PID  SIGNAL  HELD  IDLE  BUSY  COMMAND
Gunicorn   22  TERM       1     1     0  gunicorn: worker [shop.wsgi]
Gunicorn   23  TERM       1     0     1  gunicorn: worker [shop.wsgi]
Recycle 2 processes? [y/N]

PLAN: recycle 1 process
server    db:5432
steps     up to 2 at a time, waiting up to 5 s for each to end
not seen  1 connection belongs to processes of other users that are not visible
          without root
frees     1 slot of 10 on this host comes back (idle); whoever looks after them
          may start them again
          1 busy: not counted, each keeps its slot until its statement ends

signal    TERM to 1 master (Celery): warm shutdown: takes no new task
requests  running tasks are finished, however long they take: there is no limit
restarted only if something else looks after it (systemd, a supervisor, a
          platform)
takes     about 10 s when nothing is busy; give a longer --wait, or it may be
          reported as still there

danger    waits for running tasks without a limit; nothing is freed before the
          last one ends
          never QUIT to be quick: tasks are lost unless acks_late, and a commit
          may be left in doubt

RUNTIME  PID  SIGNAL  HELD  IDLE  BUSY  COMMAND
Celery    31  TERM       2     1     1  python3 -m celery -A shop worker
This is for a master, and so for all its workers. Type 1 to recycle 1 process:

PLAN: recycle 1 process
server    db:5432
steps     up to 2 at a time, waiting up to 5 s for each to end
not seen  1 connection belongs to processes of other users that are not visible
          without root
frees     1 slot of 10 on this host comes back (idle)

signal    HUP to 1 process (uWSGI): the worker ends the request it has, then
          exits
requests  finished, up to worker-reload-mercy (60 s)
restarted no
takes     about 2 s when nothing is busy

danger    the first process holds connections of its own: uWSGI runs without a
          master, and nobody starts its workers again
          TERM to the master is a brutal reload before 2.1, not a stop (unless
          die-on-term)

RUNTIME  PID  SIGNAL  HELD  IDLE  BUSY  COMMAND
uWSGI     42  HUP        1     1     0  uwsgi --module shop --processes 2

spared    1: a pooler's connections are its clients': use its own console
          (PAUSE, KILL), or recycle the clients
          1: looks after others: what is sent to workers would stop the service
Recycle 1 process? [y/N]

PLAN: recycle 1 process
server    db:5432
steps     up to 2 at a time, waiting up to 5 s for each to end
not seen  1 connection belongs to processes of other users that are not visible
          without root
frees     1 slot of 10 on this host comes back (idle); workers are started again
          and take slots again when they connect
          1 busy: not counted, each keeps its slot until its statement ends

signal    HUP to 1 master (Gunicorn): all workers are replaced
requests  finished, up to graceful_timeout (30 s)
restarted yes, by the master
takes     about 5 s when nothing is busy

danger    starts all new workers before it ends the old ones: twice the
          connections while old ones are busy
          if the application connects when it loads and the database is full,
          the master shuts the whole service down
          never HUP the master while the database is full: it starts all new
          workers first, and an application that connects when it loads then
          fails to boot, which shuts the whole service down

RUNTIME   PID  SIGNAL  HELD  IDLE  BUSY  COMMAND
Gunicorn   21  HUP        2     1     1  gunicorn: master [shop.wsgi]
This is for a master, and so for all its workers. Type 1 to recycle 1 process:
"#,
    );
}
