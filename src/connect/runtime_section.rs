//! Reads one `[runtime.NAME]` and one `[recycler.NAME]`: every value checked, every fault with its line.
//!
//! Stage: parsing, pure. Never: runs a recycler's command.

use std::ops::Range;
use std::time::Duration;

use regex::Regex;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::config_file::Source;
use super::error::TargetError;
use super::recycling::{Recycler, RuntimeKey};
use crate::decide::workers::runtime::{Ends, MasterIs, Recipe, Respawned, Role};
use crate::decide::workers::signal::Signal;

/// How long a recycler may take when its section does not say.
const TIMEOUT: Duration = Duration::from_secs(60);

type Value<'a> = Spanned<DeValue<'a>>;

impl Source<'_> {
    /// One `[recycler.NAME]`, which stands at `span`.
    pub(super) fn recycler(
        &self,
        name: &str,
        table: &DeTable<'_>,
        span: &Range<usize>,
    ) -> Result<Recycler, TargetError> {
        let mut recycler = Recycler {
            name: name.to_owned(),
            command: String::new(),
            timeout: TIMEOUT,
            frees: None,
        };
        for (key, value) in self.entries(table, &["command", "timeout", "frees"])? {
            match key {
                "command" => recycler.command = self.string(key, value)?,
                "timeout" => recycler.timeout = self.time(key, value)?,
                _ => recycler.frees = Some(self.count(key, value)?),
            }
        }
        if recycler.command.trim().is_empty() {
            return Err(
                TargetError::new(format!("[recycler.{name}] has no command")).at(self.place(span)),
            );
        }
        Ok(recycler)
    }

    /// One `[runtime.NAME]`.
    pub(super) fn runtime(&self, table: &DeTable<'_>) -> Result<Vec<RuntimeKey>, TargetError> {
        let known = [
            "title",
            "command",
            "parent",
            "cgroup",
            "master_is",
            "to",
            "signal",
            "instead",
            "without_master",
            "dangers",
            "worker",
            "master",
        ];
        let mut keys = Vec::new();
        for (key, value) in self.entries(table, &known)? {
            match key {
                "title" => keys.push(RuntimeKey::Title(self.string(key, value)?)),
                "command" => keys.push(RuntimeKey::Command(self.expression(key, value)?)),
                "parent" => keys.push(RuntimeKey::Parent(self.expression(key, value)?)),
                "cgroup" => keys.push(RuntimeKey::Cgroup(self.expression(key, value)?)),
                "master_is" => keys.push(RuntimeKey::Master(self.word(
                    key,
                    value,
                    &[
                        ("topmost", MasterIs::Topmost),
                        ("parent", MasterIs::Parent),
                        ("itself", MasterIs::Itself),
                    ],
                )?)),
                "to" => keys.push(RuntimeKey::To(self.word(
                    key,
                    value,
                    &[("worker", Role::Worker), ("master", Role::Master)],
                )?)),
                "signal" => {
                    let name = self.string(key, value)?;
                    keys.push(RuntimeKey::Signal(self.signal(&name, &value.span())?));
                }
                "instead" => keys.push(RuntimeKey::Instead(self.string(key, value)?)),
                "without_master" => {
                    keys.push(RuntimeKey::WithoutMaster(self.string(key, value)?));
                }
                "dangers" => keys.push(RuntimeKey::Dangers(self.strings(key, value)?)),
                "worker" => self.recipes(Role::Worker, self.table(key, value)?, &mut keys)?,
                _ => self.recipes(Role::Master, self.table(key, value)?, &mut keys)?,
            }
        }
        Ok(keys)
    }

    fn recipes(
        &self,
        role: Role,
        table: &DeTable<'_>,
        keys: &mut Vec<RuntimeKey>,
    ) -> Result<(), TargetError> {
        for (name, value) in table {
            let signal = self.signal(name.get_ref(), &name.span())?;
            let recipe = self.recipe(self.table(name.get_ref(), value)?)?;
            keys.push(RuntimeKey::Recipe(role, signal, recipe));
        }
        Ok(())
    }

    fn recipe(&self, table: &DeTable<'_>) -> Result<Recipe, TargetError> {
        let known = ["why", "requests", "ends", "respawned", "takes", "dangers"];
        let mut recipe = Recipe::default();
        for (key, value) in self.entries(table, &known)? {
            match key {
                "why" => recipe.why = self.string(key, value)?,
                "requests" => recipe.requests = self.string(key, value)?,
                "ends" => {
                    let ends = [Ends::Process, Ends::Workers, Ends::OneWorker, Ends::Nothing];
                    recipe.ends = self.word(key, value, &ends.map(|one| (one.name(), one)))?;
                }
                "respawned" => {
                    let words = [Respawned::Always, Respawned::Supervised, Respawned::Never];
                    recipe.respawned =
                        self.word(key, value, &words.map(|one| (one.name(), one)))?;
                }
                "takes" => recipe.takes = self.time(key, value)?,
                _ => recipe.dangers = self.strings(key, value)?,
            }
        }
        Ok(recipe)
    }

    fn signal(&self, name: &str, span: &Range<usize>) -> Result<Signal, TargetError> {
        Signal::from_name(name)
            .map_err(|why| TargetError::new(format!("\"{name}\": {why}")).at(self.place(span)))
    }

    fn expression(&self, key: &str, value: &Value<'_>) -> Result<Regex, TargetError> {
        Regex::new(&self.string(key, value)?).map_err(|error| {
            let what = error.to_string().replace('\n', " ");
            TargetError::new(format!("\"{key}\" is no expression: {what}"))
                .at(self.place(&value.span()))
        })
    }

    fn time(&self, key: &str, value: &Value<'_>) -> Result<Duration, TargetError> {
        let text = self.string(key, value)?;
        crate::decide::duration::duration(&text).map_err(|why| {
            TargetError::new(format!("\"{key}\": {why}")).at(self.place(&value.span()))
        })
    }

    fn word<T: Copy>(
        &self,
        key: &str,
        value: &Value<'_>,
        words: &[(&'static str, T)],
    ) -> Result<T, TargetError> {
        let text = self.string(key, value)?;
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            TargetError::new(format!("\"{key}\" has no \"{text}\""))
                .at(self.place(&value.span()))
                .advise(format!("it may be: {}", known.join(", ")))
                .suggest(&text, known)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use super::super::config_file::parse;

    #[test]
    fn a_recycler_is_read_and_its_faults_are_named() {
        let text =
            "[recycler.web]\ncommand = 'systemctl restart web'\ntimeout = '90s'\nfrees = 20\n";
        let file = parse(text, Path::new("c.toml")).unwrap();
        let web = &file.recyclers["web"];
        assert_eq!(web.command, "systemctl restart web");
        assert_eq!((web.timeout.as_secs(), web.frees), (90, Some(20)));
        #[rustfmt::skip]
        let cases = [
            ("[recycler.x]\ntimeout = '5s'", "[recycler.x] has no command"),
            ("[recycler.x]\ncommand = 'a'\ntimeout = '5'", "line 3: \"timeout\": write a number with its unit"),
            ("[recycler.x]\ncomand = 'a'", "did you mean \"command\"?"),
            ("[runtime.x]\ncommand = '('", "line 2: \"command\" is no expression"),
            ("[runtime.x]\nsignal = 'STOP'", "frozen"),
            ("[runtime.x.worker.KILL]\n", "--escalate"),
            ("[runtime.x]\nmaster_is = 'topmos'", "did you mean \"topmost\"?"),
            ("[runtime.x.worker.TERM]\nends = 'all'", "it may be: process, workers, one-worker, nothing"),
        ];
        for (text, part) in cases {
            let message = parse(text, Path::new("c.toml")).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
