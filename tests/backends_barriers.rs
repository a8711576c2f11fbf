//! What can stand between an operator and a backend, each for real: a kernel without pidfd, root without the right to
//! look, a PID that belongs to the next session, a container with PIDs of its own, a session that will not be cancelled.
//!
//! Needs root, which is said where it is missing.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Output, Stdio};

use crate::support::{Pty, Server, await_that, for_each_major, needs_root, server_binaries};
use breakglass::drill::wire::Session;
use nix::libc;
use nix::sys::signal::Signal;
use serde_json::Value;

/// `breakglass backends WORDS... --cluster` this server, run by `words` that go before it.
fn backends(server: &Server, before: &[&str], words: &[&str]) -> Command {
    let program = env!("CARGO_BIN_EXE_breakglass");
    let mut line = before.to_vec();
    line.push(program);
    let mut command = Command::new(line[0]);
    command
        .args(&line[1..])
        .arg("backends")
        .args(words)
        .args(["--cluster", &server.port().to_string()])
        .env_clear()
        .env("TERM", "dumb")
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("XDG_STATE_HOME", server.throwaway.directory().join("state"))
        .env("HOME", "/nonexistent")
        .envs(server.environment("postgres"));
    command
}

fn told(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn assert_code(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}", told(output));
}

const ALL: [&str; 7] = [
    "terminate",
    "--user",
    "app",
    "--all",
    "--yes",
    "--recount",
    "0s",
];

