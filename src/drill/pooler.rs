//! The pooler: PgBouncer holds the slots for clients that began a transaction each and do nothing in it.
//!
//! Stage: rehearsal. Sets the incident up with the PgBouncer of this machine. It listens in the throwaway server's
//! directory alone. Never: acts on it; that is left to the commands.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::account::Account;
use super::application::{Application, Role};
use super::cast::{Cast, await_refused};
use super::client::{Behaviour, SUBCOMMAND};
use super::first::{CULPRIT, INNOCENT_CONNECTIONS, bring_innocents, give_operator_the_reserve};
use super::keeper::Keeper;
use super::settings::DATABASE;
use super::stage::{APP, CULPRIT_ROLE, Stage};
use super::wire::Address;

/// PgBouncer's usual port, which is in the name of its socket.
const PORT: u16 = 6432;

/// Whom its console lets in: the user that `--pgbouncer DIRECTORY` logs in as.
const CONSOLE: &str = "pgbouncer";

/// How long it may take to come up.
const START_LIMIT: Duration = Duration::from_secs(30);

/// The program, if this machine has it.
pub fn binary(stage: &Stage) -> Option<PathBuf> {
    let path = stage.path.iter().flat_map(std::env::split_paths);
    let usual = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin"].map(PathBuf::from);
    path.chain(usual)
        .map(|directory| directory.join("pgbouncer"))
        .find(|program| program.is_file())
}

/// Where its socket and its configuration are.
pub fn directory(stage: &Stage) -> PathBuf {
    stage.server.directory().join("pooler")
}

/// Fills the ordinary slots through a pooler and proves that an ordinary login is refused.
pub fn set_up(stage: &Stage, out: &mut dyn Write) -> Result<Cast> {
    give_operator_the_reserve(stage)?;
    writeln!(out, "\npooler: PgBouncer holds the slots")?;
    let mut cast = Cast::default();
    bring_innocents(stage, &mut cast)?;
    let connections = stage.ordinary_slots - INNOCENT_CONNECTIONS;
    let program = binary(stage).context("no pgbouncer here")?;
    cast.pooler = Some(start_pooler(stage, &program, connections)?);
    let address = Address::Socket(directory(stage), PORT);
    let role = Role {
        app: CULPRIT,
        username: CULPRIT_ROLE,
        connections,
        behaviour: Behaviour::IdleInTransaction,
    };
    let words = [SUBCOMMAND, "--database", CULPRIT];
    let clients = Application::start_as(&stage.program, &address, &role, &words)?;
    cast.culprits.push(clients);
    writeln!(
        out,
        "  {connections} clients of {CULPRIT} came through the pooler, and each keeps a transaction open"
    )?;
    await_refused(stage, APP, out)?;
    Ok(cast)
}

/// Writes its configuration, starts it, and waits until it takes connections.
fn start_pooler(stage: &Stage, program: &Path, pool: usize) -> Result<Keeper> {
    let directory = directory(stage);
    let own = Account::without_privileges()?;
    if !directory.exists() {
        std::fs::create_dir(&directory)?;
    }
    own.own(&directory)?;
    let here = directory.display();
    let server = stage.socket();
    let text = format!(
        "[databases]\n{CULPRIT} = host={} port={} dbname={DATABASE}\n\n[pgbouncer]\nlisten_port = {PORT}\n\
         unix_socket_dir = {here}\nauth_type = trust\nauth_file = {here}/users\nadmin_users = {CONSOLE}\n\
         pool_mode = transaction\ndefault_pool_size = {pool}\n",
        server.host(),
        server.port(),
    );
    let file = directory.join("pgbouncer.ini");
    std::fs::write(&file, text)?;
    let users = format!("\"{CONSOLE}\" \"\"\n\"{CULPRIT_ROLE}\" \"\"\n");
    std::fs::write(directory.join("users"), users)?;
    let words = [program, &file].map(|path| path.display().to_string());
    let keeper = Keeper::start(&stage.program, &directory, &words)?;
    let deadline = Instant::now() + START_LIMIT;
    while Address::Socket(directory.clone(), PORT).connect().is_err() {
        if Instant::now() > deadline {
            bail!("{} was not up within {START_LIMIT:?}", program.display());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(keeper)
}
