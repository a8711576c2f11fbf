//! Who imports whom: read from the text of the program, file by file, with every way of writing it.
//!
//! A name that a module hands on (`pub use`) counts as imported from where it is written, not from who hands it on.
//! Code for tests alone counts nowhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A module by the names that lead to it from the crate's root, which has none.
pub type Module = Vec<String>;

/// What one module imports: the other module, and one name that shows it.
pub type Imports = BTreeMap<Module, BTreeMap<Module, String>>;

/// The modules of a program, as far as their imports go.
pub struct Program {
    modules: BTreeMap<Module, Written>,
}

/// What stands in one file.
#[derive(Default)]
struct Written {
    /// Modules declared, those for tests left out.
    children: BTreeSet<String>,
    /// Modules declared for tests.
    tests: BTreeSet<String>,
    /// `use`: the name it gets here, what is meant, and whether it is handed on.
    uses: Vec<(String, Vec<String>, bool)>,
    /// Paths in code.
    paths: Vec<Vec<String>>,
}

impl Program {
    /// The program below `directory`; `files` are its files.
    pub fn read(directory: &Path, files: &[std::path::PathBuf]) -> Self {
        let texts = files.iter().map(|path| {
            let inside = path.strip_prefix(directory).expect("a file of the program");
            let text = std::fs::read_to_string(path).expect("a file can be read");
            (inside.to_string_lossy().into_owned(), text)
        });
        Self::of(texts)
    }

    /// A program of these files, each with its path below `src`.
    pub fn of(files: impl Iterator<Item = (String, String)>) -> Self {
        let mut modules: BTreeMap<Module, Written> = files
            .map(|(path, text)| (module_of(&path), Written::read(&tokens(&text))))
            .collect();
        let tests: Vec<Module> = modules
            .iter()
            .flat_map(|(module, written)| written.tests.iter().map(|name| child(module, name)))
            .collect();
        modules.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
        Self { modules }
    }

    /// Who imports whom.
    pub fn imports(&self) -> Imports {
        let of = |module: &Module, written: &Written| {
            let mut found = BTreeMap::new();
            for path in self.named(module, written) {
                if let Some(other) = self.home(&path, 0)
                    && other != *module
                {
                    found.entry(other).or_insert_with(|| path.join("::"));
                }
            }
            found
        };
        let all = self.modules.iter();
        all.map(|(module, written)| (module.clone(), of(module, written)))
            .collect()
    }

    /// Every path that a module names, from the root: what it uses, and what its code says.
    fn named(&self, module: &Module, written: &Written) -> Vec<Vec<String>> {
        let mut found: Vec<Vec<String>> = written
            .paths
            .iter()
            .filter_map(|path| self.rooted(module, path))
            .collect();
        for (name, path, handed_on) in &written.uses {
            let Some(path) = self.rooted(module, path) else {
                continue;
            };
            // A module that is imported by name is imported for what is said of it.
            let spelt_out = self.modules.contains_key(&path)
                && written.paths.iter().any(|used| used[0] == *name);
            if !handed_on && !spelt_out {
                found.push(path);
            }
        }
        found
    }

    /// The same path from the root; `None` for another crate's.
    fn rooted(&self, module: &Module, path: &[String]) -> Option<Vec<String>> {
        let written = self.modules.get(module)?;
        let (first, rest) = path.split_first()?;
        let mut from = match first.as_str() {
            "crate" => Vec::new(),
            "self" => module.clone(),
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                let at = module.len().checked_sub(ups)?;
                return Some([&module[..at], &path[ups..]].concat());
            }
            name if written.children.contains(name) => child(module, name),
            name => {
                let (_, meant, _) = written.uses.iter().find(|(known, ..)| known == name)?;
                if meant[0] == *name {
                    return None;
                }
                self.rooted(module, meant)?
            }
        };
        from.extend_from_slice(rest);
        Some(from)
    }

    /// The module in which what `path` names is written: names that are handed on are followed.
    fn home(&self, path: &[String], depth: usize) -> Option<Module> {
        let known = |end: &usize| self.modules.contains_key(&path[..*end]);
        let end = (0..=path.len()).rev().find(known)?;
        let module = path[..end].to_vec();
        let Some(name) = path.get(end) else {
            return Some(module);
        };
        let handed_on = self.modules[&module]
            .uses
            .iter()
            .find(|(known, ..)| known == name)
            .and_then(|(_, meant, _)| self.rooted(&module, meant));
        match handed_on {
            Some(meant) if depth < 8 => {
                let whole = [&meant[..], &path[end + 1..]].concat();
                self.home(&whole, depth + 1)
            }
            _ => Some(module),
        }
    }
}

fn child(module: &Module, name: &str) -> Module {
    let mut child = module.clone();
    child.push(name.to_owned());
    child
}

fn module_of(path: &str) -> Module {
    let path = path.trim_end_matches(".rs");
    let mut parts: Module = path.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod") || parts == ["lib"] {
        parts.pop();
    }
    parts
}

