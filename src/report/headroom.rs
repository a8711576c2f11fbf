//! The headroom review: a screen, and a markdown report for whoever reads it next quarter.
//!
//! Stage: report. In: what [`crate::decide::headroom`] found. Says why where the samples do not allow to say more.

use super::chart::chart;
use super::duration::rfc3339;
use super::grid::{Align, Column, Grid, Row};
use super::page::{Page, plural};
use super::palette::Tone;
use super::{Screen, sanitize};
use crate::decide::headroom::trend::{Day, FEWEST_DAYS, Trend};
use crate::decide::headroom::{DAY, History, Review};

/// Applications and roles on a screen.
const MOST: usize = 8;

/// What is shown.
#[derive(Debug, Clone, Copy)]
pub struct HeadroomView<'a> {
    /// The name the server goes by, or the file.
    pub server: &'a str,
    /// What it was found in.
    pub history: &'a History,
    /// What was found.
    pub review: &'a Review,
}

/// `2026-11-22`
pub fn date(day: Day) -> String {
    let text = rfc3339(day.saturating_mul(DAY));
    text.split('T').next().unwrap_or(&text).to_owned()
}

/// The screen.
pub fn screen(view: &HeadroomView<'_>, screen: Screen) -> String {
    let review = view.review;
    let mut page = Page::new(screen.width, screen.palette);
    page.heading(tone(review), &headline(review));
    page.gap();
    for (label, text) in facts(view) {
        page.entry(label, Tone::Plain, &text);
    }
    page.gap();
    page.entry("by week", Tone::Dim, "the peaks under the ordinary slots");
    page.lines(&chart(&review.weeks, review.capacity, screen.glyphs));
    let grids = [
        ("apps", growth(review)),
        ("fleet", fleet(review)),
        ("roles", roles(review)),
    ];
    for (label, mut grid) in grids {
        if grid.rows.is_empty() {
            continue;
        }
        let more = grid.rows.len().saturating_sub(MOST);
        grid.rows.truncate(MOST);
        page.gap();
        for line in grid.table(screen.width, screen.palette) {
            page.lines(&format!("{line}\n"));
        }
        if more > 0 {
            page.entry("", Tone::Dim, &format!("and {more} more {label}"));
        }
    }
    page.gap();
    for sentence in conclusions(review) {
        page.entry("means", Tone::Plain, &sentence);
    }
    let sql = sql(review);
    if !sql.is_empty() {
        page.gap();
        page.entry(
            "limits",
            Tone::Dim,
            "no restart; sessions that are there stay:",
        );
        for line in sql {
            page.lines(&format!("{line}\n"));
        }
    }
    page.finish()
}

