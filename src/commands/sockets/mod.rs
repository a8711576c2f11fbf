//! `breakglass sockets`: the TCP connections of this host to the target, listed or severed.
//!
//! Needs no login: it works when the database lets nobody in, on the application's host and on the server's.

mod list;
mod sever;

use clap::{Args, Subcommand};

use crate::decide::sockets::Socket;
use crate::error::{Failure, Outcome};
use crate::record::Record;
use crate::stages::Context;
use crate::stages::pipeline::Ended;

/// List or sever this host's TCP connections, without a login
///
/// Works on the application's host and on the server's, and shows who has each connection open and whether the
/// server has answered (idle) or is being waited for. With -p alone, every connection with that port at either end;
/// else those to the target's addresses. Looks into the network namespaces of containers too, as root.
///
/// Needs nothing to list; root to see other users' processes, and to sever. Severing frees the slots of idle sessions
/// and of those blocked on writing, and not those of running statements or lock waits. What the kernel's clock cannot
/// tell is undecided, unless the server runs here and the title of its process says it.
///
/// Does not see sessions on a Unix socket. Cannot tell role, database, application or transaction: a transaction
/// left open looks idle, and so does a statement that has sent a part of its rows and goes on computing.
///
/// Changes nothing without 'sever'.
///
/// Exit codes: 0 listed, 1 nothing matched, 2 wrong use, 3 the kernel does not answer.
///
/// Example: breakglass sockets -p 5432 --idle-for 5m
#[derive(Debug, Args)]
pub struct SocketsArgs {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    list: list::ListArgs,
}

#[derive(Debug, Subcommand)]
enum What {
    List(list::ListArgs),
    Sever(sever::SeverArgs),
}

/// Severs as a step of something longer, whose record is open. `None`: that is not what was typed.
pub(super) fn step(
    args: &SocketsArgs,
    record: &mut Record,
    context: &Context,
) -> Result<Option<Ended<Socket>>, Failure> {
    match &args.what {
        Some(What::Sever(args)) => sever::step(args, record, context).map(Some),
        _ => Ok(None),
    }
}

/// Lists, unless severing was asked for.
pub fn run(args: &SocketsArgs, context: &Context) -> Outcome {
    match &args.what {
        None => list::run(&args.list, context),
        Some(What::List(args)) => list::run(args, context),
        Some(What::Sever(args)) => sever::run(args, context),
    }
}
