//! Who keeps whom waiting, drawn as trees: the head of the longest queue first, and what ending it releases.
//!
//! Stage: report. In: the forest of [`trees`](crate::decide::blocking::trees).
//! Never: recurses, because a queue can be thousands deep.

use crate::decide::blocking::Node;
use crate::decide::session::{Kind, Session, State};
use crate::decide::snapshot::Snapshot;

use super::page::{Page, plural};
use super::palette::Tone;
use super::{Extent, Glyphs, Screen, duration, pools, sanitize, sessions};

/// Deeper than this a tree is not indented any further.
const DEEPEST: usize = 8;
/// Columns before a command that is to be typed.
const INDENT: usize = 2;
/// Waiters shown of one tree.
const WAITERS: usize = 20;

/// The forest as text. `terminate` writes the command that ends a PID, with whatever connection flags it needs.
pub fn blockers(
    snapshot: &Snapshot,
    forest: &[Node],
    terminate: &dyn Fn(i32) -> String,
    screen: Screen,
) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    if forest.is_empty() {
        page.heading(
            Tone::Good,
            "Nobody waits for a lock that another session holds.",
        );
        return page.finish();
    }
    let waiting: usize = forest.iter().map(Node::released).sum();
    let waits = if waiting == 1 { "waits" } else { "wait" };
    let text = format!(
        "{} {waits} for a lock, in {}",
        plural(waiting, "session"),
        plural(forest.len(), "queue")
    );
    page.heading(Tone::Strong, &text);
    for tree in forest {
        page.gap();
        page.lines(&draw(snapshot, tree, screen));
        let Advice { says, command } = advice(snapshot, tree, terminate);
        for line in says {
            page.heading(Tone::Dim, &line);
        }
        if let Some(command) = command {
            let mut next = Page::new(screen.width, screen.palette).with_labels(INDENT);
            next.command("", &command);
            page.lines(&next.finish());
        }
    }
    page.finish()
}

/// A node with its place in the tree: how deep, and whether its ancestors and it are the last of their kind.
pub(crate) struct Placed<'a> {
    /// The node.
    pub node: &'a Node,
    /// Levels below the head.
    pub depth: usize,
    /// Whether it is the last child of its parent.
    last: bool,
    /// The same of its ancestors below the head, as far as they are drawn.
    above: Vec<bool>,
    /// Whom it is drawn under.
    pub parent: Option<i32>,
}

/// All nodes of a tree from top to bottom, as they are drawn.
pub(crate) fn flatten(tree: &Node) -> Vec<Placed<'_>> {
    let mut flat = Vec::new();
    let mut open = vec![Placed {
        node: tree,
        depth: 0,
        last: true,
        above: Vec::new(),
        parent: None,
    }];
    while let Some(placed) = open.pop() {
        let count = placed.node.waiters.len();
        for (index, waiter) in placed.node.waiters.iter().enumerate().rev() {
            let mut above = placed.above.clone();
            if placed.depth > 0 && above.len() < DEEPEST {
                above.push(placed.last);
            }
            open.push(Placed {
                node: waiter,
                depth: placed.depth + 1,
                last: index + 1 == count,
                above,
                parent: Some(placed.node.pid),
            });
        }
        flat.push(placed);
    }
    flat
}

fn draw(snapshot: &Snapshot, tree: &Node, screen: Screen) -> String {
    let flat = flatten(tree);
    let most = if screen.extent == Extent::Whole {
        usize::MAX
    } else {
        WAITERS
    };
    let mut out = String::new();
    for placed in flat.iter().take(most.saturating_add(1)) {
        let head = placed.depth == 0;
        let branch = branch(placed, screen.glyphs);
        let text = format!("{branch}{}", node_line(snapshot, placed.node, head));
        let text = match screen.width {
            Some(width) => sanitize::fit(&text, width).into_owned(),
            None => text,
        };
        let tone = if head { Tone::Alarm } else { Tone::Plain };
        out.push_str(&screen.palette.paint(tone, text.trim_end()));
        out.push('\n');
    }
    let left = flat.len().saturating_sub(most.saturating_add(1));
    if left > 0 {
        out.push_str(&format!("   +{left} more below\n"));
    }
    out
}