/// Makes every later `pidfd_open` of the program answer as a kernel before 5.3 does.
#[allow(unsafe_code)]
fn without_pidfd(command: &mut Command) {
    let filter = [
        // The number of the call.
        (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        (
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            0,
            1,
            libc::SYS_pidfd_open as u32,
        ),
        (
            libc::BPF_RET | libc::BPF_K,
            0,
            0,
            libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32,
        ),
        (libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let filter: Vec<libc::sock_filter> = filter
        .into_iter()
        .map(|(code, jt, jf, k)| libc::sock_filter {
            code: code as u16,
            jt,
            jf,
            k,
        })
        .collect();
    let install = move || {
        let program = libc::sock_fprog {
            len: filter.len() as u16,
            filter: filter.as_ptr().cast_mut(),
        };
        // SAFETY: prctl is a plain system call; the program lives until it returns.
        let done = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
                && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program) == 0
        };
        if done {
            Ok(())
        } else {
            Err(std::io::Error::last_os_error())
        }
    };
    // SAFETY: the closure makes two system calls and allocates nothing.
    unsafe { command.pre_exec(install) };
}

#[test]
fn a_kernel_without_pidfd_is_said_and_nothing_is_signalled() {
    let server = Server::start(17);
    let session = server.session("app", "app");
    let mut command = backends(&server, &[], &ALL);
    without_pidfd(&mut command);
    let output = command.output().unwrap();
    assert_code(&output, 4);
    assert_eq!(
        told(&output),
        "breakglass: this kernel cannot hold a process by a descriptor (pidfd_open, since Linux 5.3), and a signal \
         by number alone could reach somebody else; nothing was done"
    );
    assert_eq!(server.alive(&[session.pid]), [session.pid]);
    // Looking needs no descriptor.
    let mut list = backends(&server, &[], &["list"]);
    without_pidfd(&mut list);
    assert_code(&list.output().unwrap(), 0);
}

#[test]
fn processes_that_the_kernel_hides_are_said_to_be_hidden() {
    needs_root();
    let server = Server::start(18);
    let session = server.session("app", "app");
    let owner = std::fs::metadata(server.throwaway.directory()).unwrap();
    let as_account = |uid: u32, gid: u32, words: &[&str]| {
        let script = format!(
            "mount -t proc -o hidepid=2 proc /proc \
             && exec setpriv --reuid {uid} --regid {gid} --clear-groups \"$@\""
        );
        let before = ["unshare", "-m", "sh", "-c", &script, "sh"];
        backends(&server, &before, words).output().unwrap()
    };
    // The session may be seen by nobody else; a list of nothing would look like a quiet host.
    for words in [&["list"][..], &ALL] {
        let output = as_account(54_321, 54_321, words);
        assert_code(&output, 3);
        let said = told(&output);
        assert!(said.contains("(hidepid): run this as root"), "{said}");
    }
    assert_eq!(server.alive(&[session.pid]), [session.pid]);
    // The server's own account sees its own, and is told that there may be others.
    let output = as_account(owner.uid(), owner.gid(), &ALL);
    assert_code(&output, 0);
    let said = told(&output);
    assert!(said.contains("(hidepid): run this as root"), "{said}");
    assert_eq!(server.alive(&[session.pid]), [] as [i32; 0]);
}

#[test]
fn root_that_may_not_look_is_told_which_capability_it_lacks_and_what_to_do() {
    needs_root();
    let server = Server::start(16);
    let session = server.session("app", "app");
    let owner = std::fs::metadata(server.throwaway.directory())
        .unwrap()
        .uid();
    let owner = nix::unistd::User::from_uid(owner.into())
        .unwrap()
        .map_or(owner.to_string(), |user| user.name);
    let lesser = [
        "setpriv",
        "--bounding-set=-sys_ptrace",
        "--inh-caps=-sys_ptrace",
    ];
    for words in [&["list"][..], &ALL] {
        let output = backends(&server, &lesser, words).output().unwrap();
        assert_code(&output, 3);
        let said = told(&output);
        let help = format!(
            "this root lacks the capability CAP_SYS_PTRACE; run this as {owner} (runuser -u {owner} -- breakglass …)"
        );
        assert!(said.contains(&help), "{said}");
    }
    assert_eq!(server.alive(&[session.pid]), [session.pid]);
}

#[test]
fn a_session_that_goes_on_after_a_cancel_is_said_to_run_the_same_or_the_next_statement() {
    for_each_major(|server| {
        let mut stubborn = server.session("app", "app");
        stubborn
            .send(
                "DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(600); \
                 EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$",
            )
            .unwrap();
        await_that("it runs", || {
            let sql = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
            !server.ask_witness(sql).is_empty()
        });
        let words = [
            "cancel", "--user", "app", "--all", "--yes", "--wait", "300ms",
        ];
        let output = backends(server, &[], &words).output().unwrap();
        assert_code(&output, 5);
        let said = told(&output);
        let pid = stubborn.pid;
        let sentence = format!(
            "PID {pid}: a statement runs: the same, or the next; this lane does not tell which"
        );
        assert!(said.contains(&sentence), "{said}");
        assert_eq!(server.alive(&[pid]), [pid]);
    });
}

/// A server in PID and mount namespaces of its own, where its postmaster is PID 1.
struct Container<'a> {
    server: &'a Server,
    unshare: Child,
}

impl<'a> Container<'a> {
    /// Stops the server and starts it again in there.
    fn around(server: &'a Server) -> Self {
        needs_root();
        server.throwaway.signal(Signal::SIGINT).unwrap();
        let data = server.throwaway.directory().join("data");
        await_that("the server has shut down", || {
            !data.join("postmaster.pid").exists()
        });
        let owner = std::fs::metadata(&data).unwrap();
        let postgres = server_binaries(server.major).directory.join("postgres");
        let log = std::fs::File::create(server.throwaway.directory().join("log2")).unwrap();
        let unshare = Command::new("unshare")
            .args(["--pid", "--fork", "--kill-child", "--mount-proc", "setpriv"])
            .arg(format!("--reuid={}", owner.uid()))
            .arg(format!("--regid={}", owner.gid()))
            .arg("--clear-groups")
            .arg(postgres)
            .arg("-D")
            .arg(&data)
            .args(["-p", &server.port().to_string()])
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let container = Self { server, unshare };
        await_that("the server runs in its container", || {
            let lock = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            lock.lines().next() == Some("1") && lock.contains("ready")
        });
        container
    }

