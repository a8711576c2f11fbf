//! What a connection is doing, told from which end spoke last.
//!
//! Pure. A client sends a statement and the server answers it; so after the server spoke last, the session waits for
//! its client, and after the client did, the server works. The kernel keeps both moments, to the grain of its clock.
//!
//! Two limits follow, and both are shown rather than guessed away. A transaction left open looks idle. And a
//! statement that has sent a part of its rows and goes on computing looks idle too.
//!
//! A statement that is answered within one grain leaves two equal moments. The order is then told by a bare
//! acknowledgement, if one came: it is sent, after a delay, by the end that received data and had none to send. Never
//! is "idle" concluded from its absence: that would sever a running statement. Nor is anything concluded while data lies
//! unread at our end: once its room is full, the kernel drops what comes, notes that it acknowledged something, and
//! does not note data (so seen at the client of a `COPY … TO STDOUT` that nobody reads). What stays undecided is settled
//! by the title of the backend, where that process is on this host and may be read; the answer says so.

use std::time::Duration;

use super::{End, Socket, TcpState, Timer};
use crate::decide::connection::Class;

/// A delayed acknowledgement comes within this (`TCP_DELACK_MAX`, 200 ms, and a round trip). Later ones answer keepalives.
const DELAYED_ACK: Duration = Duration::from_millis(500);

/// What a class was told from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum ToldBy {
    /// The kernel's moments.
    Tcp,
    /// The process title of its backend, a moment later. It is the server's own word, and as old as that where
    /// `update_process_title` was turned off while the server ran.
    Title,
}

words!(ToldBy);

/// A class, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// What it is doing.
    pub class: Class,
    /// What that was told from.
    pub told_by: ToldBy,
    /// Since when; `None` when the kernel does not tell.
    pub since: Option<Duration>,
}

/// Why the other end may not be there any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Trouble {
    /// Sent again so many times without an answer.
    Retransmitting(u8),
    /// So many keepalives without an answer.
    KeepaliveUnanswered(u8),
    /// The other end takes no data; asked so many times without an answer.
    ZeroWindow(u8),
}

words!(Trouble);

impl Trouble {
    /// How often there was no answer.
    pub fn tries(self) -> u8 {
        match self {
            Self::Retransmitting(tries)
            | Self::KeepaliveUnanswered(tries)
            | Self::ZeroWindow(tries) => tries,
        }
    }
}

impl Socket {
    /// What it is doing, with moments closer together than `grain` counting as one.
    pub fn activity(&self, grain: Duration) -> Activity {
        let told = |class, since| Activity {
            class,
            told_by: ToldBy::Tcp,
            since,
        };
        if self.state != TcpState::Established {
            return told(Class::Closing, None);
        }
        // Both moments are the conversation's, whichever end we have.
        let moments = self.info.map(|info| match self.end {
            End::Client => (info.data_sent, info.data_received, info),
            End::Server => (info.data_received, info.data_sent, info),
        });
        let class = match moments {
            None => Class::Undecided,
            Some((asked, answered, _)) if answered + grain < asked => Class::Idle,
            Some((asked, answered, _)) if asked + grain < answered => Class::Waiting,
            // What found no room here is acknowledging too, and was no bare acknowledgement.
            Some(_) if self.unread > 0 => Class::Undecided,
            Some((.., info)) => {
                within_a_grain(self.end, info.data_received, info.ack_received, grain)
            }
        };
        let (class, told_by) = match (class, self.title) {
            (Class::Undecided, Some(class)) => (class, ToldBy::Title),
            (class, _) => (class, ToldBy::Tcp),
        };
        let since = moments.map(|(asked, answered, _)| match class {
            Class::Waiting => asked,
            _ => answered,
        });
        Activity {
            class,
            told_by,
            since,
        }
    }

    /// Whether the other end has stopped answering.
    pub fn trouble(&self) -> Option<Trouble> {
        let retransmits = self.info.map_or(0, |info| info.retransmits);
        match self.timer {
            Timer::Retransmit if self.timer_tries > 0 || retransmits > 0 => {
                Some(Trouble::Retransmitting(self.timer_tries.max(retransmits)))
            }
            Timer::Keepalive if self.timer_tries > 0 && self.state == TcpState::Established => {
                Some(Trouble::KeepaliveUnanswered(self.timer_tries))
            }
            Timer::ZeroWindow if self.timer_tries > 0 => {
                Some(Trouble::ZeroWindow(self.timer_tries))
            }
            _ => None,
        }
    }
}

