//! `[runtime.NAME]` and `[recycler.NAME]`: what is built in, and what the configuration says over it.
//!
//! Stage: files. The built-in file is read by the code that reads the configuration, so that each of its sections can
//! be copied there and changed.

use std::collections::BTreeMap;
use std::path::Path;

use super::config_file;
use super::error::TargetError;
use super::recycling::RuntimeKey;
use crate::decide::workers::runtime::{Role, Runtime, sort};

const BUILT_IN: &str = include_str!("runtimes.toml");

/// The runtimes that are built in, with `configured` over them, in the order in which they are to be tried.
pub(super) fn with(
    configured: &BTreeMap<String, Vec<RuntimeKey>>,
) -> Result<Vec<Runtime>, TargetError> {
    let built_in = config_file::parse(BUILT_IN, Path::new("runtimes.toml"))?.runtimes;
    let mut runtimes: BTreeMap<&str, Runtime> = BTreeMap::new();
    for (name, keys) in built_in.iter().chain(configured) {
        let runtime = runtimes.entry(name).or_insert_with(|| Runtime {
            name: name.clone(),
            title: name.clone(),
            ..Runtime::default()
        });
        for key in keys {
            set(runtime, key.clone());
        }
    }
    let mut runtimes: Vec<Runtime> = runtimes.into_values().collect();
    // A section that matches everything would take what the others are for.
    let unbounded = |runtime: &&Runtime| {
        runtime.name != "plain"
            && runtime.command.is_none()
            && runtime.parent.is_none()
            && runtime.cgroup.is_none()
    };
    if let Some(runtime) = runtimes.iter().find(unbounded) {
        return Err(TargetError::new(format!(
            "[runtime.{}] matches every process; give it command, parent or cgroup",
            runtime.name
        )));
    }
    sort(&mut runtimes);
    Ok(runtimes)
}

fn set(runtime: &mut Runtime, key: RuntimeKey) {
    match key {
        RuntimeKey::Title(title) => runtime.title = title,
        RuntimeKey::Command(expression) => runtime.command = Some(expression),
        RuntimeKey::Parent(expression) => runtime.parent = Some(expression),
        RuntimeKey::Cgroup(expression) => runtime.cgroup = Some(expression),
        RuntimeKey::Master(master) => runtime.master = master,
        RuntimeKey::To(role) => runtime.to = role,
        RuntimeKey::Signal(signal) => runtime.signal = Some(signal),
        RuntimeKey::Instead(text) => runtime.instead = Some(text),
        RuntimeKey::WithoutMaster(text) => runtime.without_master = Some(text),
        RuntimeKey::Dangers(dangers) => runtime.dangers = dangers,
        RuntimeKey::Recipe(Role::Worker, signal, recipe) => {
            runtime.worker.insert(signal, recipe);
        }
        RuntimeKey::Recipe(Role::Master, signal, recipe) => {
            runtime.of_master.insert(signal, recipe);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;
    use crate::decide::workers::signal::Signal;

    #[test]
    fn every_built_in_runtime_can_be_recycled_or_says_what_to_do_instead() {
        for runtime in with(&BTreeMap::new()).unwrap() {
            let known = runtime
                .signal
                .is_some_and(|signal| runtime.recipe(runtime.to, signal).is_some());
            assert!(known != runtime.instead.is_some(), "{}", runtime.name);
        }
    }

    #[test]
    fn the_configuration_goes_over_what_is_built_in_key_by_key() {
        let text = "[runtime.gunicorn]\nsignal = 'QUIT'\n[runtime.mine]\ncommand = '^mine'\n\
                    [runtime.mine.worker.HUP]\nends = 'nothing'\ntakes = '3s'\n";
        let file = config_file::parse(text, Path::new("c.toml")).unwrap();
        let runtimes = with(&file.runtimes).unwrap();
        let named = |name: &str| {
            runtimes
                .iter()
                .find(|runtime| runtime.name == name)
                .unwrap()
        };
        let gunicorn = named("gunicorn");
        assert_eq!(gunicorn.signal, Some(Signal::Quit));
        assert!(gunicorn.command.is_some());
        assert!(gunicorn.recipe(Role::Worker, Signal::Term).is_some());
        let takes = named("mine")
            .recipe(Role::Worker, Signal::Hup)
            .unwrap()
            .takes;
        assert_eq!(takes, Duration::from_secs(3));
        let all = config_file::parse("[runtime.all]\nmaster_is = 'parent'\n", Path::new("c.toml"));
        assert!(with(&all.unwrap().runtimes).is_err());
    }
}