    /// Its postmaster's PID out here.
    fn postmaster(&self) -> String {
        let pid = self.unshare.id();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        children.trim().to_owned()
    }

    /// What runs a program in there.
    fn inside(&self) -> Vec<String> {
        let words = ["nsenter", "-t", &self.postmaster(), "-p", "-m", "--"];
        words.map(str::to_owned).to_vec()
    }

    /// A session of `app` whose PID in there is `pid`, which has to be free.
    fn session_with_pid(&self, pid: i32) -> Option<Session> {
        // What the next fork in there counts on from.
        let write = format!("echo {} > /proc/sys/kernel/ns_last_pid", pid - 1);
        let inside = self.inside();
        let status = Command::new(&inside[0])
            .args(&inside[1..])
            .args(["sh", "-c", &write])
            .status()
            .unwrap();
        assert!(status.success());
        let session = self.server.session("app", "app");
        (session.pid == pid).then_some(session)
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        // Takes the whole PID namespace with it.
        let _ = self.unshare.kill();
        let _ = self.unshare.wait();
    }
}

fn answers(session: &mut Session) -> bool {
    session.ask("SELECT 1").is_ok_and(|answer| answer.is_ok())
}

/// The PID that a process has in its own namespace.
fn inner_pid(outer: i64) -> i32 {
    let status = std::fs::read_to_string(format!("/proc/{outer}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("NSpid:"))
        .unwrap();
    line.split_whitespace().last().unwrap().parse().unwrap()
}

#[test]
fn a_server_in_a_container_is_found_from_the_host_and_the_right_processes_are_signalled() {
    for_each_major(|server| {
        let container = Container::around(server);
        let mut victim = server.session("app", "app");
        let mut bystander = server.session("postgres", "bystander");
        let output = backends(server, &[], &["list", "--format", "json"])
            .output()
            .unwrap();
        assert_code(&output, 0);
        let list: Value = serde_json::from_slice(&output.stdout).unwrap();
        let cluster = &list["clusters"][0];
        assert_eq!(
            cluster["postmaster_pid"].to_string(),
            container.postmaster()
        );
        let processes = cluster["processes"].as_array().unwrap();
        for (user, session) in [("app", &victim), ("postgres", &bystander)] {
            let seen = processes.iter().find(|one| one["user"] == user).unwrap();
            let outer = seen["pid"].as_i64().unwrap();
            // The server counts otherwise.
            assert_eq!(inner_pid(outer), session.pid);
            assert_ne!(outer, i64::from(session.pid));
        }

        let output = backends(server, &[], &ALL).output().unwrap();
        assert_code(&output, 0);
        assert!(
            told(&output).contains("DONE: 1 of 1 session ended"),
            "{}",
            told(&output)
        );
        assert!(!answers(&mut victim));
        assert!(answers(&mut bystander));
        assert_eq!(
            container.postmaster(),
            cluster["postmaster_pid"].to_string()
        );
    });
}

#[test]
fn a_pid_that_is_the_next_sessions_by_now_is_not_signalled() {
    for_each_major(|server| {
        let container = Container::around(server);
        let planned = server.session("app", "app");
        let pid = planned.pid;
        let inside = container.inside();
        let inside: Vec<&str> = inside.iter().map(String::as_str).collect();
        let words = ["terminate", "--pid", &pid.to_string()];
        let mut person = Pty::start(backends(server, &inside, &words));
        person.await_text("End 1 session?");

        // The operator thinks it over; meanwhile the session goes, and the next one gets its PID.
        drop(planned);
        let mut next = None;
        await_that("the next session has the PID", || {
            next = container.session_with_pid(pid);
            next.is_some()
        });
        person.press("y\n");
        let code = person.end();
        let screen = person.screen();
        assert_eq!(code, 0, "{screen}");
        assert!(!screen.contains("DONE: 1 of 1"), "{screen}");
        assert!(answers(&mut next.unwrap()), "{screen}");
    });
}