/// The order of two moments within one grain, as far as an acknowledgement without data tells it: the other end
/// received ours, and had nothing to say.
fn within_a_grain(end: End, received: Duration, acked: Duration, grain: Duration) -> Class {
    let later = received.saturating_sub(acked);
    if later <= grain || later > DELAYED_ACK {
        return Class::Undecided;
    }
    match end {
        End::Client => Class::Waiting,
        End::Server => Class::Idle,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GRAIN, socket};
    use super::super::{TcpInfo, TcpState};
    use super::*;

    fn told(end: End, sent: u64, received: u64, acked: u64) -> (Class, Option<u64>) {
        let mut socket = socket(1, end);
        let ms = Duration::from_millis;
        socket.info = Some(TcpInfo {
            data_sent: ms(sent),
            data_received: ms(received),
            ack_received: ms(acked),
            ..TcpInfo::default()
        });
        let activity = socket.activity(GRAIN);
        let since = activity
            .since
            .and_then(|since| u64::try_from(since.as_millis()).ok());
        (activity.class, since)
    }

    #[test]
    fn the_end_that_spoke_last_tells_whose_turn_it_is() {
        // (end, ms since sent, received, acknowledged) -> class, since
        let table = [
            ((End::Client, 5_000, 4_000, 4_000), (Class::Idle, 4_000)),
            ((End::Client, 4_000, 5_000, 3_960), (Class::Waiting, 4_000)),
            ((End::Server, 4_000, 5_000, 3_960), (Class::Idle, 4_000)),
            ((End::Server, 5_000, 4_000, 4_000), (Class::Waiting, 4_000)),
            // A keepalive's answer tells nothing.
            ((End::Client, 90_000, 80_000, 1_000), (Class::Idle, 80_000)),
        ];
        for ((end, sent, received, acked), (class, since)) in table {
            assert_eq!(
                told(end, sent, received, acked),
                (class, Some(since)),
                "{end:?} {sent} {received}"
            );
        }
    }

    #[test]
    fn within_the_clocks_grain_only_an_acknowledgement_decides() {
        let table = [
            ((End::Client, 4_000, 4_000, 4_000), Class::Undecided),
            ((End::Client, 4_004, 4_000, 4_000), Class::Undecided),
            ((End::Client, 4_000, 4_004, 4_000), Class::Undecided),
            ((End::Client, 4_005, 4_000, 4_000), Class::Idle),
            ((End::Client, 4_000, 4_000, 3_960), Class::Waiting),
            ((End::Server, 4_000, 4_000, 3_960), Class::Idle),
            ((End::Server, 4_000, 4_000, 4_000), Class::Undecided),
            // Long after: the answer to a keepalive, not to data.
            ((End::Server, 4_000, 4_000, 1_000), Class::Undecided),
            ((End::Client, 4_000, 4_000, 1_000), Class::Undecided),
        ];
        for ((end, sent, received, acked), class) in table {
            assert_eq!(
                told(end, sent, received, acked).0,
                class,
                "{end:?} {sent} {received} {acked}"
            );
        }
    }

    #[test]
    fn an_acknowledgement_that_came_while_there_was_no_room_decides_nothing() {
        for end in [End::Client, End::Server] {
            let mut full = socket(1, end);
            full.info = Some(TcpInfo {
                data_sent: Duration::from_millis(2_780),
                data_received: Duration::from_millis(2_776),
                ack_received: Duration::from_millis(2_768),
                ..TcpInfo::default()
            });
            assert_ne!(full.activity(GRAIN).class, Class::Undecided);
            full.unread = 122_880;
            assert_eq!(full.activity(GRAIN).class, Class::Undecided, "{end:?}");
        }
    }

    #[test]
    fn what_stays_undecided_is_settled_by_the_title_and_nothing_else_is() {
        let table = [
            (4_000, 4_000, Some(Class::Idle), Class::Idle, ToldBy::Title),
            (
                4_000,
                4_000,
                Some(Class::Waiting),
                Class::Waiting,
                ToldBy::Title,
            ),
            (4_000, 4_000, None, Class::Undecided, ToldBy::Tcp),
            (3_000, 4_000, Some(Class::Idle), Class::Waiting, ToldBy::Tcp),
            (4_000, 3_000, Some(Class::Waiting), Class::Idle, ToldBy::Tcp),
        ];
        for (sent, received, title, class, told_by) in table {
            let mut socket = socket(1, End::Client);
            socket.info = Some(TcpInfo {
                data_sent: Duration::from_millis(sent),
                data_received: Duration::from_millis(received),
                ack_received: Duration::from_millis(received),
                ..TcpInfo::default()
            });
            socket.title = title;
            let activity = socket.activity(GRAIN);
            assert_eq!((activity.class, activity.told_by), (class, told_by));
            socket.state = TcpState::CloseWait;
            assert_eq!(socket.activity(GRAIN).class, Class::Closing);
        }
    }

    #[test]
    fn without_tcp_info_nothing_is_concluded() {
        let mut bare = socket(1, End::Client);
        bare.info = None;
        assert_eq!(bare.activity(GRAIN).class, Class::Undecided);
        bare.state = TcpState::CloseWait;
        assert_eq!(bare.activity(GRAIN).class, Class::Closing);
    }

    #[test]
    fn a_peer_that_does_not_answer_is_told_from_one_that_is_only_waited_for() {
        let table = [
            (Timer::Off, 0, None),
            (Timer::Retransmit, 0, None),
            (Timer::Retransmit, 3, Some(Trouble::Retransmitting(3))),
            (Timer::Keepalive, 0, None),
            (Timer::Keepalive, 2, Some(Trouble::KeepaliveUnanswered(2))),
            (Timer::ZeroWindow, 0, None),
            (Timer::ZeroWindow, 4, Some(Trouble::ZeroWindow(4))),
        ];
        for (timer, tries, trouble) in table {
            let mut socket = socket(1, End::Server);
            socket.timer = timer;
            socket.timer_tries = tries;
            assert_eq!(socket.trouble(), trouble);
        }
    }
}
