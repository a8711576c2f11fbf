//! The status screen: how full, who holds the slots, what is stuck, what to type next.
//!
//! Stage: report. In: one snapshot, and the lane it came over. Made for 80 columns and about 25 lines in an
//! ordinary incident: what is as it should be takes no line.
//! Never: decides what to type next; that comes in as [`Advice`].

use crate::decide::blocking::{Node, trees};
use crate::decide::breakdown::{Dimension, Group, count_by};
use crate::decide::capacity::{Capacity, Slots};
use crate::decide::runbook::Runbook;
use crate::decide::session::{Kind, State};
use crate::decide::snapshot::{NamedLimit, Snapshot};

use super::advice::Advice;
use super::page::{Page, STICK, counted, plural};
use super::palette::Tone;
use super::pools::{self, PoolerView};
use super::{Extent, Glyphs, LaneView, Screen, blockers, duration, identity, sanitize};

/// Groups shown of each kind.
const GROUPS: usize = 5;
/// A limit is worth a line from so many percent on.
pub(crate) const NEAR: usize = 80;
/// Nearly full, in percent of the ordinary slots.
const FILLING: u32 = 80;
/// Columns of a bar.
const BAR: usize = 20;

/// What is shown.
#[derive(Debug, Clone, Copy)]
pub struct StatusView<'a> {
    /// The server.
    pub snapshot: &'a Snapshot,
    /// The way we came.
    pub lane: &'a LaneView,
    /// The pooler before the server, when one was asked.
    pub pooler: Option<&'a PoolerView<'a>>,
    /// What to type next, the most useful first.
    pub next: &'a [Advice],
    /// What to type to read the page that fits.
    pub read_up: Option<&'a str>,
}

impl StatusView<'_> {
    /// The page for what is wrong here, for who has never seen it.
    pub fn runbook(&self) -> Option<Runbook> {
        let short = |pooler: &PoolerView<'_>| !pooler.bottlenecks().is_empty();
        Runbook::fitting(self.snapshot, self.pooler.is_some_and(short))
    }
}

/// The screen.
pub fn status(view: &StatusView<'_>, screen: Screen) -> String {
    let mut page = Page::new(screen.width, screen.palette);
    let capacity = view.snapshot.capacity();
    let (tone, text) = headline(view.snapshot, &capacity);
    page.heading(tone, &text);
    page.gap();
    identity::identity(&mut page, view.snapshot, view.lane, screen);
    page.gap();
    slots(&mut page, view.snapshot, &capacity, screen);
    page.gap();
    stuck(&mut page, view.snapshot);
    states(&mut page, view.snapshot);
    holders(&mut page, view.snapshot, screen);
    limits(&mut page, view.snapshot);
    beside(&mut page, view.snapshot);
    if let Some(pooler) = view.pooler {
        pools::entries(&mut page, pooler);
    }
    next(&mut page, view.next, screen);
    if let Some(line) = view.read_up {
        page.gap();
        page.command("runbook", line);
    }
    page.finish()
}

/// The one sentence, and how loud it is.
pub(crate) fn headline(snapshot: &Snapshot, capacity: &Capacity) -> (Tone, String) {
    let Slots { total, used, free } = capacity.ordinary;
    let hidden = snapshot.hidden();
    let about = if hidden > 0 {
        " (some rows are hidden)"
    } else {
        ""
    };
    if capacity.full() {
        let text =
            format!("FULL: {used} of {total} ordinary slots used, an ordinary login is refused");
        (Tone::Alarm, text)
    } else if capacity.percent() >= FILLING {
        let text =
            format!("NEARLY FULL: {used} of {total} ordinary slots used, {free} free{about}");
        (Tone::Warn, text)
    } else {
        let text = format!("OK: {used} of {total} ordinary slots used, {free} free{about}");
        (Tone::Good, text)
    }
}

/// Below so many columns there is no room for a bar.
const NARROW: usize = 64;

