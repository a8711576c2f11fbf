//! Reads one `[[fleet]]`: applications that are alike, for the arithmetic of `headroom`.
//!
//! Stage: parsing, pure. Every fault with its line.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::config_file::Source;
use super::error::TargetError;
use crate::decide::headroom::fleet::Fleet;

type Value<'a> = Spanned<DeValue<'a>>;

impl Source<'_> {
    /// All `[[fleet]]` sections.
    pub(super) fn fleets(&self, value: &Value<'_>) -> Result<Vec<Fleet>, TargetError> {
        let list = value
            .get_ref()
            .as_array()
            .ok_or_else(|| self.wrong_type("fleet", value, "sections that begin with [[fleet]]"))?;
        list.iter()
            .map(|one| self.fleet(self.table("fleet", one)?, one))
            .collect()
    }

    fn fleet(&self, table: &DeTable<'_>, section: &Value<'_>) -> Result<Fleet, TargetError> {
        let known = [
            "name",
            "hosts",
            "processes",
            "pool",
            "overflow",
            "surge",
            "role",
        ];
        let mut fleet = Fleet {
            name: String::new(),
            hosts: 1,
            processes: 1,
            pool: 0,
            overflow: 0,
            surge: 0.0,
            role: None,
        };
        for (key, value) in self.entries(table, &known)? {
            match key {
                "name" => fleet.name = self.string(key, value)?,
                "role" => fleet.role = Some(self.string(key, value)?),
                "surge" => fleet.surge = self.surge(value)?,
                "hosts" => fleet.hosts = self.number(key, value)?,
                "processes" => fleet.processes = self.number(key, value)?,
                "pool" => fleet.pool = self.number(key, value)?,
                _ => fleet.overflow = self.number(key, value)?,
            }
        }
        let missing = if fleet.name.is_empty() {
            "name"
        } else if fleet.pool == 0 {
            "pool"
        } else {
            return Ok(fleet);
        };
        Err(TargetError::new(format!("a [[fleet]] has no {missing}"))
            .at(self.place(&section.span())))
    }

    fn number(&self, key: &str, value: &Value<'_>) -> Result<u32, TargetError> {
        u32::try_from(self.count(key, value)?)
            .map_err(|_| self.wrong_type(key, value, "a whole number below 4 thousand million"))
    }

    /// `0.25`, `1` or `"25%"`.
    fn surge(&self, value: &Value<'_>) -> Result<f64, TargetError> {
        let share = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().parse().ok(),
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::String(text) => text
                .strip_suffix('%')
                .and_then(|percent| percent.trim().parse::<f64>().ok())
                .map(|percent| percent / 100.0),
            _ => None,
        };
        share
            .filter(|share: &f64| (0.0..=10.0).contains(share))
            .ok_or_else(|| self.wrong_type("surge", value, "a share such as 0.25 or \"25%\""))
    }
}
