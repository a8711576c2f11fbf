//! The pooler on a screen: which layer is short, the pools, and who is behind a pooled session.
//!
//! Stage: report. In: one look at the pooler, or the reason why there was none. Names in it are the pooler's and its
//! clients': everything goes through [`sanitize`].

use crate::decide::capacity::Capacity;
use crate::decide::plan::Plan;
use crate::decide::pools::Pooler;
use crate::decide::pools::bottleneck::{Bottleneck, bottlenecks};
use crate::decide::session::Session;
use crate::decide::sessions::plan::Action;

use super::advice::Advice;
use super::grid::{Align, Column, Grid, Row};
use super::page::{Page, plural};
use super::palette::Tone;
use super::{Screen, duration, sanitize};

/// Pools shown on the status screen.
const POOLS: usize = 5;

/// A pooler that was asked.
#[derive(Debug, Clone, Copy)]
pub struct PoolerView<'a> {
    /// What it showed, or why it did not.
    pub look: Result<&'a Pooler, &'a str>,
    /// The slots of the server behind it, where a database lane is open.
    pub server: Option<&'a Server>,
    /// What to type next; used by the pooler's own screen.
    pub next: &'a [Advice],
}

/// The server behind the pooler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its slots.
    pub capacity: Capacity,
    /// How many of its sessions are the pooler's.
    pub pooled: usize,
}

impl PoolerView<'_> {
    /// What is short, the worst first.
    pub fn bottlenecks(&self) -> Vec<Bottleneck> {
        self.look.map_or_else(
            |_| Vec::new(),
            |pooler| bottlenecks(pooler, self.server.map(|server| &server.capacity)),
        )
    }

    /// Whether the pooler's connections lead somewhere else than to the server that was looked at.
    pub fn stands_elsewhere(&self) -> bool {
        let connected = self
            .look
            .is_ok_and(|pooler| pooler.servers.iter().any(|it| it.remote_pid.is_some()));
        connected && self.server.is_some_and(|server| server.pooled == 0)
    }
}

/// Lines of the status screen.
pub(crate) fn entries(page: &mut Page, view: &PoolerView<'_>) {
    page.gap();
    let pooler = match view.look {
        Ok(pooler) => pooler,
        Err(why) => {
            let text = format!("not seen: {}", sanitize::one_line(why));
            return page.entry("pooler", Tone::Warn, &text);
        }
    };
    page.entry("pooler", Tone::Plain, &identity(pooler));
    verdict(page, view);
    let mut label = "pools";
    let mut pools: Vec<_> = pooler.pools.iter().collect();
    pools.sort_by_key(|pool| std::cmp::Reverse((pool.cl_waiting, pool.servers())));
    for pool in pools.iter().take(POOLS) {
        let size = pooler
            .database(&pool.database)
            .map_or(String::new(), |it| format!(" of {}", it.pool_size));
        let waits = match pool.cl_waiting {
            0 => String::new(),
            1 => format!(", 1 client waits {}", duration::age(pool.maxwait)),
            many => format!(", {many} clients wait {}", duration::age(pool.maxwait)),
        };
        let text = format!(
            "{}/{}: {}{size} connections, {} in use{waits}",
            sanitize::line(&pool.database),
            sanitize::line(&pool.user),
            pool.servers(),
            pool.sv_active
        );
        let tone = if pool.cl_waiting > 0 {
            Tone::Warn
        } else {
            Tone::Plain
        };
        page.entry(label, tone, &text);
        label = "";
    }
    if pools.len() > POOLS {
        page.entry("", Tone::Dim, &format!("+{} more", pools.len() - POOLS));
    }
}

/// `bouncer:6432, PgBouncer 1.18.0, 12 of 100 clients, 4 wait`
fn identity(pooler: &Pooler) -> String {
    let clients = match (pooler.limits.used_clients, pooler.limits.max_client_conn) {
        (Some(used), Some(limit)) => format!("{used} of {limit} clients"),
        _ => plural(pooler.clients.len(), "client"),
    };
    format!(
        "{}, PgBouncer {}, {clients}, {} wait",
        sanitize::line(&pooler.endpoint),
        pooler.version,
        pooler.waiting()
    )
}

fn verdict(page: &mut Page, view: &PoolerView<'_>) {
    for bottleneck in view.bottlenecks() {
        page.entry("", Tone::Alarm, &sanitize::line(&bottleneck.sentence()));
    }
    if view.stands_elsewhere() {
        let text = "none of its connections is a session of this server: it stands before another one, or something between them changes addresses";
        page.entry("", Tone::Warn, text);
    }
}

/// The pooler's own screen.
pub fn screen(view: &PoolerView<'_>, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    let Ok(pooler) = view.look else {
        entries(&mut page, view);
        return page.finish();
    };
    let found = view.bottlenecks();
    let (tone, first) = match found.first() {
        Some(first) => (Tone::Alarm, first.sentence()),
        None => (
            Tone::Good,
            "No client waits, and none is refused: the pooler is not the bottleneck".to_owned(),
        ),
    };
    page.heading(tone, &sanitize::line(&first));
    for other in found.iter().skip(1) {
        page.heading(Tone::Warn, &sanitize::line(&other.sentence()));
    }
    page.gap();
    page.entry("pooler", Tone::Plain, &identity(pooler));
    match view.server {
        Some(server) => {
            let slots = server.capacity.ordinary;
            let text = format!(
                "{} of {} ordinary slots used; {} the pooler's",
                slots.used,
                slots.total,
                if server.pooled == 1 {
                    "1 session is".to_owned()
                } else {
                    format!("{} sessions are", server.pooled)
                }
            );
            page.entry("behind it", Tone::Plain, &text);
            if view.stands_elsewhere() {
                page.entry(
                    "",
                    Tone::Warn,
                    "none of the pooler's connections is among them: is this the server behind it?",
                );
            }
        }
        None => page.entry(
            "behind it",
            Tone::Dim,
            "no database lane is open, so nothing is said about PostgreSQL's slots",
        ),
    }
    let mut grid = pools(pooler);
    let common = common(&mut grid, screen.width);
    if !common.is_empty() {
        page.entry("pools", Tone::Plain, &sanitize::line(&common));
    }
    page.gap();
    for line in grid.table(screen.width, screen.palette) {
        page.lines(&line);
        page.lines("\n");
    }
    for (index, advice) in view.next.iter().enumerate() {
        if index == 0 {
            page.gap();
        }
        let label = if index == 0 { "next" } else { "" };
        page.command(label, &sanitize::line(&advice.command));
        page.entry("", Tone::Dim, &format!("  {}", sanitize::line(&advice.why)));
    }
    page.finish()
}

