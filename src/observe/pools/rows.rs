//! The console's rows as values: columns by name, never by position, for their order and number differ by version.
//!
//! Stage: parsing, pure. What a version does not tell, or says in a way that cannot be read, is left out.

use std::net::IpAddr;
use std::time::Duration;

use crate::decide::pools::{
    CONSOLE, Pool, PoolClient, PoolDatabase, PoolServer, Pooler, PoolerLimits, Version,
};
use crate::decide::session::Client;
use crate::lanes::{Named, Table};

/// The answers of one look.
pub(super) struct Tables<'a> {
    pub(super) clients: &'a Table,
    pub(super) servers: &'a Table,
    pub(super) pools: &'a Table,
    pub(super) databases: &'a Table,
    pub(super) config: &'a Table,
    pub(super) lists: &'a Table,
}

/// Puts a look together.
pub(super) fn pooler(endpoint: &str, version: &str, tables: &Tables<'_>) -> Pooler {
    let ordinary = |row: &Named<'_>| row.get("database") != Some(CONSOLE);
    let now = tables
        .clients
        .rows()
        .filter(|row| !ordinary(row))
        .filter_map(|row| clock(row.get("connect_time")?))
        .max();
    Pooler {
        endpoint: endpoint.to_owned(),
        version: Version::read(version),
        pools: tables.pools.rows().filter(ordinary).map(pool).collect(),
        clients: tables.clients.rows().filter(ordinary).map(client).collect(),
        servers: tables.servers.rows().map(|row| server(row, now)).collect(),
        databases: tables
            .databases
            .rows()
            .filter(|row| row.get("name") != Some(CONSOLE))
            .map(database)
            .collect(),
        limits: limits(tables.config, tables.lists),
    }
}

fn text(row: Named<'_>, column: &str) -> String {
    row.get(column).unwrap_or_default().to_owned()
}

fn number<T: std::str::FromStr>(row: Named<'_>, column: &str) -> Option<T> {
    row.get(column)?.trim().parse().ok()
}

fn count(row: Named<'_>, column: &str) -> u32 {
    number(row, column).unwrap_or(0)
}

fn pool(row: Named<'_>) -> Pool {
    Pool {
        database: text(row, "database"),
        user: text(row, "user"),
        cl_active: count(row, "cl_active"),
        cl_waiting: count(row, "cl_waiting"),
        // A server connection that forwards a cancel request, or whose statement is being cancelled, is in use, too.
        sv_active: count(row, "sv_active")
            + count(row, "sv_active_cancel")
            + count(row, "sv_being_canceled"),
        sv_idle: count(row, "sv_idle") + count(row, "sv_used") + count(row, "sv_tested"),
        sv_login: count(row, "sv_login"),
        maxwait: Duration::from_secs(number(row, "maxwait").unwrap_or(0))
            + Duration::from_micros(number(row, "maxwait_us").unwrap_or(0)),
        mode: text(row, "pool_mode"),
    }
}

fn client(row: Named<'_>) -> PoolClient {
    PoolClient {
        id: number(row, "id"),
        ptr: text(row, "ptr"),
        link: link(row),
        user: text(row, "user"),
        database: text(row, "database"),
        state: text(row, "state"),
        client: address(row.get("addr")),
        port: number(row, "port"),
        application: row.get("application_name").map(str::to_owned),
        connected_at: row.get("connect_time").and_then(clock),
    }
}

/// `now`: the pooler's wall clock when our own console connected, which is the only clock of its that we can read.
fn server(row: Named<'_>, now: Option<i64>) -> PoolServer {
    let connected_at = row.get("connect_time").and_then(clock);
    let age = now.zip(connected_at).map(|(now, then)| now - then);
    PoolServer {
        ptr: text(row, "ptr"),
        link: link(row),
        user: text(row, "user"),
        database: text(row, "database"),
        state: text(row, "state"),
        local: address(row.get("local_addr")),
        local_port: number(row, "local_port"),
        remote_pid: number(row, "remote_pid").filter(|pid| *pid > 0),
        connected_for: age.map(|age| Duration::from_secs(u64::try_from(age).unwrap_or(0))),
        connected_at,
        close_needed: row.get("close_needed") == Some("1"),
    }
}

