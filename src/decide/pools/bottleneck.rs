//! Which layer is short of connections: the pooler, one of its pools, or the server behind it.
//!
//! Pure. In: one look at the pooler and, where a database lane is open, the server's slots. Out: findings, the worst
//! first. Without the server's slots nothing is said about them.

use std::time::Duration;

use super::{Pool, PoolDatabase, Pooler};
use crate::decide::capacity::Capacity;

/// What is short, or stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Bottleneck {
    /// `max_client_conn` is reached: new clients are refused.
    PoolerFull {
        /// Clients there are.
        used: u32,
        /// The limit.
        limit: u32,
    },
    /// Somebody paused the database: queries wait for `RESUME`.
    Paused {
        /// Which.
        database: String,
        /// Clients that wait.
        waiting: u32,
    },
    /// Somebody disabled the database: new clients are refused.
    Disabled {
        /// Which.
        database: String,
    },
    /// Clients wait for a pool that could grow, and the server has no slot for it.
    ServerFull {
        /// Which pool.
        pool: Pool,
        /// Its size.
        size: u32,
    },
    /// Clients wait although the server has room: every connection of the pool is in use.
    PoolExhausted {
        /// Which pool.
        pool: Pool,
        /// Its size, the reserve included.
        size: u32,
        /// Ordinary slots that are free on the server, where that is known.
        room: Option<u32>,
    },
    /// Clients wait, and `max_connections` of the database in the pooler keeps the pool from growing.
    DatabaseLimit {
        /// Which pool.
        pool: Pool,
        /// The limit.
        limit: u32,
    },
    /// Clients wait, the pool could grow and does not: the pooler does not get into the server.
    NoServerLogin {
        /// Which pool.
        pool: Pool,
        /// Its size.
        size: u32,
    },
    /// The server is full, and of the pooler's connections some are idle.
    ServerFullBehindIdlePool {
        /// The pooler's server connections.
        held: u32,
        /// Those of them that no client uses.
        idle: u32,
    },
    /// The server is full, and not with the pooler's connections alone.
    ServerFullElsewhere {
        /// The pooler's server connections.
        held: u32,
    },
}

words!(Bottleneck);

/// What is the matter, the worst first; nothing when no client waits and none is refused.
pub fn bottlenecks(pooler: &Pooler, server: Option<&Capacity>) -> Vec<Bottleneck> {
    let mut found = Vec::new();
    let limits = pooler.limits;
    if let (Some(used), Some(limit)) = (limits.used_clients, limits.max_client_conn)
        && used >= limit
    {
        found.push(Bottleneck::PoolerFull { used, limit });
    }
    for database in &pooler.databases {
        if database.paused {
            let of_it = |pool: &&Pool| pool.database == database.name;
            found.push(Bottleneck::Paused {
                database: database.name.clone(),
                waiting: pooler
                    .pools
                    .iter()
                    .filter(of_it)
                    .map(|it| it.cl_waiting)
                    .sum(),
            });
        }
        if database.disabled {
            found.push(Bottleneck::Disabled {
                database: database.name.clone(),
            });
        }
    }
    let known = server.filter(|capacity| capacity.is_known());
    let mut queues: Vec<&Pool> = pooler
        .pools
        .iter()
        .filter(|pool| pool.cl_waiting > 0)
        .collect();
    queues.sort_by_key(|pool| std::cmp::Reverse((pool.cl_waiting, pool.maxwait)));
    for pool in queues {
        let database = pooler.database(&pool.database);
        if database.is_some_and(|database| database.paused) {
            continue;
        }
        found.extend(behind(pool, database, known, limits.default_pool_size));
    }
    let full = known.is_some_and(Capacity::full);
    let told = |it: &Bottleneck| matches!(it, Bottleneck::ServerFull { .. });
    if full && !found.iter().any(told) {
        let held: u32 = pooler.pools.iter().map(Pool::servers).sum();
        let idle: u32 = pooler.pools.iter().map(|pool| pool.sv_idle).sum();
        found.push(if idle > 0 {
            Bottleneck::ServerFullBehindIdlePool { held, idle }
        } else {
            Bottleneck::ServerFullElsewhere { held }
        });
    }
    found
}

/// Why the clients of `pool` wait.
fn behind(
    pool: &Pool,
    database: Option<&PoolDatabase>,
    server: Option<&Capacity>,
    default_size: Option<u32>,
) -> Option<Bottleneck> {
    let pool = pool.clone();
    let base = database.map_or(default_size.unwrap_or(0), |it| it.pool_size);
    let size = base + database.map_or(0, |it| it.reserve_pool);
    let room = server.map(|capacity| capacity.ordinary.free);
    if base == 0 {
        return None;
    }
    if pool.servers() >= base {
        // A look between two turns of the pooler sees somebody wait for a moment beside an idle connection.
        return (pool.sv_idle == 0).then_some(Bottleneck::PoolExhausted { pool, size, room });
    }
    let limit = database.map_or(0, |it| it.max_connections);
    if limit > 0 && database.is_some_and(|it| it.current_connections >= limit) {
        return Some(Bottleneck::DatabaseLimit { pool, limit });
    }
    if room == Some(0) {
        return Some(Bottleneck::ServerFull { pool, size });
    }
    // Shorter than this the connection may just be on its way.
    (pool.maxwait >= Duration::from_secs(1)).then_some(Bottleneck::NoServerLogin { pool, size })
}

