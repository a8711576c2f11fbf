//! The manual: a page for each command, which man reads without a complaint at 80 columns.

use std::path::Path;
use std::process::Command;

use crate::support::Cli;

/// What man shows of a page, and what it complains about.
fn read(page: &Path) -> (String, String) {
    let output = Command::new("man")
        .args(["--warnings=w", "-E", "UTF-8", "-l"])
        .arg(page)
        .env("MANWIDTH", "80")
        .env("LC_ALL", "C.UTF-8")
        .env("MAN_KEEP_FORMATTING", "")
        .env("MANPAGER", "cat")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn man_reads_every_page_without_a_complaint() {
    let cli = Cli::new();
    let directory = cli.path("man");
    std::fs::create_dir(&directory).unwrap();
    let ran = cli.run(&["man".as_ref(), directory.as_os_str()]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{}", ran.err);
    let mut pages: Vec<_> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    pages.sort();
    assert!(
        ran.err
            .starts_with(&format!("{} manual pages in ", pages.len())),
        "{}",
        ran.err
    );
    assert!(pages.len() > 30, "{pages:?}");
    for page in &pages {
        let (shown, complaints) = read(page);
        assert_eq!(complaints, "", "{}", page.display());
        for heading in [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "EXIT STATUS",
            "EXAMPLES",
            "SEE ALSO",
        ] {
            let main = page.ends_with("breakglass.1");
            if main && heading == "EXAMPLES" {
                continue;
            }
            assert!(
                shown.contains(&format!("\n{heading}\n")),
                "{}: {heading}\n{shown}",
                page.display()
            );
        }
        // A command is not broken: it is copied whole.
        let wide = shown.lines().filter(|line| {
            line.chars().count() > 80 && !line.trim_start().starts_with("breakglass ")
        });
        assert_eq!(wide.count(), 0, "{}:\n{shown}", page.display());
        // Each page that another one points to is there.
        for (at, _) in shown.match_indices("(1)") {
            let name: String = shown[..at]
                .chars()
                .rev()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
                .collect();
            let name: String = name.chars().rev().collect();
            let ours = name.starts_with("breakglass");
            assert!(
                !ours || directory.join(format!("{name}.1")).exists(),
                "{name}"
            );
        }
    }
}

#[test]
fn a_directory_that_cannot_be_written_is_said_and_nothing_is_left_there() {
    let cli = Cli::new();
    let ran = cli.run(&["man", "/proc/no-such-directory"]);
    assert_eq!(ran.code, Some(4));
    assert_eq!(
        ran.err,
        "breakglass: cannot make /proc/no-such-directory: No such file or directory (os error 2)\n"
    );
    assert_eq!(cli.run(&["man"]).code, Some(2));
    // Whoever asked for JSON is told in JSON, too.
    let ran = cli.run(&["man", "/proc/no-such-directory", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(told["format"], "breakglass/error/1");
    assert_eq!(told["exit_code"], 4);
    assert!(
        told["error"].as_str().unwrap().starts_with("cannot make "),
        "{told}"
    );
}

#[test]
fn the_version_says_the_number_and_how_it_was_built() {
    let cli = Cli::new();
    let number = env!("CARGO_PKG_VERSION");
    assert_eq!(cli.run(&["-V"]).out, format!("breakglass {number}\n"));
    let long = cli.run(&["--version"]).out;
    let build = long
        .strip_prefix(&format!("breakglass {number} (commit "))
        .unwrap();
    let parts: Vec<&str> = build.trim_end().trim_end_matches(')').split(", ").collect();
    assert_eq!(parts.len(), 4, "{long}");
    assert!(parts[0] == "unknown" || parts[0].len() >= 12, "{long}");
    assert!(parts[1].contains("linux"), "{long}");
    assert!(parts[3].starts_with("rustc "), "{long}");
}