fn link(row: Named<'_>) -> Option<String> {
    row.get("link")
        .filter(|link| !link.is_empty())
        .map(str::to_owned)
}

/// `unix`, in later versions with the client's PID behind it, or an address.
fn address(text: Option<&str>) -> Client {
    match text {
        Some(text) if text.starts_with("unix") => Client::Local,
        Some(text) => text
            .parse::<IpAddr>()
            .map_or(Client::Unknown, Client::Address),
        None => Client::Unknown,
    }
}

fn database(row: Named<'_>) -> PoolDatabase {
    PoolDatabase {
        name: text(row, "name"),
        host: text(row, "host"),
        port: number(row, "port").unwrap_or(0),
        database: text(row, "database"),
        pool_size: count(row, "pool_size"),
        // Renamed in 1.24.
        reserve_pool: number(row, "reserve_pool")
            .or_else(|| number(row, "reserve_pool_size"))
            .unwrap_or(0),
        max_connections: count(row, "max_connections"),
        current_connections: count(row, "current_connections"),
        paused: row.get("paused") == Some("1"),
        disabled: row.get("disabled") == Some("1"),
    }
}

fn limits(config: &Table, lists: &Table) -> PoolerLimits {
    let value = |table: &Table, name_column: &str, value_column: &str, name: &str| {
        let row = table
            .rows()
            .find(|row| row.get(name_column) == Some(name))?;
        number::<f64>(row, value_column)
    };
    let whole = |value: Option<f64>| {
        value
            .filter(|value| (0.0..=f64::from(u32::MAX)).contains(value))
            .map(|value| value as u32)
    };
    let setting = |name: &str| value(config, "key", "value", name);
    PoolerLimits {
        max_client_conn: whole(setting("max_client_conn")),
        default_pool_size: whole(setting("default_pool_size")),
        query_wait_timeout: setting("query_wait_timeout")
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        used_clients: whole(value(lists, "list", "items", "used_clients")),
    }
}