pub(super) fn slots(page: &mut Page, snapshot: &Snapshot, capacity: &Capacity, screen: Screen) {
    let rows = [
        ("ordinary", capacity.ordinary),
        ("reserved", capacity.reserved),
        ("superuser", capacity.superuser),
    ];
    let digits = capacity.all.total.to_string().len();
    // On a narrow screen the numbers would not fit beside it.
    let glyphs = match screen.width {
        Some(width) if width < NARROW => Glyphs::Plain,
        _ => screen.glyphs,
    };
    let mut label = "slots";
    for (name, slots) in rows.into_iter().filter(|(_, slots)| slots.total > 0) {
        let tone = match (slots.free, name) {
            (0, "ordinary") => Tone::Alarm,
            (0, _) => Tone::Warn,
            _ => Tone::Plain,
        };
        let text = format!(
            "{name:<10}{} {:>digits$} of {:>digits$} used, {:>digits$} free",
            bar(slots, glyphs),
            slots.used,
            slots.total,
            slots.free
        );
        page.entry(label, tone, &text);
        label = "";
    }
    page.entry("", Tone::Dim, &sanitize::line(&snapshot.limits.formula()));
    if snapshot.hidden() > 0 {
        let text = "the count may include processes of other kinds among the hidden rows";
        page.entry("", Tone::Dim, text);
    }
}

fn bar(slots: Slots, glyphs: Glyphs) -> String {
    let total = usize::try_from(slots.total.max(1)).unwrap_or(1);
    let used = usize::try_from(slots.used).unwrap_or(0).min(total);
    // Only a full class has a full bar, and one that is used at all is never empty.
    let filled = (used * BAR / total).max(usize::from(used > 0));
    let (full, empty) = match glyphs {
        Glyphs::Unicode => ("█", "░"),
        Glyphs::Ascii => ("#", "."),
        Glyphs::Plain => return String::new(),
    };
    format!("{}{}", full.repeat(filled), empty.repeat(BAR - filled))
}

/// The head of the worst queue: one line, because it is often the whole incident.
fn stuck(page: &mut Page, snapshot: &Snapshot) {
    let forest = trees(snapshot);
    let Some(worst) = forest.first() else { return };
    page.entry("stuck", Tone::Alarm, &queue_line(snapshot, worst));
    if forest.len() > 1 {
        let waiting: usize = forest.iter().skip(1).map(Node::released).sum();
        let text = format!(
            "{} more with {} waiting (breakglass blockers)",
            plural(forest.len() - 1, "queue"),
            waiting
        );
        page.entry("", Tone::Plain, &text);
    }
}

/// `4711 (web, idle in transaction 4m10s) keeps 7 waiting`
pub(crate) fn queue_line(snapshot: &Snapshot, head: &Node) -> String {
    let who = blockers::who(snapshot, head);
    format!("{who} keeps {} waiting", head.released())
}

fn states(page: &mut Page, snapshot: &Snapshot) {
    let mut groups = count_by(snapshot.holders(), Dimension::State);
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    let widest = groups
        .iter()
        .map(|group| group.name.len())
        .max()
        .unwrap_or(0);
    let most = groups.first().map_or(0, |group| group.count);
    let digits = most.to_string().len();
    let mut label = "sessions";
    for Group {
        name,
        count,
        oldest,
    } in &groups
    {
        let since = oldest.map_or(String::new(), |oldest| {
            format!("  oldest {}", duration::age(oldest))
        });
        let troubled = [State::IdleInTransaction.name(), State::Aborted.name()];
        let tone = if troubled.contains(&name.as_str()) {
            Tone::Warn
        } else {
            Tone::Plain
        };
        let text = format!("{count:>digits$}  {name:<widest$}{since}");
        page.entry(label, tone, &text.replace(' ', STICK));
        label = "";
    }
}

fn holders(page: &mut Page, snapshot: &Snapshot, screen: Screen) {
    let most = if screen.extent == Extent::Whole {
        usize::MAX
    } else {
        GROUPS
    };
    let by = [
        ("by app", Dimension::Application),
        ("by user", Dimension::User),
        ("by db", Dimension::Database),
        ("by client", Dimension::Client),
    ];
    for (label, dimension) in by {
        let groups = pairs(count_by(snapshot.holders(), dimension));
        if !groups.is_empty() {
            page.entry(label, Tone::Plain, &counted(&groups, most));
        }
    }
}

