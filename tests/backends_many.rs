//! A host with thousands of processes, read with few descriptors. In a file of its own, because the limit it sets
//! holds for the whole test process.
#![allow(clippy::unwrap_used)] // A test.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use breakglass::observe::backends::Backends;
use breakglass::observe::backends::clusters::find;
use breakglass::observe::backends::proc_fs::ProcFs;
use breakglass::observe::{QueryText, Source};
use rustix::process::{Resource, Rlimit, setrlimit};

const SESSIONS: i32 = 5000;

fn process(root: &Path, pid: i32, parent: i32, title: &str) {
    let directory = root.join(pid.to_string());
    fs::create_dir(&directory).unwrap();
    let stat = format!(
        "{pid} (postgres) S {parent} {} {pid} {}\n",
        "0 ".repeat(17).trim_end(),
        "0 ".repeat(30)
    );
    fs::write(directory.join("stat"), stat).unwrap();
    fs::write(directory.join("cmdline"), title).unwrap();
    symlink(root.join("data"), directory.join("cwd")).unwrap();
    symlink("/bin/postgres", directory.join("exe")).unwrap();
}

#[test]
fn five_thousand_sessions_are_all_seen_with_few_descriptors() {
    let few = Rlimit {
        current: Some(256),
        maximum: Some(256),
    };
    setrlimit(Resource::Nofile, few).unwrap();
    let host = tempfile::tempdir().unwrap();
    let root = host.path();
    fs::create_dir(root.join("data")).unwrap();
    fs::write(root.join("data/postmaster.pid"), "2\n/data\n0\n5432\n").unwrap();
    fs::write(root.join("data/PG_VERSION"), "18\n").unwrap();
    fs::write(root.join("stat"), "btime 1700000000\n").unwrap();
    process(root, 1, 0, "/sbin/init\0");
    process(root, 2, 1, "/bin/postgres\0-D\0/data\0");
    fs::write(root.join("2/status"), "NSpid:\t2\n").unwrap();
    process(root, 3, 2, "postgres: checkpointer \0");
    for number in 0..SESSIONS {
        process(
            root,
            10 + number,
            2,
            &format!("postgres: app shop 10.0.0.5({}) idle\0", 10_000 + number),
        );
    }

    let proc = ProcFs::at(root).unwrap();
    let cluster = find(&proc).unwrap().clusters.pop().unwrap();
    let mut backends = Backends::new(proc, cluster);
    let snapshot = backends.look(QueryText::First(0)).unwrap();
    assert_eq!(snapshot.holders().count(), 5000);
    let ids: Vec<_> = snapshot.holders().map(|session| session.id).collect();
    assert_eq!(backends.look_at(&ids).unwrap().len(), 5000);
}
