//! `breakglass/headroom/1`: the review, every week and role of it.
//!
//! Stage: report. Slopes are connections a day; days are dates in UTC.

use serde_json::{Value, json};

use crate::decide::headroom::trend::Day;
use crate::report::duration::rfc3339;
use crate::report::headroom::{HeadroomView, date, sql};

/// The document.
pub fn headroom(view: &HeadroomView<'_>) -> Value {
    let (review, history) = (view.review, view.history);
    let day = |day: Option<Day>| day.map(date);
    let weeks: Vec<Value> = review
        .weeks
        .iter()
        .map(|it| {
            json!({ "monday": date(it.monday), "peak": it.peak, "ordinary": it.capacity,
                    "full": it.full, "samples": it.samples })
        })
        .collect();
    let applications: Vec<Value> = review
        .growth
        .iter()
        .map(|it| {
            let slope = it
                .slope
                .map(|(slope, low, high)| json!({ "per_day": slope, "low": low, "high": high }));
            json!({ "application": it.application, "peak": it.peak, "first_4_weeks": it.first,
                    "last_4_weeks": it.last, "slope": slope })
        })
        .collect();
    let fleet: Vec<Value> = review
        .fleet
        .iter()
        .map(|it| {
            json!({ "name": it.name, "role": it.role, "could_hold": it.could, "in_a_deploy": it.deploy,
                    "held_at_most": it.held })
        })
        .collect();
    let roles: Vec<Value> = review
        .limits
        .iter()
        .map(|it| {
            json!({ "role": it.role, "peak": it.peak, "limit": it.now, "recommended": it.recommended,
                    "could_take_all": it.could_take_all, "below_peak": it.below_peak() })
        })
        .collect();
    let trend = review.trend.map(|it| {
        json!({
            "per_day": it.slope,
            "low": it.low,
            "high": it.high,
            "busy_day_now": it.busy_now,
            "reached": it.ceiling.reached,
            "ceiling": day(it.ceiling.day),
            "earliest": day(it.ceiling.earliest),
            "latest": day(it.ceiling.latest),
            "horizon": date(it.ceiling.horizon),
        })
    });
    let rise = review
        .rise
        .map(|it| json!({ "at": rfc3339(it.at), "from": it.from, "to": it.to }));
    json!({
        "format": super::format("headroom"),
        "server": view.server,
        "from": rfc3339(review.span.0),
        "to": rfc3339(review.span.1),
        "samples": review.samples,
        "interval_seconds": review.interval as f64 / 1e6,
        "ordinary": review.capacity,
        "ordinary_before": review.capacities_before,
        "p50": review.p50,
        "p95": review.p95,
        "max": review.max,
        "full_samples": review.full,
        "days": review.days,
        "thin_days": review.thin_days,
        "trend": trend,
        "steepest_rise": rise,
        "weeks": weeks,
        "applications": applications,
        "fleet": fleet,
        "roles": roles,
        "sql": sql(review),
        "clock_went_back": history.clock_went_back,
        "after_now": history.after_now,
        "not_counted": history.not_counted,
    })
}
