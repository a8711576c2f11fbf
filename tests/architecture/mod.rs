//! The shape of the program, checked on its own text: which module may import which, who may print, how long
//! a file is; and that what is written about its command line is true.

mod circles;
mod imports;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use self::imports::Program;

/// One file of the program: its module, where it is, and its lines without comments and without tests.
struct Source {
    module: String,
    path: PathBuf,
    code: Vec<String>,
}

/// Lines of code before the tests begin. Longer than this is two ideas.
const LONGEST: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(directory) else {
        return found;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<Source> {
    let directory = root().join("src");
    let files = files_below(&directory, "rs");
    let of_tests = |path: &PathBuf| {
        let inside = path.strip_prefix(&directory).unwrap().with_extension("");
        inside.iter().any(|part| {
            let name = part.to_string_lossy();
            ["tests", "testing", "scenes", "properties"].contains(&name.as_ref())
                || name.ends_with("_tests")
        })
    };
    let read = |path: PathBuf| {
        let inside = path.strip_prefix(&directory).unwrap();
        let module = inside.components().next().unwrap().as_os_str();
        let text = std::fs::read_to_string(&path).unwrap();
        Source {
            module: module.to_string_lossy().trim_end_matches(".rs").to_owned(),
            code: text
                .lines()
                .take_while(|line| line.trim() != "#[cfg(test)]")
                .filter(|line| !line.trim_start().starts_with("//"))
                .map(str::to_owned)
                .collect(),
            path,
        }
    };
    // Cargo runs it before it compiles the program, and reads what it prints.
    let build_script = directory.join("build.rs");
    files
        .into_iter()
        .filter(|path| !of_tests(path) && *path != build_script)
        .map(read)
        .collect()
}

#[test]
fn imports_go_one_way() {
    // Module, and all it may import of ours.
    let allowed: [(&str, &[&str]); 8] = [
        ("decide", &["decide"]),
        ("report", &["decide", "report"]),
        ("connect", &["decide", "connect"]),
        ("lanes", &["decide", "lanes", "connect"]),
        ("observe", &["decide", "lanes", "observe", "connect"]),
        ("act", &["act", "decide", "lanes", "connect"]),
        ("record", &["decide"]),
        ("samples", &["decide", "samples"]),
    ];
    let mut broken = Vec::new();
    for (module, imported) in program().imports() {
        let Some(own) = module.first() else {
            continue;
        };
        let path = module.join("::");
        let imports: BTreeSet<&str> = imported
            .keys()
            .filter_map(|other| other.first().map(String::as_str))
            .collect();
        if let Some((_, may)) = allowed.iter().find(|(module, _)| module == own) {
            for import in imports.iter().filter(|import| !may.contains(import)) {
                broken.push(format!("{path} imports {import}; {own} may import {may:?}"));
            }
        }
        let both = imports.contains("act") && imports.contains("observe");
        if both && !["commands", "stages"].contains(&own.as_str()) {
            broken.push(format!(
                "{path} puts looking and acting together; only commands and stages may"
            ));
        }
        let rank = |module: &str| match module {
            "main" => 3,
            "cli" => 2,
            "commands" => 1,
            _ => 0,
        };
        if imports.iter().any(|import| rank(import) > rank(own)) {
            broken.push(format!("{path} imports what stands above it"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The program as its imports go, without the script that is run before it is compiled.
fn program() -> Program {
    let directory = root().join("src");
    let mut files = files_below(&directory, "rs");
    files.retain(|path| *path != directory.join("build.rs"));
    Program::read(&directory, &files)
}

/// Circles that are still there, each by one of its members. Nobody adds to them.
const LEFT: &[&str] = &["commands", "commands::fence", "stages::context"];

#[test]
fn nothing_imports_what_imports_it() {
    let imports = program().imports();
    let mut found = circles::among_files(&imports);
    found.extend(circles::among_siblings(&imports));
    let left: BTreeSet<&str> = LEFT.iter().copied().collect();
    let known: BTreeSet<&str> = found.iter().map(|circle| circle.name.as_str()).collect();
    let new: Vec<&str> = found
        .iter()
        .filter(|circle| !left.contains(circle.name.as_str()))
        .map(|circle| circle.text.as_str())
        .collect();
    assert!(new.is_empty(), "{}", new.join("\n"));
    let gone: Vec<_> = left.difference(&known).collect();
    assert!(
        gone.is_empty(),
        "no circle any more, take them out: {gone:?}"
    );
}

#[test]
fn a_made_circle_is_found_however_it_is_written() {
    // What stands in a.rs and in b/mod.rs, and whether that is a circle of files, or of what is side by side.
    let table = [
        ("use crate::b::B;", "use crate::a::A;", true, true),
        ("use super::b::B;", "fn f() { crate::a::f(); }", true, true),
        (
            "use crate::{b::{self, B}, c};",
            "use super::{a as other, c}; fn f() { other::f() }",
            true,
            true,
        ),
        (
            "use crate::b;\nfn f() { b::f() }",
            "use crate::a::*;",
            true,
            true,
        ),
        // A name that is handed on belongs to where it is written: that is not b itself.
        (
            "use crate::b::D;",
            "mod d; pub use self::d::D; use crate::a::A;",
            false,
            true,
        ),
        (
            "use crate::b::D;",
            "mod d; pub use self::d::D;",
            false,
            false,
        ),
        ("use crate::b::B;", "use crate::c::C;", false, false),
        // Neither comments, nor text, nor tests.
        (
            "use crate::b::B;",
            "// use crate::a::A;\nconst T: &str = \"crate::a::A\";",
            false,
            false,
        ),
        (
            "use crate::b::B;",
            "#[cfg(test)]\nmod tests { use crate::a::A; }",
            false,
            false,
        ),
        ("use crate::b::B;", "#[cfg(test)]\nmod d;", false, false),
    ];
    for (a, b, files, siblings) in table {
        let program = [
            ("lib.rs", "pub mod a; pub mod b; pub mod c;"),
            ("a.rs", a),
            ("b/mod.rs", b),
            ("b/d.rs", "pub struct D;"),
            ("c.rs", "pub struct C;"),
        ];
        let owned = program.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let imports = Program::of(owned.into_iter()).imports();
        assert_eq!(
            !circles::among_files(&imports).is_empty(),
            files,
            "{a} / {b}"
        );
        assert_eq!(
            !circles::among_siblings(&imports).is_empty(),
            siblings,
            "{a} / {b}"
        );
    }
    let parent = [
        ("lib.rs", "mod a;"),
        (
            "a.rs",
            "mod leaf; pub use self::leaf::Leaf; pub struct A; fn f() { leaf::g() }",
        ),
        ("a/leaf.rs", "use super::A; pub struct Leaf; pub fn g() {}"),
    ];
    let owned = parent.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let found = circles::among_files(&Program::of(owned.into_iter()).imports());
    assert_eq!(
        found.len(),
        1,
        "a module and its own part import each other"
    );
    assert_eq!(found[0].name, "a");
}

#[test]
fn only_the_terminal_prints() {
    // The rehearsal's own processes are no conversation with anybody: they are handed their output.
    const WORDS: [&str; 7] = [
        "println!",
        "print!",
        "eprintln!",
        "eprint!",
        "dbg!",
        "stdout()",
        "stderr()",
    ];
    let mut broken = Vec::new();
    for source in sources() {
        if source.module == "terminal" {
            continue;
        }
        for line in &source.code {
            let handed_on = source.module == "cli"
                && (line.contains("client::run(") || line.contains("master::run("));
            let prints = WORDS.iter().any(|word| {
                line.match_indices(word)
                    .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
            });
            if prints && !handed_on && !line.contains("use_stderr()") {
                broken.push(format!("{}: {}", source.path.display(), line.trim()));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "only terminal.rs prints:\n{}",
        broken.join("\n")
    );
}

#[test]
fn every_act_is_confirmed_recorded_and_looked_at_in_one_place() {
    let places = [
        (".confirm(", "stages/pipeline.rs"),
        (".intend(", "stages/pipeline.rs"),
        (".conclude(", "stages/pipeline.rs"),
        ("acting::carry_out(effects", "stages/pipeline.rs"),
        (".look_at(&pending)", "stages/pipeline/acting.rs"),
    ];
    for (call, place) in places {
        let sources = sources();
        let calls: Vec<String> = sources
            .iter()
            .flat_map(|source| source.code.iter().map(move |line| (source, line)))
            .filter(|(_, line)| line.contains(call))
            .map(|(source, _)| source.path.display().to_string())
            .collect();
        assert!(
            matches!(&calls[..], [one] if one.ends_with(place)),
            "{call} is called in {calls:?}"
        );
    }
}

#[test]
fn no_file_is_longer_than_one_idea() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|source| source.code.len() > LONGEST)
        .map(|source| format!("{}: {} lines", source.path.display(), source.code.len()))
        .collect();
    assert!(
        long.is_empty(),
        "longer than {LONGEST} lines without tests:\n{}",
        long.join("\n")
    );
}

#[test]
fn every_file_of_tests_is_run() {
    let suite = std::fs::read_to_string(root().join("tests/suite.rs")).unwrap();
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let forgotten: Vec<String> = std::fs::read_dir(root().join("tests"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension().is_some_and(|it| it == "rs") || path.join("mod.rs").exists()
        })
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| !suite.contains(&format!("\nmod {name};\n")))
        .filter(|name| !manifest.contains(&format!("\"tests/{name}.rs\"")))
        .collect();
    assert_eq!(forgotten, [""; 0], "no module of tests/suite.rs");
}

#[test]
fn the_completions_in_the_tree_are_those_the_program_prints() {
    let files = [
        ("bash", "breakglass.bash"),
        ("zsh", "_breakglass"),
        ("fish", "breakglass.fish"),
        ("powershell", "_breakglass.ps1"),
        ("nushell", "breakglass.nu"),
    ];
    for (shell, name) in files {
        let printed = Command::new(env!("CARGO_BIN_EXE_breakglass"))
            .args(["completions", shell])
            .output()
            .unwrap();
        assert!(printed.status.success(), "{shell}");
        let path = root().join("completions").join(name);
        let committed = std::fs::read(&path).unwrap_or_default();
        assert!(
            committed == printed.stdout,
            "completions/{name} is not what the program prints; run: \
             cargo run -- completions {shell} > completions/{name}"
        );
    }
}

/// The commands in a document's fenced blocks, each with the line it stands on.
fn commands(text: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut fenced = false;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if !fenced {
            continue;
        }
        let mut whole = line.trim().to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            whole.push_str(lines.next().map_or("", |(_, more)| more.trim()));
        }
        let mut words = shell_words(&whole);
        // A prompt, and what may stand before a command.
        while words.first().is_some_and(|word| {
            ["$", "#", "sudo", "watch", "time", "exec"].contains(&word.as_str())
                || is_assignment(word)
        }) {
            words.remove(0);
        }
        if words.first().is_some_and(|word| word == "breakglass") && words.len() > 1 {
            found.push((number + 1, words));
        }
    }
    found
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    })
}

/// The words of the first command of a line, as a shell would cut it; a comment, a pipe or a redirection ends it.
fn shell_words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '|' | ';' | '&' | '>') => break,
            (None, '#') if word.is_none() && !words.is_empty() => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[test]
