use std::time::Duration;

use super::super::testing::{GRAIN, owner, socket, waiting};
use super::super::{End, Owners, TcpInfo};
use super::*;
use crate::decide::filters::SocketsLane;
use crate::decide::testing::asked;

fn snapshot(sockets: Vec<Socket>) -> SocketsSnapshot {
    SocketsSnapshot {
        sockets,
        grain: GRAIN,
        ..SocketsSnapshot::default()
    }
}

fn undecided(number: u16) -> Socket {
    let mut socket = socket(number, End::Client);
    let minute = Duration::from_secs(60);
    socket.info = Some(TcpInfo {
        data_sent: minute,
        data_received: minute,
        ack_received: minute,
        ..TcpInfo::default()
    });
    socket
}

fn chosen(selection: &SocketSelection) -> Vec<u64> {
    selection
        .chosen
        .iter()
        .map(|socket| socket.id.cookie)
        .collect()
}

fn reasons(selection: &SocketSelection) -> Vec<(u64, &'static str)> {
    selection
        .spared
        .iter()
        .map(|(socket, reason)| (socket.id.cookie, reason.name()))
        .collect()
}

#[test]
fn idle_for_never_takes_what_may_be_running() {
    let all = snapshot(vec![
        socket(1, End::Client),
        waiting(2, End::Client, 90),
        undecided(3),
    ]);
    let criteria = asked::<SocketsLane>("--idle-for 30s");
    let selection = select(
        &all,
        &criteria,
        SocketCut::default(),
        &SocketPolicy::default(),
    );
    assert_eq!(chosen(&selection), [1]);
    assert_eq!(reasons(&selection), [(3, "cannot-judge")]);
    let longer = asked::<SocketsLane>("--idle-for 90s");
    let selection = select(
        &all,
        &longer,
        SocketCut::default(),
        &SocketPolicy::default(),
    );
    assert_eq!((chosen(&selection), reasons(&selection)), (vec![], vec![]));
}

#[test]
fn a_pid_is_not_matched_where_owners_are_not_visible() {
    let mut hidden = socket(1, End::Client);
    hidden.owners = Owners::NotVisible;
    let all = snapshot(vec![hidden, socket(2, End::Client)]);
    let criteria = asked::<SocketsLane>("--pid 100");
    let selection = select(
        &all,
        &criteria,
        SocketCut::default(),
        &SocketPolicy::default(),
    );
    assert_eq!(chosen(&selection), [2]);
    assert_eq!(reasons(&selection), [(1, "cannot-judge")]);
}

#[test]
fn the_least_harmful_go_first_and_the_rest_is_beyond_the_limit() {
    let mut long_idle = socket(4, End::Client);
    long_idle.info = Some(TcpInfo {
        data_sent: Duration::from_secs(900),
        data_received: Duration::from_secs(800),
        ..TcpInfo::default()
    });
    let all = snapshot(vec![
        waiting(1, End::Client, 9),
        undecided(2),
        socket(3, End::Client),
        long_idle,
    ]);
    let cut = SocketCut {
        limit: Some(3),
        oldest: None,
    };
    let selection = select(&all, &Criteria::default(), cut, &SocketPolicy::default());
    assert_eq!(chosen(&selection), [4, 3, 2]);
    assert_eq!(reasons(&selection), [(1, "over-limit")]);
    let cut = SocketCut {
        limit: None,
        oldest: Some(1),
    };
    let selection = select(&all, &Criteria::default(), cut, &SocketPolicy::default());
    assert_eq!(chosen(&selection), [4]);
}

#[test]
fn of_a_connection_with_both_ends_here_one_is_enough_and_that_is_the_servers() {
    let mut server = socket(1, End::Server);
    server.id.cookie = 9;
    let all = snapshot(vec![socket(1, End::Client), server]);
    let selection = select(
        &all,
        &Criteria::default(),
        SocketCut::default(),
        &SocketPolicy::default(),
    );
    assert_eq!(chosen(&selection), [9]);
    assert_eq!(reasons(&selection), [(1, "other-end")]);
}

#[test]
fn our_own_and_replication_are_left_alone_from_either_end() {
    let mut ours = socket(1, End::Client);
    ours.owners = Owners::Known(vec![owner(55, "ssh")]);
    let mut other_end = socket(1, End::Server);
    other_end.id.cookie = 8;
    let mut walsender = socket(2, End::Server);
    let title = super::super::Owner {
        command: "postgres: walsender repl 10.0.0.1(40002) streaming 0/3000060".to_owned(),
        ..(*owner(7, "postgres")).clone()
    };
    walsender.owners = Owners::Known(vec![title.into()]);
    let all = snapshot(vec![ours, other_end, walsender]);
    let mut policy = SocketPolicy {
        ourselves: HashSet::from([55]),
        walsenders: false,
    };
    let selection = select(&all, &Criteria::default(), SocketCut::default(), &policy);
    assert_eq!(chosen(&selection), [0_u64; 0]);
    assert_eq!(
        reasons(&selection),
        [(1, "ourselves"), (2, "walsender"), (8, "ourselves")]
    );
    policy.walsenders = true;
    let selection = select(&all, &Criteria::default(), SocketCut::default(), &policy);
    assert_eq!(chosen(&selection), [2]);
}