impl Written {
    fn read(tokens: &[String]) -> Self {
        let mut written = Self::default();
        let mut at = 0;
        let mut public = false;
        while at < tokens.len() {
            let token = tokens[at].as_str();
            if starts(&tokens[at..], &["#", "[", "cfg", "(", "test", ")", "]"]) {
                at = written.pass_over(tokens, at + 7);
                continue;
            }
            match token {
                "pub" => {
                    public = true;
                    at += 1;
                    if starts(&tokens[at..], &["("]) {
                        at += 1 + tokens[at..].iter().take_while(|it| *it != ")").count();
                    }
                    continue;
                }
                "mod" if tokens.get(at + 2).is_some_and(|end| end == ";") => {
                    written.children.insert(tokens[at + 1].clone());
                }
                "use" => {
                    at = written.uses(tokens, at + 1, &[], public);
                }
                _ if begins_path(tokens, at) => {
                    let mut path = vec![tokens[at].clone()];
                    while starts(&tokens[at + 1..], &["::"]) && is_name(tokens.get(at + 2)) {
                        at += 2;
                        path.push(tokens[at].clone());
                    }
                    written.paths.push(path);
                }
                _ => {}
            }
            public = false;
            at += 1;
        }
        written
    }

    /// Passes over an item that is for tests alone; says where the next begins.
    fn pass_over(&mut self, tokens: &[String], from: usize) -> usize {
        let mut at = from;
        let mut depth = 0_usize;
        while let Some(token) = tokens.get(at) {
            match token.as_str() {
                "mod" if depth == 0 && tokens.get(at + 2).is_some_and(|end| end == ";") => {
                    self.tests.insert(tokens[at + 1].clone());
                }
                ";" if depth == 0 => return at + 1,
                "}" if depth == 1 => return at + 1,
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
            at += 1;
        }
        at
    }

    /// Reads one tree of `use`; says at which token it ends.
    fn uses(&mut self, tokens: &[String], from: usize, before: &[String], public: bool) -> usize {
        let mut at = from;
        let mut path = before.to_vec();
        let mut name = None;
        loop {
            match tokens[at].as_str() {
                ";" | "," | "}" => break,
                "::" => {}
                "as" => {
                    at += 1;
                    name = Some(tokens[at].clone());
                }
                "{" => {
                    while tokens[at] != "}" {
                        at = self.uses(tokens, at + 1, &path, public);
                    }
                    path.clear();
                }
                "*" => {}
                part => path.push(part.to_owned()),
            }
            at += 1;
        }
        if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
            path.pop();
        }
        if let Some(last) = path.last().cloned() {
            self.uses.push((name.unwrap_or(last), path, public));
        }
        at
    }
}

fn starts(tokens: &[String], with: &[&str]) -> bool {
    tokens.len() >= with.len() && tokens.iter().zip(with).all(|(token, with)| token == with)
}

fn is_name(token: Option<&String>) -> bool {
    token.is_some_and(|token| token.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

fn begins_path(tokens: &[String], at: usize) -> bool {
    let goes_on = at > 0 && (tokens[at - 1] == "::" || tokens[at - 1] == ".");
    is_name(tokens.get(at)) && !goes_on && starts(&tokens[at + 1..], &["::"])
}

/// The text without comments and literals, cut into names, `::`, and single characters.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    let word = |c: char| c.is_alphanumeric() || c == '_';
    while at < chars.len() {
        let next = chars.get(at + 1).copied().unwrap_or(' ');
        match chars[at] {
            '/' if next == '/' => {
                at += chars[at..].iter().take_while(|c| **c != '\n').count();
            }
            '"' => at = past_string(&chars, at + 1),
            'r' if next == '"' || (next == '#' && matches!(chars.get(at + 2), Some('"' | '#'))) => {
                at = past_raw_string(&chars, at + 1);
            }
            '\'' if next == '\\' => {
                at += 3;
                at += 1 + chars[at..].iter().take_while(|c| **c != '\'').count();
            }
            '\'' if chars.get(at + 2) == Some(&'\'') => at += 3,
            '\'' => at += 1 + chars[at + 1..].iter().take_while(|c| word(**c)).count(),
            ':' if next == ':' => {
                found.push("::".to_owned());
                at += 2;
            }
            c if word(c) => {
                let name: String = chars[at..].iter().take_while(|c| word(**c)).collect();
                at += name.chars().count();
                found.push(name);
            }
            c => {
                if !c.is_whitespace() {
                    found.push(c.to_string());
                }
                at += 1;
            }
        }
    }
    found
}

fn past_string(chars: &[char], mut at: usize) -> usize {
    while chars.get(at).is_some_and(|c| *c != '"') {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn past_raw_string(chars: &[char], mut at: usize) -> usize {
    let hashes = chars[at..].iter().take_while(|c| **c == '#').count();
    at += hashes + 1;
    let ends = |at: usize| {
        chars[at] == '"' && chars[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes
    };
    while at < chars.len() && !ends(at) {
        at += 1;
    }
    at + 1 + hashes
}
