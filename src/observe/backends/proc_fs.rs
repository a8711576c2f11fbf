//! `/proc`, as far as it tells who is a server process: one small file at a time, so that a host with thousands of
//! processes is read with a handful of descriptors.
//!
//! Stage: observing. The root is a parameter, so that tests can lay out a host of their own.
//! Never: keeps a file open, guesses what may not be read; a process that goes while it is read is simply gone.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Enough for every title: the kernel hands out at most a page of one.
const MOST: u64 = 64 * 1024;

/// A mounted `/proc`.
#[derive(Debug, Clone)]
pub struct ProcFs {
    root: PathBuf,
    ticks_per_second: i64,
    /// When the host started, in microseconds since 1970. Read once: the kernel computes it anew for each reader,
    /// and a clock that is being adjusted would give the same process another start at every look.
    booted: i64,
}

/// What `stat` says of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// The name of the executed file, cut to 15 bytes.
    pub command: String,
    /// A zombie has ended and only waits to be noticed.
    pub ended: bool,
    /// Its parent.
    pub parent: i32,
    /// When it started, in microseconds since 1970; the same at every look.
    pub started: i64,
    /// Bytes that its title can have at most; `None` when that is not ours to know.
    pub title_room: Option<usize>,
}

impl ProcFs {
    /// The `/proc` of this host.
    pub fn of_this_host() -> io::Result<Self> {
        Self::at(Path::new("/proc"))
    }

    /// One that is mounted, or laid out, at `root`.
    pub fn at(root: &Path) -> io::Result<Self> {
        let ticks = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).unwrap_or(None);
        let text = read(&root.join("stat"))?;
        let seconds = String::from_utf8_lossy(&text)
            .lines()
            .find_map(|line| line.strip_prefix("btime ")?.trim().parse::<i64>().ok())
            .ok_or_else(|| unreadable("no start of the host in", &root.join("stat")))?;
        Ok(Self {
            root: root.to_owned(),
            ticks_per_second: ticks.unwrap_or(100).max(1),
            booted: seconds.saturating_mul(1_000_000),
        })
    }

    /// Every process that is listed. With `hidepid`, those of others are not.
    pub fn pids(&self) -> io::Result<Vec<i32>> {
        let mut pids = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            // A directory that cannot be read to its end would make processes disappear silently.
            let name = entry?.file_name();
            pids.extend(name.to_str().and_then(|name| name.parse::<i32>().ok()));
        }
        pids.sort_unstable();
        Ok(pids)
    }

    /// Whether other accounts' processes are hidden from us: PID 1 is always there.
    pub fn hides_others(&self) -> bool {
        self.stat(1).is_err()
    }

    /// `/proc/PID/stat`.
    pub fn stat(&self, pid: i32) -> io::Result<Stat> {
        let path = self.of(pid, "stat");
        let text = read(&path)?;
        parse_stat(&String::from_utf8_lossy(&text), |ticks| self.moment(ticks))
            .ok_or_else(|| unreadable("cannot make sense of", &path))
    }

    /// The title, or the command line of a process that has not set one; up to the first NUL of a title.
    pub fn title(&self, pid: i32) -> io::Result<String> {
        let bytes = read(&self.of(pid, "cmdline"))?;
        let text = if bytes.starts_with(b"postgres: ") {
            bytes.split(|byte| *byte == 0).next().unwrap_or_default()
        } else {
            &bytes
        };
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    /// Where `exe` or `cwd` of a process leads.
    pub fn link(&self, pid: i32, name: &str) -> io::Result<PathBuf> {
        fs::read_link(self.of(pid, name))
    }

    /// A file in the working directory of a process, by way of the process: it may live in another mount namespace.
    pub fn file_where(&self, pid: i32, name: &str) -> io::Result<String> {
        let bytes = read(&self.of(pid, "cwd").join(name))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Whether such a file is there.
    pub fn exists_where(&self, pid: i32, name: &str) -> bool {
        self.of(pid, "cwd").join(name).exists()
    }

    /// The PID that a process has in the innermost PID namespace it lives in.
    pub fn inner_pid(&self, pid: i32) -> io::Result<i32> {
        let path = self.of(pid, "status");
        let text = read(&path)?;
        String::from_utf8_lossy(&text)
            .lines()
            .find_map(|line| {
                line.strip_prefix("NSpid:")?
                    .split_whitespace()
                    .last()?
                    .parse()
                    .ok()
            })
            .ok_or_else(|| unreadable("no NSpid in", &path))
    }

    /// Whether a process lives in our mount namespace.
    pub fn shares_mounts(&self, pid: i32) -> bool {
        let namespace = |path: PathBuf| fs::read_link(path.join("ns/mnt")).ok();
        let theirs = namespace(self.root.join(pid.to_string()));
        theirs.is_some() && theirs == namespace(self.root.join("self"))
    }

    /// The account a process belongs to.
    pub fn owner(&self, pid: i32) -> io::Result<u32> {
        use std::os::unix::fs::MetadataExt;
        Ok(fs::metadata(self.root.join(pid.to_string()))?.uid())
    }

    /// Now, on the clock that [`Stat::started`] is on.
    pub fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        i64::try_from(since.unwrap_or_default().as_micros()).unwrap_or(i64::MAX)
    }

    fn moment(&self, ticks: i64) -> i64 {
        self.booted
            .saturating_add(ticks.saturating_mul(1_000_000) / self.ticks_per_second)
    }

    fn of(&self, pid: i32, name: &str) -> PathBuf {
        self.root.join(pid.to_string()).join(name)
    }
}