impl Bottleneck {
    /// One sentence. Names in it are the pooler's: to be made safe before a screen.
    pub fn sentence(&self) -> String {
        match self {
            Self::PoolerFull { used, limit } => format!(
                "PgBouncer is full: {used} of {limit} clients (max_client_conn), new ones are refused before the server is asked"
            ),
            Self::Paused { database, waiting } => {
                let clients = match waiting {
                    1 => "1 client waits".to_owned(),
                    many => format!("{many} clients wait"),
                };
                format!("database {database} is paused: {clients} for RESUME")
            }
            Self::Disabled { database } => {
                format!("database {database} is disabled: new clients are refused until ENABLE")
            }
            Self::ServerFull { pool, size } => format!(
                "PostgreSQL is the bottleneck: {}, the pool has {} of {size} connections and the server no slot for another",
                queue(pool),
                pool.servers()
            ),
            Self::PoolExhausted { pool, size, room } => {
                let room = match room {
                    Some(0) => ", and PostgreSQL is full, too".to_owned(),
                    Some(free) => format!(" while PostgreSQL has {free} ordinary slots free"),
                    None => String::new(),
                };
                format!(
                    "the pool is the bottleneck: {}, the first for {} s, and {} of {size} connections are in use{room}",
                    queue(pool),
                    pool.maxwait.as_secs(),
                    pool.sv_active
                )
            }
            Self::DatabaseLimit { pool, limit } => format!(
                "PgBouncer's max_db_connections is the bottleneck: {}, and the database has its {limit} connections",
                queue(pool)
            ),
            Self::NoServerLogin { pool, size } => format!(
                "PgBouncer does not get into the server: {}, the first for {} s, and the pool has {} of {size} connections",
                queue(pool),
                pool.maxwait.as_secs(),
                pool.servers()
            ),
            Self::ServerFullBehindIdlePool { held, idle } => format!(
                "PostgreSQL is full behind an idle pool: no client waits, and {idle} of the pooler's {held} connections are idle"
            ),
            Self::ServerFullElsewhere { held } => format!(
                "PostgreSQL is full; the pooler holds {held} of its slots, and all of those are in use"
            ),
        }
    }
}

/// `4 clients of shop/app wait`
fn queue(pool: &Pool) -> String {
    let (clients, wait) = match pool.cl_waiting {
        1 => ("1 client".to_owned(), "waits"),
        many => (format!("{many} clients"), "wait"),
    };
    format!("{clients} of {}/{} {wait}", pool.database, pool.user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::capacity::Limits;

    fn pool(waiting: u32, active: u32, idle: u32, maxwait: u64) -> Pool {
        Pool {
            database: "shop".to_owned(),
            user: "app".to_owned(),
            cl_waiting: waiting,
            sv_active: active,
            sv_idle: idle,
            maxwait: Duration::from_secs(maxwait),
            ..Pool::default()
        }
    }

    fn pooler(pool: Pool, change: impl Fn(&mut Pooler)) -> Pooler {
        let mut pooler = Pooler {
            pools: vec![pool],
            databases: vec![PoolDatabase {
                name: "shop".to_owned(),
                pool_size: 5,
                ..PoolDatabase::default()
            }],
            ..Pooler::default()
        };
        change(&mut pooler);
        pooler
    }

    fn server(used: u32) -> Capacity {
        let limits = Limits {
            max_connections: 10,
            superuser_reserved: 3,
            ..Limits::default()
        };
        Capacity::of(&limits, used)
    }

    #[test]
    fn the_layer_that_is_short_is_named() {
        let nothing = |_: &mut Pooler| {};
        let paused = |it: &mut Pooler| it.databases[0].paused = true;
        let limited = |it: &mut Pooler| {
            it.databases[0].max_connections = 2;
            it.databases[0].current_connections = 2;
        };
        let full = |it: &mut Pooler| {
            it.limits.used_clients = Some(100);
            it.limits.max_client_conn = Some(100);
        };
        type Change<'a> = &'a dyn Fn(&mut Pooler);
        let table: [(Pool, Option<u32>, Change<'_>, &[&str]); 11] = [
            (pool(0, 1, 1, 0), Some(3), &nothing, &[]),
            (pool(4, 5, 0, 9), Some(3), &nothing, &["pool-exhausted"]),
            (pool(4, 5, 0, 9), None, &nothing, &["pool-exhausted"]),
            (pool(1, 3, 2, 0), Some(3), &nothing, &[]),
            (pool(4, 2, 0, 9), Some(10), &nothing, &["server-full"]),
            (pool(4, 2, 0, 9), Some(3), &nothing, &["no-server-login"]),
            (pool(4, 2, 0, 0), Some(3), &nothing, &[]),
            (pool(4, 2, 0, 9), Some(3), &limited, &["database-limit"]),
            (
                pool(0, 1, 4, 0),
                Some(10),
                &nothing,
                &["server-full-behind-idle-pool"],
            ),
            (pool(4, 0, 0, 9), Some(3), &paused, &["paused"]),
            (pool(0, 1, 0, 0), Some(3), &full, &["pooler-full"]),
        ];
        for (pool, used, change, names) in table {
            let pooler = pooler(pool, change);
            let found = bottlenecks(&pooler, used.map(server).as_ref());
            let found: Vec<&str> = found.iter().map(Bottleneck::name).collect();
            assert_eq!(found, names, "{pooler:?}");
        }
    }

    #[test]
    fn the_longest_queue_comes_first() {
        let mut two = pooler(pool(1, 5, 0, 1), |_| {});
        two.pools.push(Pool {
            user: "jobs".to_owned(),
            ..pool(7, 5, 0, 1)
        });
        let found = bottlenecks(&two, None);
        let first = found.first().map(Bottleneck::sentence).unwrap_or_default();
        assert!(first.contains("7 clients of shop/jobs wait"), "{first}");
    }
}