fn every_command_in_the_documents_parses() {
    let readme = root().join("README.md");
    let mut documents = files_below(&root().join("runbooks"), "md");
    if readme.exists() {
        documents.push(readme.clone());
    }
    let mut broken = Vec::new();
    let mut in_readme = 0;
    for document in documents {
        let text = std::fs::read_to_string(&document).unwrap();
        for (line, words) in commands(&text) {
            if document == readme {
                in_readme += 1;
            }
            if let Err(error) = breakglass::cli::command().try_get_matches_from(&words)
                && error.use_stderr()
            {
                broken.push(format!(
                    "{}:{line}: {}\n{error}",
                    document.display(),
                    words.join(" ")
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(
        !readme.exists() || in_readme > 0,
        "README.md shows no command at all"
    );
}

#[test]
fn commands_are_found_in_documents_as_a_shell_would_cut_them() {
    let text = "breakglass outside\n```console\n$ breakglass terminate --app 'a b' \\\n  --dry-run # why\n\
                PGHOST=db1 sudo breakglass status | head\nls\n```\n";
    let found: Vec<Vec<String>> = commands(text).into_iter().map(|(_, words)| words).collect();
    assert_eq!(
        found,
        [
            vec!["breakglass", "terminate", "--app", "a b", "--dry-run"],
            vec!["breakglass", "status"]
        ]
    );
}
