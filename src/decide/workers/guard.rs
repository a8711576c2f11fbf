//! Whom nobody may signal through this lane, whatever the flags say.
//!
//! Pure. There is no flag that lifts it.

use super::process::{Process, Processes};

/// Why a process is never signalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Forbidden {
    /// The host's first process.
    Init,
    /// One of the kernel's own threads.
    #[strum(serialize = "kernel-thread")]
    Kernel,
    /// Ourselves, or what we were started by: the shell, sshd.
    Ourselves,
    /// A PostgreSQL process.
    Postgres,
}

words!(Forbidden);

impl Forbidden {
    /// For a person.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Init => "the host's first process is never signalled",
            Self::Kernel => "a thread of the kernel is never signalled",
            Self::Ourselves => "this program, or what it was started by (shell, ssh)",
            Self::Postgres => {
                "a PostgreSQL process is never signalled from here; 'breakglass backends' knows how"
            }
        }
    }
}

/// Why `process` must not be signalled, if so.
pub fn forbidden(process: &Process, processes: &Processes) -> Option<Forbidden> {
    let pid = process.id.pid;
    if pid <= 1 {
        return Some(Forbidden::Init);
    }
    if process.kernel || pid == 2 && process.command.is_empty() {
        return Some(Forbidden::Kernel);
    }
    if processes.ourselves.contains(&pid) {
        return Some(Forbidden::Ourselves);
    }
    is_postgres(process).then_some(Forbidden::Postgres)
}

/// Whether it is a server process, by its name, its title or its program; rather one too many than one too few.
pub fn is_postgres(process: &Process) -> bool {
    let program = process.command.split(' ').next().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or_default();
    let names = ["postgres", "postmaster", "edb-postgres", "edb-postmaster"];
    names.contains(&process.name.as_str())
        || names.contains(&program.trim_end_matches(':'))
        || process.command.starts_with("postgres: ")
}