/// The report.
pub fn markdown(view: &HeadroomView<'_>) -> String {
    let review = view.review;
    let server = sanitize::line(view.server).replace('`', "'");
    let mut out = format!("# Headroom of `{server}`\n\n{}\n\n", headline(review));
    for (label, text) in facts(view) {
        out.push_str(&format!("- {label}: {}\n", escaped(&text)));
    }
    let sections = [
        ("Peaks by week", weeks(review)),
        ("Growth by application", growth(review)),
        ("The fleet", fleet(review)),
        ("Roles", roles(review)),
    ];
    for (title, grid) in sections {
        if !grid.rows.is_empty() {
            out.push_str(&format!("\n## {title}\n\n{}", grid.markdown()));
        }
    }
    out.push_str("\n## What that means\n\n");
    for sentence in conclusions(review) {
        out.push_str(&format!("- {}\n", escaped(&sentence)));
    }
    let sql = sql(review);
    if !sql.is_empty() {
        out.push_str("\nNo restart; sessions that are there stay:\n\n```sql\n");
        out.push_str(&sql.join("\n"));
        out.push_str("\n```\n");
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace(['<', '`'], "'")
        .replace('|', "\\|")
}

fn tone(review: &Review) -> Tone {
    let reached = review.trend.is_some_and(|trend| trend.ceiling.reached);
    if review.full > 0 || reached {
        Tone::Alarm
    } else if u64::from(review.max) * 5 >= u64::from(review.capacity) * 4 {
        Tone::Warn
    } else {
        Tone::Good
    }
}

fn percent(part: u64, whole: u32) -> u64 {
    part.saturating_mul(100) / u64::from(whole.max(1))
}

fn headline(review: &Review) -> String {
    let used = match review.max.checked_sub(review.capacity) {
        Some(reserve @ 1..) => format!(
            "all {} ordinary slots and {reserve} of the reserve were used",
            review.capacity
        ),
        _ => format!(
            "at most {} of {} ordinary slots were used ({} %)",
            review.max,
            review.capacity,
            percent(review.max.into(), review.capacity)
        ),
    };
    let goes = match review.trend {
        Some(trend) => when(&trend),
        None => "too few days to say where it goes".to_owned(),
    };
    format!("HEADROOM: {used}, {goes}")
}

/// When the ceiling is reached, in a few words.
fn when(trend: &Trend) -> String {
    match (trend.ceiling.reached, trend.ceiling.day) {
        (true, _) => "a busy day reaches the ceiling already".to_owned(),
        (false, Some(day)) => format!("full about {} at this trend", date(day)),
        (false, None) => "not full at this trend in the time that can be seen".to_owned(),
    }
}

/// Labels and sentences, the same on the screen and in the report.
fn facts(view: &HeadroomView<'_>) -> Vec<(&'static str, String)> {
    let review = view.review;
    let (first, last) = review.span;
    let share = |value: u32| format!("{value} ({} %)", percent(value.into(), review.capacity));
    let minutes = review.interval / 60_000_000;
    let mut facts = vec![
        ("server", sanitize::line(view.server).into_owned()),
        (
            "samples",
            format!(
                "{} from {} to {}, usually {minutes} min apart; shorter peaks are not in them",
                review.samples,
                date(first.div_euclid(DAY)),
                date(last.div_euclid(DAY)),
            ),
        ),
        (
            "used",
            format!(
                "p50 {}, p95 {}, max {} of {} ordinary slots",
                share(review.p50),
                share(review.p95),
                share(review.max),
                review.capacity
            ),
        ),
    ];
    if review.full > 0 {
        facts.push((
            "full",
            format!(
                "{} found no ordinary slot free; how many more were wanted cannot be seen",
                plural(review.full as usize, "sample")
            ),
        ));
    }
    facts.push(("trend", trend_sentence(review)));
    if let Some(rise) = review.rise {
        let by = rise.to - rise.from;
        let top = u64::from(review.p95) + u64::from(by);
        facts.push((
            "deploy",
            format!(
                "steepest rise within 30 min: {} to {} on {}; from today's p95 that peaks at {top} of {}",
                rise.from,
                rise.to,
                date(rise.at.div_euclid(DAY)),
                review.capacity
            ),
        ));
    }
    let history = view.history;
    let mut odd = Vec::new();
    if !review.capacities_before.is_empty() {
        let before: Vec<String> = review
            .capacities_before
            .iter()
            .map(u32::to_string)
            .collect();
        odd.push(format!(
            "there were {} ordinary slots before",
            before.join(", ")
        ));
    }
    if review.thin_days > 0 {
        odd.push(format!(
            "{} with less than half of the usual samples left out of the trend",
            plural(review.thin_days, "day")
        ));
    }
    if history.clock_went_back > 0 {
        odd.push(format!(
            "the clock went back {} times",
            history.clock_went_back
        ));
    }
    if history.after_now > 0 {
        odd.push(format!(
            "{} dated after now left out",
            plural(history.after_now as usize, "sample")
        ));
    }
    if history.not_counted > 0 {
        odd.push(format!(
            "{} refused for another reason than room left out",
            plural(history.not_counted as usize, "sample")
        ));
    }
    if !odd.is_empty() {
        facts.push(("note", odd.join("; ")));
    }
    facts
}

fn trend_sentence(review: &Review) -> String {
    let Some(trend) = review.trend else {
        return format!(
            "{} with enough samples do not allow to say; it takes at least {FEWEST_DAYS}",
            plural(review.days, "day")
        );
    };
    let month = |slope: f64| format!("{:+.1}", slope * 30.0);
    let mut text = format!(
        "{} connections in 30 days (95 %: {} to {}); a busy day holds {:.0} now; ",
        month(trend.slope),
        month(trend.low),
        month(trend.high),
        trend.busy_now
    );
    let ceiling = trend.ceiling;
    let horizon = date(ceiling.horizon);
    text.push_str(&when(&trend));
    if !ceiling.reached {
        let side = |day: Option<Day>| day.map_or(format!("after {horizon}"), date);
        match (ceiling.earliest, ceiling.latest) {
            (None, _) => text.push_str(&format!(", not before {horizon}")),
            (Some(day), latest) => {
                text.push_str(&format!(" (95 %: {} to {})", date(day), side(latest)));
            }
        }
    }
    if trend.low <= 0.0 && trend.high >= 0.0 {
        text.push_str("; the slope cannot be told from none");
    }
    text
}

/// The weeks.
pub fn weeks(review: &Review) -> Grid {
    let mut grid = Grid::new(vec![
        Column::key("week", Align::Left),
        Column::key("peak", Align::Right),
        Column::key("slots", Align::Right),
        Column::key("percent", Align::Right),
        Column::key("full", Align::Right),
        Column::key("samples", Align::Right),
    ]);
    for week in &review.weeks {
        grid.rows.push(Row::plain(vec![
            date(week.monday),
            week.peak.to_string(),
            week.capacity.to_string(),
            percent(week.peak.into(), week.capacity).to_string(),
            week.full.to_string(),
            week.samples.to_string(),
        ]));
    }
    grid
}

fn growth(review: &Review) -> Grid {
    let mut grid = Grid::new(vec![
        Column::name("app"),
        Column::key("peak", Align::Right),
        Column::key("first 4 weeks", Align::Right),
        Column::key("last 4 weeks", Align::Right),
        Column::key("in 30 days", Align::Right),
        Column::key("95 %", Align::Left),
    ]);
    for app in &review.growth {
        let month = |slope: f64| format!("{:+.1}", slope * 30.0);
        let (slope, range) = app.slope.map_or_else(
            || ("-".to_owned(), "too few days".to_owned()),
            |(slope, low, high)| (month(slope), format!("{} to {}", month(low), month(high))),
        );
        grid.rows.push(Row::plain(vec![
            named(&app.application),
            app.peak.to_string(),
            app.first.to_string(),
            app.last.to_string(),
            slope,
            range,
        ]));
    }
    grid
}

fn named(name: &str) -> String {
    if name.trim().is_empty() {
        "(none)".to_owned()
    } else {
        name.to_owned()
    }
}

fn fleet(review: &Review) -> Grid {
    let mut grid = Grid::new(vec![
        Column::name("fleet"),
        Column::key("held at most", Align::Right),
        Column::key("could hold", Align::Right),
        Column::key("in a deploy", Align::Right),
        Column::key("of slots", Align::Right),
    ]);
    for it in &review.fleet {
        grid.rows.push(Row::plain(vec![
            it.name.clone(),
            it.held.map_or("-".to_owned(), |held| held.to_string()),
            it.could.to_string(),
            it.deploy.to_string(),
            format!("{} %", percent(it.deploy, review.capacity)),
        ]));
    }
    grid
}

fn roles(review: &Review) -> Grid {
    let mut grid = Grid::new(vec![
        Column::name("role"),
        Column::key("peak", Align::Right),
        Column::key("limit now", Align::Right),
        Column::key("recommended", Align::Right),
        Column::rest("why"),
    ]);
    for role in &review.limits {
        let mut why = Vec::new();
        if role.could_take_all {
            why.push("could take every slot");
        }
        if role.below_peak() {
            why.push("below its peak: the peaks together exceed the slots");
        }
        let number = |limit: Option<u32>| limit.map_or("-".to_owned(), |limit| limit.to_string());
        grid.rows.push(Row::plain(vec![
            named(&role.role),
            role.peak.to_string(),
            number(role.now),
            number(role.recommended),
            why.join("; "),
        ]));
    }
    grid
}

/// Sentences for whoever decides.
fn conclusions(review: &Review) -> Vec<String> {
    let mut sentences = Vec::new();
    let sum = |of: fn(&crate::decide::headroom::fleet::Reckoned) -> u64| {
        review
            .fleet
            .iter()
            .fold(0_u64, |sum, it| sum.saturating_add(of(it)))
    };
    if !review.fleet.is_empty() {
        let (could, deploy) = (sum(|it| it.could), sum(|it| it.deploy));
        let held = sum(|it| it.held.unwrap_or(0).into());
        let verdict = |value: u64| {
            let over = value.saturating_sub(review.capacity.into());
            match over {
                0 => "which fits".to_owned(),
                over => format!("which is {over} more than there are"),
            }
        };
        sentences.push(format!(
            "the fleet held at most {held} of {} slots and could hold {could}, {}; {deploy} while all of it deploys, {}",
            review.capacity,
            verdict(could),
            verdict(deploy)
        ));
    }
    let greedy: Vec<String> = review
        .limits
        .iter()
        .filter(|role| role.could_take_all)
        .map(|role| sanitize::identifier(&role.role))
        .collect();
    match greedy.as_slice() {
        [] => {}
        [one] => sentences.push(format!("one role could take everything: {one}")),
        many => {
            let shown = many
                .iter()
                .take(MOST)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ");
            let more = match many.len().saturating_sub(MOST) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            sentences.push(format!(
                "one role could take everything: each of {shown}{more}"
            ));
        }
    }
    let all: u64 = review
        .limits
        .iter()
        .filter_map(|role| role.recommended)
        .map(u64::from)
        .sum();
    if all > 0 {
        sentences.push(format!(
            "with the recommended limits all roles together hold at most {all} of {} slots: one role is full then, not the database",
            review.capacity
        ));
    } else if !review.limits.is_empty() {
        sentences.push(
            "there are more roles than slots: no limits leave room for all of them".to_owned(),
        );
    }
    sentences
}

/// What sets the recommended limits.
pub fn sql(review: &Review) -> Vec<String> {
    let set = |role: &crate::decide::headroom::limits::RoleLimit| {
        // A name that a screen cannot show cannot be pasted either.
        let shown = sanitize::line(&role.role) == role.role;
        let limit = role.to_set().filter(|_| shown)?;
        Some(format!(
            "ALTER ROLE {} CONNECTION LIMIT {limit};",
            sanitize::identifier(&role.role)
        ))
    };
    review.limits.iter().filter_map(set).collect()
}