/// Takes out what is the same for all pools and says it once: `all open, in transaction mode`. Where there still is too
/// little room for the names, what matters least in an incident goes, and that is said.
fn common(grid: &mut Grid, width: Option<usize>) -> String {
    let mut same = Vec::new();
    same.extend(grid.take_same("state"));
    same.extend(grid.take_same("mode").map(|mode| format!("in {mode} mode")));
    // That nobody is logging in is the ordinary case.
    if grid.clone().take_same("login").is_some_and(|it| it == "0") {
        grid.take("login");
    }
    let mut common = match (&same[..], grid.rows.len()) {
        ([], _) => Vec::new(),
        (_, 1) => vec![same.join(", ")],
        _ => vec![format!("all {}", same.join(", "))],
    };
    for least in ["login", "mode"] {
        if width.is_some_and(|width| grid.narrowest() > width) && grid.take(least) {
            common.push(format!("{least} is shown on a wider terminal"));
        }
    }
    common.join("; ")
}

/// The pools as rows and columns; a database without a pool has a row, too.
pub fn pools(pooler: &Pooler) -> Grid {
    let number = |title| Column::key(title, Align::Right);
    let mut grid = Grid::new(vec![
        Column::name("database"),
        Column::name("user"),
        Column::key("mode", Align::Left),
        number("clients"),
        number("waiting"),
        number("maxwait"),
        number("in use"),
        number("idle"),
        number("login"),
        number("size"),
        Column::key("state", Align::Left),
    ]);
    let state = |name: &str| {
        let database = pooler.database(name);
        match database.map(|it| (it.paused, it.disabled)) {
            Some((true, true)) => "paused, disabled",
            Some((true, false)) => "paused",
            Some((false, true)) => "disabled",
            _ => "open",
        }
        .to_owned()
    };
    for pool in &pooler.pools {
        let size = pooler.database(&pool.database).map_or(0, |it| it.pool_size);
        grid.rows.push(Row {
            cells: vec![
                pool.database.clone(),
                pool.user.clone(),
                pool.mode.clone(),
                (pool.cl_active + pool.cl_waiting).to_string(),
                pool.cl_waiting.to_string(),
                duration::age(pool.maxwait),
                pool.sv_active.to_string(),
                pool.sv_idle.to_string(),
                pool.sv_login.to_string(),
                size.to_string(),
                state(&pool.database),
            ],
            tone: if pool.cl_waiting > 0 {
                Tone::Warn
            } else {
                Tone::Plain
            },
        });
    }
    for database in &pooler.databases {
        if pooler
            .pools
            .iter()
            .any(|pool| pool.database == database.name)
        {
            continue;
        }
        let mut cells = vec![database.name.clone(), "-".to_owned(), "-".to_owned()];
        cells.extend(["0", "0", "-", "0", "0", "0"].map(str::to_owned));
        cells.extend([database.pool_size.to_string(), state(&database.name)]);
        grid.rows.push(Row::plain(cells));
    }
    grid
}

/// The real client behind a pooled session: `web 10.0.0.7:51234`, its name cut so that its place is always there. Empty
/// for a session that is not pooled.
pub fn behind(session: &Session) -> String {
    let Some(pooled) = &session.pooled else {
        return String::new();
    };
    let Some(behind) = &pooled.client else {
        return "(in the pool)".to_owned();
    };
    let name = behind.application.as_deref().filter(|it| !it.is_empty());
    let name = sanitize::line(name.unwrap_or(&behind.user));
    format!("{} {}", sanitize::fit(&name, 16), behind.place())
}

/// What a plan must say of targets that are a pooler's.
pub fn warnings(plan: &Plan<Session>) -> Vec<String> {
    let pooled: Vec<&Session> = plan
        .targets
        .iter()
        .filter(|session| session.pooled.is_some())
        .collect();
    if pooled.is_empty() || plan.facts.action == Action::Cancel {
        return Vec::new();
    }
    let mut names: Vec<&str> = pooled
        .iter()
        .filter_map(|session| session.pooled.as_ref())
        .map(|pooled| pooled.database.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    let names: Vec<String> = names
        .iter()
        .take(3)
        .map(|name| sanitize::line(name).into_owned())
        .collect();
    let who = if pooled.len() == 1 {
        "target is"
    } else {
        "targets are"
    };
    vec![format!(
        "{} {who} PgBouncer's ({} {}): it opens another connection as soon as a client asks for one. To keep the slots free: breakglass pgbouncer disable, or pause",
        pooled.len(),
        if names.len() == 1 {
            "database"
        } else {
            "databases"
        },
        names.join(", ")
    )]
}