fn branch(placed: &Placed<'_>, glyphs: Glyphs) -> String {
    let (tee, end, pipe) = match glyphs {
        Glyphs::Unicode => ("├─ ", "└─ ", "│  "),
        Glyphs::Ascii => ("|- ", "`- ", "|  "),
        Glyphs::Plain => ("   ", "   ", "   "),
    };
    let mut text = String::new();
    if placed.depth == 0 {
        return text;
    }
    for done in &placed.above {
        text.push_str(if *done { "   " } else { pipe });
    }
    if placed.depth > DEEPEST + 1 {
        text.push_str(&format!("({} deep) ", placed.depth));
    }
    text.push_str(if placed.last { end } else { tee });
    text
}

/// One node: who, what it does, for how long, and its statement.
fn node_line(snapshot: &Snapshot, node: &Node, head: bool) -> String {
    let mut text = if head {
        format!("{}, {} waiting", who(snapshot, node), node.released())
    } else {
        who(snapshot, node)
    };
    if !node.also_waits_for.is_empty() {
        let others: Vec<String> = node
            .also_waits_for
            .iter()
            .take(3)
            .map(sessions::blocker)
            .collect();
        let more = if node.also_waits_for.len() > 3 {
            "…"
        } else {
            ""
        };
        let also = if head { "waits" } else { "waits also" };
        text.push_str(&format!(", {also} for {}{more}", others.join(", ")));
    }
    if let Some(session) = session(snapshot, node).filter(|session| session.pooled.is_some()) {
        text.push_str(&format!(
            ", for {}",
            sanitize::line(&pools::behind(session))
        ));
    }
    if let Some(query) = session(snapshot, node).and_then(|session| session.query.as_deref()) {
        text.push_str("  ");
        text.push_str(&sanitize::one_line_start(query, 400));
    }
    text
}

/// `4711 (web as shop, idle in transaction 4m10s)`; a name for what is no session.
pub(crate) fn who(snapshot: &Snapshot, node: &Node) -> String {
    let Some(session) = session(snapshot, node) else {
        return match node.pid {
            0 => "a prepared transaction (no session)".to_owned(),
            pid => format!("{pid} (not among the sessions any more)"),
        };
    };
    let name = match (session.application.as_deref(), session.user.as_deref()) {
        (Some(application), _) if !application.is_empty() => application,
        (_, Some(user)) => user,
        _ => session.kind.name(),
    };
    let name = sanitize::line(name);
    let name = sanitize::fit(&name, 24);
    format!("{} ({name}, {})", session.id.pid, doing(session))
}

fn doing(session: &Session) -> String {
    let (what, since) = if session.waits_for_lock() {
        ("waits", session.query_for)
    } else {
        match session.state {
            Some(State::Active | State::Fastpath) => ("active", session.query_for),
            Some(state) => (state.name(), session.state_for),
            None => (session.kind.name(), session.state_for),
        }
    };
    match since {
        Some(since) => format!("{what} {}", duration::age(since)),
        None => what.to_owned(),
    }
}

/// What would release the queue.
/// What is said below a queue, and what to type.
struct Advice {
    says: Vec<String>,
    command: Option<String>,
}

fn advice(snapshot: &Snapshot, tree: &Node, terminate: &dyn Fn(i32) -> String) -> Advice {
    let only = |says: &[&str]| Advice {
        says: says.iter().map(|&line| line.to_owned()).collect(),
        command: None,
    };
    let queue = format!("releases the queue of {}", tree.released());
    let Some(session) = session(snapshot, tree) else {
        if tree.pid == 0 {
            let find =
                "SELECT gid, prepared, owner, database FROM pg_prepared_xacts ORDER BY prepared";
            return only(&[
                &format!("its locks outlive its session; find it: {find}"),
                &format!("ROLLBACK PREPARED 'gid' in that database {queue}"),
            ]);
        }
        return only(&["it came or went during the look; look again"]);
    };
    if !tree.also_waits_for.is_empty() {
        return only(&["a ring: the server breaks it by itself after deadlock_timeout"]);
    }
    if matches!(session.kind, Kind::Background(_) | Kind::ParallelWorker) {
        return only(&["one of the server's own processes, never a target of breakglass"]);
    }
    Advice {
        says: vec![format!("ending the head {queue}:")],
        command: Some(sanitize::line(&terminate(session.id.pid)).into_owned()),
    }
}

fn session<'a>(snapshot: &'a Snapshot, node: &Node) -> Option<&'a Session> {
    node.session.and_then(|index| snapshot.sessions.get(index))
}