/// From one moment to another; nothing if the clock went back.
pub fn between(earlier: i64, later: i64) -> Duration {
    Duration::from_micros(u64::try_from(later.saturating_sub(earlier)).unwrap_or(0))
}

/// The line of `stat`. The second field is a name in brackets that may itself contain blanks and brackets.
fn parse_stat(text: &str, moment: impl Fn(i64) -> i64) -> Option<Stat> {
    let (head, tail) = text.rsplit_once(')')?;
    let command = head.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = tail.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<i64>().ok();
    // Counted from the third field of proc(5). Where the title lies in memory is 0 for those who may not know.
    let room = match (number(45), number(48)) {
        (Some(start), Some(end)) if start > 0 && end > start => usize::try_from(end - start).ok(),
        _ => None,
    };
    Some(Stat {
        command,
        ended: matches!(*fields.first()?, "Z" | "X" | "x"),
        parent: i32::try_from(number(1)?).ok()?,
        started: moment(number(19)?),
        title_room: room,
    })
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(what: &str, path: &Path) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{what} {}", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_blanks_does_not_move_the_fields() {
        let tail = "S 77 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 4242 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 \
                    100 150 150 1400 0";
        for name in ["postgres", "post) S 1 (gres", "((", ""] {
            let stat = parse_stat(&format!("12 ({name}) {tail}"), |ticks| ticks);
            let Some(stat) = stat else {
                panic!("{name:?} was not read")
            };
            assert_eq!(
                (stat.command.as_str(), stat.parent, stat.started),
                (name, 77, 4242)
            );
            assert_eq!((stat.ended, stat.title_room), (false, Some(1300)));
        }
        for text in ["", "12", "12 (postgres)", "12 (postgres) Z", ")("] {
            assert_eq!(parse_stat(text, |ticks| ticks), None, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_line_makes_it_panic(text in "\\PC*", tail in "[-0-9 ()SZ]{0,300}") {
            let _ = parse_stat(&text, |ticks| ticks);
            let _ = parse_stat(&format!("12 (x) {tail}"), |ticks| ticks);
        }

        #[test]
        fn no_name_moves_the_fields(name in "[ -~]{0,20}", parent in 0..i32::MAX, started in 0..i64::MAX) {
            let fill = "0 ".repeat(17);
            let text = format!("12 ({name}) S {parent} {fill}{started} 0");
            let stat = parse_stat(&text, |ticks| ticks);
            let read = stat.map(|stat| (stat.command, stat.parent, stat.started));
            proptest::prop_assert_eq!(read, Some((name, parent, started)));
        }
    }
}
