//! Looks at the processes of this host: what each is, who started it, in which group it is.
//!
//! Stage: observing. Everybody may read these files of everybody's processes, unless /proc is mounted with hidepid.
//! Never: reads memory or environment; signals.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::sockets::owners::{ancestors, pids};
use crate::decide::workers::process::{Process, ProcessId, Processes};

/// The kernel's `USER_HZ`, in which /proc counts on every architecture this program runs on.
const TICKS: u64 = 100;
/// `PF_KTHREAD`
const KERNEL_THREAD: u64 = 0x0020_0000;
/// How much of a command line is kept.
const COMMAND: usize = 4096;

/// Every process under `proc`. One that ends while we look is left out.
pub fn processes(proc: &Path) -> io::Result<Processes> {
    let uptime = uptime(proc);
    let all = pids(proc)?
        .into_iter()
        .filter_map(|pid| Some((pid, read(proc, pid, uptime)?)))
        .collect();
    let own = std::process::id().cast_signed();
    Ok(Processes {
        all,
        own,
        ourselves: ancestors(proc, own),
    })
}

/// The process that has this PID now. `None`: none, or it has ended and waits to be collected.
pub fn process(proc: &Path, pid: i32) -> Option<Process> {
    read(proc, pid, uptime(proc))
}

fn uptime(proc: &Path) -> Duration {
    let text = fs::read_to_string(proc.join("uptime")).unwrap_or_default();
    let seconds = text.split(' ').next().and_then(|word| word.parse().ok());
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .unwrap_or_default()
}

fn read(proc: &Path, pid: i32, uptime: Duration) -> Option<Process> {
    use std::os::unix::fs::MetadataExt;
    let directory = proc.join(pid.to_string());
    let stat = fs::read(directory.join("stat")).ok()?;
    let stat = Stat::parse(&String::from_utf8_lossy(&stat))?;
    let mut arguments = fs::read(directory.join("cmdline")).unwrap_or_default();
    arguments.truncate(COMMAND);
    let command = String::from_utf8_lossy(&arguments)
        .replace('\0', " ")
        .trim_end()
        .to_owned();
    Some(Process {
        id: ProcessId {
            pid,
            started: stat.started,
        },
        parent: stat.parent,
        uid: fs::metadata(&directory).ok()?.uid(),
        name: stat.name,
        command,
        cgroup: fs::read_to_string(directory.join("cgroup")).unwrap_or_default(),
        kernel: stat.kernel,
        age: uptime.saturating_sub(Duration::from_millis(
            stat.started.saturating_mul(1000 / TICKS),
        )),
    })
}

/// What `/proc/PID/stat` says.
struct Stat {
    name: String,
    parent: i32,
    started: u64,
    kernel: bool,
}

impl Stat {
    /// The name may hold blanks and parentheses; the last closing one ends it. A zombie holds nothing any more: it
    /// counts as gone.
    fn parse(text: &str) -> Option<Self> {
        let (head, tail) = text.rsplit_once(") ")?;
        let (_, name) = head.split_once(" (")?;
        let fields: Vec<&str> = tail.split_whitespace().collect();
        if matches!(fields.first(), Some(&"Z" | &"X")) {
            return None;
        }
        Some(Self {
            name: name.to_owned(),
            parent: fields.get(1)?.parse().ok()?,
            kernel: fields
                .get(6)
                .and_then(|flags| flags.parse::<u64>().ok())
                .is_some_and(|flags| flags & KERNEL_THREAD != 0),
            started: fields.get(19)?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    proptest::proptest! {
        #[test]
        fn no_line_of_stat_makes_it_panic(text in "\\PC*", tail in "[-0-9 ()SZ]{0,300}") {
            let _ = super::Stat::parse(&text);
            let _ = super::Stat::parse(&format!("12 (x) {tail}"));
        }

        #[test]
        fn no_name_moves_the_fields_of_stat(name in "[ -~]{0,20}", parent in 0..i32::MAX, started: u64) {
            let fill = "0 ".repeat(17);
            let stat = super::Stat::parse(&format!("12 ({name}) S {parent} {fill}{started} 0"));
            let read = stat.map(|stat| (stat.name, stat.parent, stat.started));
            proptest::prop_assert_eq!(read, Some((name, parent, started)));
        }
    }

    use super::*;

    fn process_of(directory: &Path, pid: i32, stat: &str) {
        let place = directory.join(pid.to_string());
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("stat"), stat).unwrap();
        fs::write(place.join("cmdline"), b"gunicorn: worker [app:\xff]\0\0\0").unwrap();
        fs::write(place.join("cgroup"), "0::/system.slice/web.service\n").unwrap();
    }

    #[test]
    fn a_process_is_read_whatever_it_calls_itself() {
        let proc = tempfile::tempdir().unwrap();
        fs::write(proc.path().join("uptime"), "100.00 5.00\n").unwrap();
        let zeros = "0 ".repeat(12);
        let stat = |state: &str, flags: &str| {
            format!("7 (a) b (c) {state} 3 7 7 0 -1 {flags} {zeros}4000 0 0\n")
        };
        process_of(proc.path(), 7, &stat("S", "4194560"));
        let one = process(proc.path(), 7).unwrap();
        assert_eq!((one.name.as_str(), one.parent), ("a) b (c", 3));
        assert_eq!(
            (one.id.started, one.age.as_secs(), one.kernel),
            (4000, 60, false)
        );
        assert_eq!(one.command, "gunicorn: worker [app:\u{fffd}]");
        process_of(proc.path(), 8, &stat("S", "2129984"));
        assert!(process(proc.path(), 8).unwrap().kernel);
        process_of(proc.path(), 9, &stat("Z", "4194560"));
        process_of(proc.path(), 10, "nonsense");
        let all = processes(proc.path()).unwrap().all;
        assert_eq!(all.keys().copied().collect::<Vec<_>>(), [7, 8]);
    }
}
