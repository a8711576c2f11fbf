//! The pooler's own screen.

use std::time::Duration;

use super::screen;
use super::screens::check;
use crate::decide::pools::{Pool, PoolDatabase, Pooler};
use crate::report::pools::{PoolerView, screen as pooler_screen};

fn pool(database: &str, user: &str, mode: &str, waiting: u32) -> Pool {
    Pool {
        database: database.to_owned(),
        user: user.to_owned(),
        mode: mode.to_owned(),
        cl_active: 12,
        cl_waiting: waiting,
        sv_active: 3,
        sv_idle: 1,
        maxwait: Duration::from_secs(u64::from(waiting) * 40),
        ..Pool::default()
    }
}

fn database(name: &str) -> PoolDatabase {
    PoolDatabase {
        name: name.to_owned(),
        pool_size: 20,
        ..PoolDatabase::default()
    }
}

fn shown(pooler: &Pooler, width: usize) -> String {
    let view = PoolerView {
        look: Ok(pooler),
        server: None,
        next: &[],
    };
    let text = pooler_screen(&view, screen(Some(width)));
    // Who is short of what is the bottleneck's own test.
    let (_, pools) = text.split_once("slots\n").unwrap_or_default();
    pools.to_owned()
}

#[test]
fn what_is_the_same_for_all_pools_is_said_once() {
    let pooler = Pooler {
        endpoint: "bouncer:6432".to_owned(),
        pools: vec![
            pool("shop", "app", "transaction", 0),
            pool("a_reporting_database", "nightly_export", "transaction", 2),
        ],
        databases: ["shop", "a_reporting_database", "unused"]
            .map(database)
            .into(),
        ..Pooler::default()
    };
    check(
        &shown(&pooler, 80),
        "
pools     all open, in transaction mode

DATABASE           USER            CLIENTS  WAITING  MAXWAIT  IN USE  IDLE  SIZE
shop               app                  12        0       0s       3     1    20
a_reporting_data…  nightly_export       14        2    1m20s       3     1    20
unused             -                     0        0        -       0     0    20
",
    );
}

#[test]
fn where_there_is_no_room_for_all_the_state_of_a_database_stays() {
    let mut pooler = Pooler {
        endpoint: "bouncer:6432".to_owned(),
        pools: vec![
            pool("shop", "app", "transaction", 0),
            pool("reporting", "nightly", "session", 2),
        ],
        databases: ["shop", "reporting"].map(database).into(),
        ..Pooler::default()
    };
    pooler.databases[1].paused = true;
    pooler.pools[0].sv_login = 1;
    check(
        &shown(&pooler, 80),
        "
pools     login is shown on a wider terminal; mode is shown on a wider terminal

DATABASE   USER     CLIENTS  WAITING  MAXWAIT  IN USE  IDLE  SIZE  STATE
shop       app           12        0       0s       3     1    20  open
reporting  nightly       14        2    1m20s       3     1    20  paused
",
    );
    check(
        &shown(&pooler, 200),
        "

DATABASE   USER     MODE         CLIENTS  WAITING  MAXWAIT  IN USE  IDLE  LOGIN  SIZE  STATE
shop       app      transaction       12        0       0s       3     1      1    20  open
reporting  nightly  session           14        2    1m20s       3     1      0    20  paused
",
    );
}
