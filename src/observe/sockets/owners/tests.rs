#![allow(clippy::expect_used)]

use std::os::unix::fs::symlink;

use super::*;

/// A made-up /proc.
struct Proc(tempfile::TempDir);

impl Proc {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn process(&self, pid: i32, comm: &str, links: &[&str]) {
        self.child(pid, 0, comm, links);
    }

    fn child(&self, pid: i32, parent: i32, comm: &str, links: &[&str]) {
        let directory = self.0.path().join(pid.to_string());
        fs::create_dir_all(directory.join("fd")).expect("a directory");
        let zeros = "0 ".repeat(17);
        let stat = format!("{pid} ({comm}) S {parent} {zeros}{} 0 0\n", pid * 10);
        fs::write(directory.join("stat"), stat).expect("stat");
        fs::write(directory.join("cmdline"), b"python\0worker \xff\0").expect("cmdline");
        for (number, target) in links.iter().enumerate() {
            symlink(target, directory.join("fd").join(number.to_string())).expect("a link");
        }
    }

    fn find(&self, inodes: &[u32], uids: &[u32]) -> Found {
        let set = |numbers: &[u32]| numbers.iter().copied().collect();
        find(self.0.path(), &set(inodes), &set(uids)).expect("a scan")
    }
}

fn pids_of(owners: &Owners) -> Vec<i32> {
    owners.known().iter().map(|owner| owner.pid).collect()
}

#[test]
fn owners_are_found_with_all_that_share_a_socket() {
    let proc = Proc::new();
    proc.process(
        10,
        "a) b (c",
        &["/dev/null", "socket:[77]", "socket:[77]", "pipe:[78]"],
    );
    proc.process(
        11,
        "worker",
        &["socket:[77]", "socket:[79]", "anon_inode:[eventpoll]"],
    );
    let us = nix::unistd::geteuid().as_raw();
    let found = proc.find(&[77, 78, 79], &[us]);
    let mut shared = pids_of(&found.of(77));
    shared.sort_unstable();
    assert_eq!(shared, [10, 11]);
    assert_eq!(pids_of(&found.of(79)), [11]);
    // A pipe with the number of a socket is no socket.
    assert_eq!(found.of(78), Owners::NotVisible);
    let Owners::Known(owners) = found.of(77) else {
        panic!("known")
    };
    let one = owners
        .iter()
        .find(|owner| owner.pid == 10)
        .expect("process 10");
    assert_eq!((one.name.as_str(), one.started), ("a) b (c", 100));
    assert_eq!(one.command, "python worker \u{fffd}");
    assert_eq!(started(proc.0.path(), 10), Some(100));
    assert_eq!(started(proc.0.path(), 12), None);
}

#[test]
fn other_users_processes_are_read_only_while_an_owner_is_missing() {
    let proc = Proc::new();
    proc.process(10, "worker", &["socket:[77]"]);
    let stranger = nix::unistd::geteuid().as_raw() + 1;
    assert_eq!(pids_of(&proc.find(&[77], &[stranger]).of(77)), [10]);
}

#[test]
fn siblings_are_looked_at_where_the_first_has_its_socket_and_again_where_they_have_others() {
    let proc = Proc::new();
    proc.process(10, "postmaster", &["/dev/null"]);
    let one = |inode: u32| ["/dev/null".to_owned(), format!("socket:[{inode}]")];
    for pid in 11..15_i32 {
        let links = one(pid.unsigned_abs() + 100);
        proc.child(pid, 10, "backend", &links.each_ref().map(String::as_str));
    }
    // Where no sibling has one, beside one where they all have it, and under an own number alone.
    let odd = ["socket:[300]", "socket:[115]", "socket:[301]"];
    proc.child(15, 10, "backend", &odd);
    proc.child(
        16,
        10,
        "backend",
        &["/dev/null", "pipe:[1]", "socket:[302]"],
    );
    let us = nix::unistd::geteuid().as_raw();
    let all = [111, 112, 113, 114, 115, 300, 301, 302];
    let found = proc.find(&all, &[us]);
    let owner = |inode| pids_of(&found.of(inode));
    for pid in 11..16_i32 {
        assert_eq!(owner(pid.unsigned_abs() + 100), [pid]);
    }
    assert_eq!(
        (owner(300), owner(301), owner(302)),
        (vec![15], vec![15], vec![16])
    );
}

#[test]
fn a_socket_that_forks_left_open_has_all_of_them_as_owners_whoever_is_read_first() {
    let proc = Proc::new();
    // The master opened 500 and then forked; each worker has one of its own too. PIDs came round.
    proc.child(90, 1, "master", &["/dev/null", "/dev/null", "socket:[500]"]);
    for pid in 11..15 {
        let own = format!("socket:[{}]", pid + 100);
        proc.child(pid, 90, "worker", &["/dev/null", &own, "socket:[500]"]);
    }
    // A worker's own child, which has nothing but what it was left.
    proc.child(
        95,
        12,
        "helper",
        &["/dev/null", "/dev/null", "socket:[500]"],
    );
    let us = nix::unistd::geteuid().as_raw();
    let found = proc.find(&[111, 112, 113, 114, 500], &[us]);
    let mut shared = pids_of(&found.of(500));
    shared.sort_unstable();
    assert_eq!(shared, [11, 12, 13, 14, 90, 95]);
    assert_eq!(pids_of(&found.of(113)), [13]);
}

#[test]
fn children_of_a_process_with_many_sockets_are_found_to_share_them() {
    let proc = Proc::new();
    let many: Vec<String> = (0..100)
        .map(|at| format!("socket:[{}]", 1000 + at))
        .collect();
    let links: Vec<&str> = many.iter().map(String::as_str).collect();
    proc.child(10, 1, "pool", &links);
    proc.child(11, 10, "worker", &links);
    proc.child(12, 10, "worker", &["/dev/null", "socket:[7]"]);
    let us = nix::unistd::geteuid().as_raw();
    let inodes: Vec<u32> = (1000..1100).chain([7]).collect();
    let found = proc.find(&inodes, &[us]);
    for inode in 1000..1100 {
        let mut shared = pids_of(&found.of(inode));
        shared.sort_unstable();
        assert_eq!(shared, [10, 11]);
    }
    assert_eq!(pids_of(&found.of(7)), [12]);
}

#[test]
fn only_a_socket_without_an_inode_has_no_owner() {
    let found = Found::default();
    assert_eq!(found.of(77), Owners::NotVisible);
    assert_eq!(found.of(0), Owners::Nobody);
}
