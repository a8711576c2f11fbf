//! Circles of imports: among files, and among what stands side by side in one folder.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::imports::{Imports, Module};

/// Modules that all import each other, straight or round.
pub struct Circle {
    /// The first of them.
    pub name: String,
    /// Every import within, a line each.
    pub text: String,
}

/// Every circle among files.
pub fn among_files(imports: &Imports) -> Vec<Circle> {
    let arrows = imports
        .iter()
        .map(|(from, to)| (from.clone(), to.keys().cloned().collect()))
        .collect();
    let name = |from: &Module, to: &Module| format!("{} ({})", from.join("::"), imports[from][to]);
    circles(&arrows)
        .iter()
        .map(|circle| round(&arrows, circle, &name))
        .collect()
}

/// Every circle among the folders and files of one folder, a folder taken together with what is in it.
pub fn among_siblings(imports: &Imports) -> Vec<Circle> {
    let folders: BTreeSet<Module> = imports
        .keys()
        .filter_map(|module| module.split_last())
        .map(|(_, folder)| folder.to_vec())
        .collect();
    let mut found = Vec::new();
    for folder in folders {
        let side = |module: &Module| {
            let inside = module.len() > folder.len() && module.starts_with(&folder);
            inside.then(|| module[..=folder.len()].to_vec())
        };
        let mut arrows: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
        let mut shown: BTreeMap<(Module, Module), String> = BTreeMap::new();
        for (from, to) in imports {
            for (other, name) in to {
                if let (Some(from_side), Some(to_side)) = (side(from), side(other))
                    && from_side != to_side
                {
                    let key = (from_side.clone(), to_side.clone());
                    shown
                        .entry(key)
                        .or_insert_with(|| format!("{}: {name}", from.join("::")));
                    arrows.entry(from_side).or_default().insert(to_side);
                }
            }
        }
        let name = |from: &Module, to: &Module| {
            let key = (from.clone(), to.clone());
            format!("{} ({})", from.join("::"), shown[&key])
        };
        found.extend(
            circles(&arrows)
                .iter()
                .map(|circle| round(&arrows, circle, &name)),
        );
    }
    found
}

type Arrows = BTreeMap<Module, BTreeSet<Module>>;

/// Sets of modules that all lead to each other.
fn circles(arrows: &Arrows) -> Vec<BTreeSet<Module>> {
    let reached: BTreeMap<&Module, BTreeSet<Module>> = arrows
        .keys()
        .map(|module| (module, reached_from(arrows, module)))
        .collect();
    let mut found: Vec<BTreeSet<Module>> = Vec::new();
    for (module, reach) in &reached {
        if reach.contains(*module) && !found.iter().any(|circle| circle.contains(*module)) {
            let back = |other: &&Module| reached.get(other).is_some_and(|it| it.contains(*module));
            found.push(reach.iter().filter(back).cloned().collect());
        }
    }
    found
}

fn reached_from(arrows: &Arrows, module: &Module) -> BTreeSet<Module> {
    let mut found = BTreeSet::new();
    let mut next = VecDeque::from([module]);
    while let Some(module) = next.pop_front() {
        for other in arrows.get(module).into_iter().flatten() {
            if found.insert(other.clone()) {
                next.push_back(other);
            }
        }
    }
    found
}

/// The circle with all arrows within it, each with what shows it.
fn round(
    arrows: &Arrows,
    circle: &BTreeSet<Module>,
    name: &dyn Fn(&Module, &Module) -> String,
) -> Circle {
    let mut lines = vec![format!("{} import each other round:", circle.len())];
    for from in circle {
        for to in arrows[from].iter().filter(|to| circle.contains(*to)) {
            lines.push(format!("  {} -> {}", name(from, to), to.join("::")));
        }
    }
    let first = circle.iter().next().map(|module| module.join("::"));
    Circle {
        name: first.unwrap_or_default(),
        text: lines.join("\n"),
    }
}