/// Groups as names and numbers.
pub(crate) fn pairs(groups: Vec<Group>) -> Vec<(String, usize)> {
    groups
        .into_iter()
        .map(|group| (group.name, group.count))
        .collect()
}

/// Roles and databases at or near their own limit; those far from it are no news.
fn limits(page: &mut Page, snapshot: &Snapshot) {
    let roles = near(&snapshot.role_limits, |name| snapshot.role_used(name));
    let databases = near(&snapshot.database_limits, |name| {
        snapshot.database_used(name)
    });
    let all = roles.iter().map(|near| ("role", near));
    let all = all.chain(databases.iter().map(|near| ("database", near)));
    for (kind, (name, used, limit)) in all {
        let at = if *limit == 0 {
            "closed by CONNECTION LIMIT 0".to_owned()
        } else if used >= limit {
            format!("at its CONNECTION LIMIT {limit}: its logins are refused")
        } else {
            format!("near its CONNECTION LIMIT {limit}")
        };
        let text = format!("{kind} {}: {used} used, {at}", sanitize::line(name));
        page.entry("limit", Tone::Warn, &text);
    }
}

/// Name, used, limit of those at [`NEAR`] percent or more.
pub(crate) fn near(
    limits: &[NamedLimit],
    used: impl Fn(&str) -> usize,
) -> Vec<(String, usize, usize)> {
    let rows = limits.iter().map(|limit| {
        let ceiling = usize::try_from(limit.limit).unwrap_or(usize::MAX);
        (limit.name.clone(), used(&limit.name), ceiling)
    });
    rows.filter(|(_, used, limit)| used.saturating_mul(100) >= limit.saturating_mul(NEAR))
        .collect()
}

/// What holds no slot, cannot be seen, or holds locks without a session.
fn beside(page: &mut Page, snapshot: &Snapshot) {
    match snapshot.authenticating() {
        Some(0) => {}
        Some(count) => {
            let text = format!(
                "{} in the middle of logging in, each on a slot",
                plural(count, "session")
            );
            page.entry("logins", Tone::Warn, &text);
        }
        None => page.entry(
            "logins",
            Tone::Dim,
            "half-finished logins hold slots too; before 18 nobody can see them",
        ),
    }
    if snapshot.hidden() > 0 {
        let text = format!(
            "{} of other roles; GRANT pg_monitor TO {} shows them",
            plural(snapshot.hidden(), "row"),
            sanitize::identifier(&snapshot.server.role)
        );
        page.entry("hidden", Tone::Warn, &text);
    }
    if snapshot.prepared.count > 0 {
        let count = usize::try_from(snapshot.prepared.count).unwrap_or(usize::MAX);
        let oldest = snapshot.prepared.oldest.map_or(String::new(), |oldest| {
            format!(", the oldest {} old", duration::age(oldest))
        });
        let text = format!(
            "{}{oldest}: locks without a slot",
            plural(count, "transaction")
        );
        page.entry("prepared", Tone::Warn, &text);
    }
    let others = snapshot.others().count();
    let text = format!(
        "{} of {} walsenders, {others} server process{}; they hold none of these slots",
        snapshot.count(&Kind::Walsender),
        snapshot.limits.max_wal_senders,
        if others == 1 { "" } else { "es" },
    );
    page.entry("apart", Tone::Dim, &text);
}

pub(super) fn next(page: &mut Page, advice: &[Advice], screen: Screen) {
    if advice.is_empty() {
        return;
    }
    page.gap();
    let most = if screen.extent == Extent::Whole {
        usize::MAX
    } else {
        4
    };
    let mut label = "next";
    for advice in advice.iter().take(most) {
        page.command(label, &sanitize::line(&advice.command));
        page.entry("", Tone::Dim, &format!("  {}", sanitize::line(&advice.why)));
        label = "";
    }
}