/// `2026-11-23 01:16:25 UTC` as seconds, in whatever zone it is: only differences of two such times are used.
fn clock(text: &str) -> Option<i64> {
    let mut words = text.split(' ');
    let mut date = words.next()?.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let mut time = words.next()?.splitn(3, ':').map(str::parse::<i64>);
    let (hour, minute, second) = (time.next()?.ok()?, time.next()?.ok()?, time.next()?.ok()?);
    let plausible = (1970..10_000).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..61).contains(&second);
    if !plausible {
        return None;
    }
    // Days since 1970-03-01 by years that begin in March, as in Howard Hinnant's "chrono-compatible date algorithms".
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &str, rows: &[&str]) -> Table {
        let cut = |text: &str| text.split('|').map(|it| it.trim().to_owned()).collect();
        let row = |text: &&str| {
            text.split('|')
                .map(|it| Some(it.trim().to_owned()))
                .collect()
        };
        Table::new(cut(columns), rows.iter().map(row).collect())
    }

    fn look(clients: &Table, servers: &Table) -> Pooler {
        let pools = table(
            "database | user | cl_active | cl_waiting | sv_active | sv_idle | sv_used | maxwait | maxwait_us | pool_mode",
            &[
                "pgbouncer|pgbouncer|1|0|0|0|0|0|0|statement",
                "shop|app|3|2|1|1|1|4|500000|transaction",
            ],
        );
        let databases = table(
            "name | host | port | database | pool_size | reserve_pool_size | paused | disabled",
            &[
                "pgbouncer||6432|pgbouncer|2|0|0|0",
                "shop|db1|5432|store|5|1|0|1",
            ],
        );
        let config = table(
            "key | value",
            &[
                "max_client_conn|100",
                "default_pool_size|20",
                "query_wait_timeout|120",
            ],
        );
        let lists = table("list | items", &["used_clients | 7"]);
        pooler(
            "b:6432",
            "PgBouncer 1.24.1",
            &Tables {
                clients,
                servers,
                pools: &pools,
                databases: &databases,
                config: &config,
                lists: &lists,
            },
        )
    }

    #[test]
    fn a_look_is_read_by_name_and_the_console_is_left_out() {
        let clients = table(
            "type | user | database | replication | state | addr | port | connect_time | ptr | link | application_name | id",
            &[
                "C|app|shop|none|active|10.0.0.9|5001|2026-11-23 01:16:00 UTC|0xc|0xs|web|4",
                "C|admin|pgbouncer|none|active|unix|6432|2026-11-23 01:17:00 UTC|0xd|||5",
            ],
        );
        let servers = table(
            "user | database | state | addr | port | local_addr | local_port | connect_time | ptr | link | remote_pid | close_needed",
            &[
                "app|shop|active|10.0.0.1|5432|10.0.0.2|40001|2026-11-23 01:16:30 UTC|0xs|0xc|77|0",
                "app|shop|idle|unix|5432|unix|6432|never|0xt||0|1",
            ],
        );
        let pooler = look(&clients, &servers);
        assert_eq!(pooler.clients.len(), 1);
        let client = &pooler.clients[0];
        assert_eq!(
            (client.id, client.port, client.link.as_deref()),
            (Some(4), Some(5001), Some("0xs"))
        );
        let (first, second) = (&pooler.servers[0], &pooler.servers[1]);
        assert_eq!(first.connected_for, Some(Duration::from_secs(30)));
        assert_eq!(
            (first.remote_pid, first.local_port),
            (Some(77), Some(40_001))
        );
        assert_eq!(
            (second.remote_pid, second.local, second.close_needed),
            (None, Client::Local, true)
        );
        assert_eq!((second.connected_for, second.link.is_none()), (None, true));
        let (pool, database) = (&pooler.pools[0], &pooler.databases[0]);
        assert_eq!((pooler.pools.len(), pooler.databases.len()), (1, 1));
        assert_eq!(
            (pool.cl_waiting, pool.sv_idle, pool.maxwait),
            (2, 2, Duration::from_millis(4500))
        );
        assert_eq!(
            (database.pool_size, database.reserve_pool, database.disabled),
            (5, 1, true)
        );
        let limits = pooler.limits;
        assert_eq!(
            (limits.max_client_conn, limits.used_clients),
            (Some(100), Some(7))
        );
    }

    #[test]
    fn an_older_pooler_tells_less() {
        let clients = table("user | database | ptr", &["app|shop|0xc"]);
        let pooler = look(&clients, &table("ptr", &[]));
        let client = &pooler.clients[0];
        assert_eq!(
            (client.id, client.client, &client.application),
            (None, Client::Unknown, &None)
        );
    }

    #[test]
    fn the_clock_counts_across_months_and_years() {
        let seconds = |text| clock(text).unwrap_or_default();
        for (earlier, later, apart) in [
            ("2026-12-31 23:59:59 CET", "2027-01-01 00:00:01 CET", 2),
            ("2028-02-28 23:59:59 UTC", "2028-03-01 00:00:00 UTC", 86_401),
            ("2026-02-28 23:59:59 UTC", "2026-03-01 00:00:00 UTC", 1),
        ] {
            assert_eq!(seconds(later) - seconds(earlier), apart, "{earlier}");
        }
        for bad in [
            "",
            "never",
            "2026-13-01 00:00:00",
            "2026-01-01",
            "99999999999999999999-1-1 1:1:1",
        ] {
            assert_eq!(clock(bad), None, "{bad}");
        }
    }
}
