//! Where the daily peaks are going: a line that outliers do not bend, how sure its slope is, and when it meets a ceiling.
//!
//! Pure. The slope is Theil and Sen's median over all pairs of days that lie whole weeks apart (Hirsch and Slack's
//! seasonal form), so that weekends do not count as a fall. Its interval is Sen's, by the order of those slopes, widened
//! for days that resemble the day before. The line stands at the height of a busy day: one in twenty is above it.

/// Microseconds of a day.
pub const DAY: i64 = 86_400_000_000;

/// Days since 1970-01-01 UTC.
pub type Day = i64;

/// Below this many days nothing is said.
pub const FEWEST_DAYS: usize = 28;
/// Which of the days the line passes below: a busy day is one in twenty.
const BUSY: f64 = 0.95;
/// Of the normal distribution, for 95 %.
const SIGMAS: f64 = 1.96;
/// No line is drawn further than this many times the history's length beyond its end.
const HORIZON: i64 = 2;

/// What the daily peaks do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Connections a day.
    pub slope: f64,
    /// The lower end of the slope's 95 % interval.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// The line's height on the last day: what a busy day holds by now.
    pub busy_now: f64,
    /// When that line reaches the ceiling.
    pub ceiling: Ceiling,
}

/// When the ceiling is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceiling {
    /// The line is there already.
    pub reached: bool,
    /// The likeliest day; `None` when it does not rise or not as far within the horizon.
    pub day: Option<Day>,
    /// The steepest slope of the interval gets there on this day.
    pub earliest: Option<Day>,
    /// The flattest one does.
    pub latest: Option<Day>,
    /// Beyond this day nothing is said.
    pub horizon: Day,
}

/// Fits the daily peaks, sorted by day, each day once. `None` when there are too few for an interval.
pub fn trend(days: &[(Day, f64)], capacity: f64) -> Option<Trend> {
    let (first, last) = (days.first()?.0, days.last()?.0);
    if days.len() < FEWEST_DAYS {
        return None;
    }
    let slopes = weekly_slopes(days);
    let slope = middle(&slopes)?;
    let spread = SIGMAS * (variance(days) * redundancy(days, slope)).sqrt();
    let count = slopes.len() as f64;
    // The signs' sum ranges over the number of pairs on either side of zero.
    let lower = ((count - spread) / 2.0).floor();
    let upper = ((count + spread) / 2.0).ceil();
    if lower < 0.0 || upper >= count {
        return None;
    }
    let (low, high) = (*slopes.get(lower as usize)?, *slopes.get(upper as usize)?);
    let horizon = last + (last - first) * HORIZON;
    let busy_now = height(days, slope)? + slope * (last as f64 - centre(days));
    let meets = |slope: f64| {
        let height = height(days, slope)?;
        let day = centre(days) + (capacity - height) / slope;
        (slope > 0.0 && day <= horizon as f64).then_some((day.ceil() as Day).max(last))
    };
    Some(Trend {
        slope,
        low,
        high,
        busy_now,
        ceiling: Ceiling {
            reached: busy_now >= capacity,
            day: meets(slope),
            earliest: meets(high),
            latest: meets(low),
            horizon,
        },
    })
}

fn weekly_slopes(days: &[(Day, f64)]) -> Vec<f64> {
    let mut slopes = Vec::new();
    for (index, (day, value)) in days.iter().enumerate() {
        for (later, then) in &days[index + 1..] {
            if (later - day) % 7 == 0 {
                slopes.push((then - value) / (later - day) as f64);
            }
        }
    }
    slopes.sort_by(f64::total_cmp);
    slopes
}

/// Of the sum of signs over those pairs, were there no trend: the weekdays' variances together (Kendall).
fn variance(days: &[(Day, f64)]) -> f64 {
    (0..7)
        .map(|weekday| {
            let same = days.iter().filter(|(day, _)| day.rem_euclid(7) == weekday);
            let n = same.count() as f64;
            n * (n - 1.0) * (2.0 * n + 5.0) / 18.0
        })
        .sum()
}

/// How many days say what one independent day would: `(1 + r) / (1 - r)` of neighbours' correlation `r`.
fn redundancy(days: &[(Day, f64)], slope: f64) -> f64 {
    let mut usual = [0.0; 7];
    for (weekday, usual) in usual.iter_mut().enumerate() {
        let same: Vec<f64> = days
            .iter()
            .filter(|(day, _)| day.rem_euclid(7) == weekday as i64)
            .map(|(day, value)| value - slope * *day as f64)
            .collect();
        *usual = middle(&sorted(same)).unwrap_or(0.0);
    }
    let rest =
        |(day, value): &(Day, f64)| value - slope * *day as f64 - usual[day.rem_euclid(7) as usize];
    let all: f64 = days.iter().map(|it| rest(it).powi(2)).sum();
    let beside: f64 = days
        .windows(2)
        .filter(|pair| pair[1].0 - pair[0].0 == 1)
        .map(|pair| rest(&pair[0]) * rest(&pair[1]))
        .sum();
    let r = if all > 0.0 { beside / all } else { 0.0 };
    let r = r.clamp(0.0, 0.95);
    (1.0 + r) / (1.0 - r)
}

/// The line's height at [`centre`], so that one day in twenty is above the line.
fn height(days: &[(Day, f64)], slope: f64) -> Option<f64> {
    let centre = centre(days);
    let rest = days
        .iter()
        .map(|(day, value)| value - slope * (*day as f64 - centre))
        .collect();
    quantile(&sorted(rest), BUSY)
}

fn centre(days: &[(Day, f64)]) -> f64 {
    let ends = days.first().zip(days.last());
    ends.map_or(0.0, |(first, last)| (first.0 + last.0) as f64 / 2.0)
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// The value below which `share` of the sorted `values` lie; one of the values, never one in between.
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let at = (values.len() as f64 * share).ceil() as usize;
    values.get(at.saturating_sub(1).min(last)).copied()
}

/// The median of sorted values.
fn middle(values: &[f64]) -> Option<f64> {
    let half = values.len() / 2;
    let upper = *values.get(half)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    Some((upper + values.get(half.wrapping_sub(1))?) / 2.0)
}
