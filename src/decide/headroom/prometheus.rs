//! The JSON of a Prometheus range query, read as a history.
//!
//! Pure. Series are summed, moment by moment; the labels that exporters use for application and role make theirs.
//! `pg_settings_*` series, when they are among the answer, say how many ordinary slots there were.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{DAY, History, Named, Point};

/// Series of limits, and whether they are added or taken away.
const LIMITS: [(&str, i64); 3] = [
    ("pg_settings_max_connections", 1),
    ("pg_settings_superuser_reserved_connections", -1),
    ("pg_settings_reserved_connections", -1),
];

/// Reads the answer of `/api/v1/query_range`. `capacity` holds where the answer has no limits. What is wrong is said in
/// one sentence.
pub fn read(text: &str, capacity: Option<u32>, now: i64) -> Result<History, String> {
    let answer: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    if answer["status"] == "error" {
        let error = answer["error"].as_str().unwrap_or("no reason given");
        return Err(format!("Prometheus answered with an error: {error}"));
    }
    if answer["data"]["resultType"] != "matrix" {
        return Err(
            "not the answer of a range query: data.resultType is not \"matrix\"; ask /api/v1/query_range".to_owned(),
        );
    }
    let series = answer["data"]["result"].as_array();
    let series = series.ok_or("data.result is not a list")?;
    let servers: BTreeSet<&str> = series
        .iter()
        .filter_map(|it| label(it, &["server", "instance"]))
        .collect();
    if servers.len() > 1 {
        let servers: Vec<&str> = servers.into_iter().collect();
        return Err(format!(
            "the series are of {} servers ({}); narrow the query to one, as with {{instance=\"{}\"}}",
            servers.len(),
            servers.join(", "),
            servers.first().unwrap_or(&"")
        ));
    }
    let mut used: BTreeMap<i64, f64> = BTreeMap::new();
    let mut limits: BTreeMap<i64, i64> = BTreeMap::new();
    let mut applications = Peaks::default();
    let mut roles = Peaks::default();
    for one in series {
        let name = one["metric"]["__name__"].as_str().unwrap_or("");
        let limit = LIMITS.iter().find(|(limit, _)| *limit == name);
        for (at, value) in values(one)? {
            if let Some((_, sign)) = limit {
                *limits.entry(at).or_insert(0) += sign * value as i64;
                continue;
            }
            *used.entry(at).or_insert(0.0) += value;
            let application = label(one, &["application_name", "application"]);
            applications.add(application, at, value);
            roles.add(label(one, &["usename", "user", "role"]), at, value);
        }
    }
    let at_first = capacity.map(i64::from);
    let (mut points, mut after_now) = (Vec::new(), 0);
    for (at, value) in used {
        let ceiling = at_first.or_else(|| {
            let before = limits.range(..=at).next_back();
            before.or(limits.iter().next()).map(|(_, limit)| *limit)
        });
        let ceiling = ceiling
            .and_then(|it| u32::try_from(it).ok())
            .filter(|it| *it > 0)
            .ok_or(
                "the answer has no pg_settings_max_connections; say with --capacity how many ordinary slots there are",
            )?;
        if at > now {
            after_now += 1;
            continue;
        }
        points.push(Point {
            at,
            used: value.round().clamp(0.0, f64::from(u32::MAX)) as u32,
            capacity: ceiling,
            refused: false,
        });
    }
    Ok(History {
        points,
        applications: applications.named(now),
        roles: roles.named(now),
        after_now,
        ..History::default()
    })
}

fn label<'a>(series: &'a Value, names: &[&str]) -> Option<&'a str> {
    names
        .iter()
        .find_map(|name| series["metric"][*name].as_str())
}

/// Moments in microseconds and numbers; what Prometheus calls NaN is left out.
fn values(series: &Value) -> Result<Vec<(i64, f64)>, String> {
    let values = series["values"].as_array();
    let values = values.ok_or("a series of the answer has no values")?;
    let mut read = Vec::with_capacity(values.len());
    for pair in values {
        let at = pair[0].as_f64();
        let value = pair[1].as_str().and_then(|text| text.parse::<f64>().ok());
        let (Some(at), Some(value)) = (at, value) else {
            return Err(format!(
                "{pair} is no pair of a time and a number in quotes"
            ));
        };
        if (0.0..1e9).contains(&value) && (0.0..1e11).contains(&at) {
            read.push(((at * 1e6) as i64, value));
        }
    }
    Ok(read)
}

/// Sums by name and moment, then peaks by name and day.
#[derive(Default)]
struct Peaks<'a>(BTreeMap<&'a str, BTreeMap<i64, f64>>);

impl<'a> Peaks<'a> {
    fn add(&mut self, name: Option<&'a str>, at: i64, value: f64) {
        if let Some(name) = name {
            *self.0.entry(name).or_default().entry(at).or_insert(0.0) += value;
        }
    }

    fn named(self, now: i64) -> Vec<Named> {
        let named = self.0.into_iter().map(|(name, moments)| {
            let mut days: BTreeMap<i64, u32> = BTreeMap::new();
            for (at, value) in moments.range(..=now) {
                let most = days.entry(at.div_euclid(DAY)).or_default();
                *most = (*most).max(value.round() as u32);
            }
            Named {
                name: name.to_owned(),
                superuser: None,
                days: days.into_iter().collect(),
            }
        });
        named.filter(|it| it.peak() > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn answer(series: &str) -> String {
        format!(
            "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{series}]}}}}"
        )
    }

    #[test]
    fn series_are_summed_and_limits_taken_from_the_settings() {
        let text = answer(
            r#"{"metric":{"__name__":"pg_stat_activity_count","application_name":"web","usename":"app","state":"idle"},
                "values":[[100,"5"],[200,"7"]]},
               {"metric":{"__name__":"pg_stat_activity_count","application_name":"web","usename":"app","state":"active"},
                "values":[[100,"1"],[200,"NaN"]]},
               {"metric":{"__name__":"pg_settings_max_connections"},"values":[[100,"20"],[200,"30"]]},
               {"metric":{"__name__":"pg_settings_superuser_reserved_connections"},"values":[[100,"3"],[200,"3"]]}"#,
        );
        let history = read(&text, None, i64::MAX).unwrap();
        let points: Vec<_> = history
            .points
            .iter()
            .map(|it| (it.at, it.used, it.capacity))
            .collect();
        assert_eq!(points, [(100_000_000, 6, 17), (200_000_000, 7, 27)]);
        assert_eq!(history.applications[0].peak(), 7);
        assert_eq!(history.roles[0].name, "app");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let two = answer(
            r#"{"metric":{"instance":"a"},"values":[]},{"metric":{"instance":"b"},"values":[]}"#,
        );
        let bare = answer(r#"{"metric":{},"values":[[1,"2"]]}"#);
        let odd = answer(r#"{"metric":{},"values":[[1,2]]}"#);
        let table = [
            ("hello", "not JSON"),
            (
                "{\"status\":\"error\",\"error\":\"too many points\"}",
                "too many points",
            ),
            (
                "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\"}}",
                "query_range",
            ),
            (&two, "2 servers (a, b)"),
            (&bare, "--capacity"),
            (&odd, "no pair of a time and a number"),
        ];
        for (text, wanted) in table {
            let said = read(text, None, i64::MAX).unwrap_err();
            assert!(said.contains(wanted), "{said}");
        }
        assert_eq!(read(&bare, Some(9), i64::MAX).unwrap().points.len(), 1);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = read(&text, None, i64::MAX);
        }
    }
}
