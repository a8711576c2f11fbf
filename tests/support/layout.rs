//! What a terminal of so many columns would make of a screen.

use breakglass::report::sanitize::columns;
use regex::Regex;

/// What may be wider than the terminal: it is copied whole.
fn is_copied_whole(line: &str) -> bool {
    let text = line.trim_start();
    [
        "breakglass",
        "$ ",
        "next: ",
        "next ",
        "same as ",
        "fix ",
        "ALTER ",
        "GRANT ",
        "CREATE ",
        "host",
        "local",
        "dsn ",
        "-- ",
    ]
    .iter()
    .any(|start| text.starts_with(start))
        // A path alone.
        || !text.contains(' ')
}

/// What is wrong with `screen` on a terminal `wide` columns wide: lines that are wider and no command to copy, control
/// characters that are no colours, and colours where there should be none.
pub fn faults(screen: &str, wide: u16, coloured: bool) -> Vec<String> {
    let colours = Regex::new("\x1b\\[[0-9;]*m").unwrap();
    let mut wrong = Vec::new();
    let plain = colours.replace_all(screen, "");
    if plain.len() != screen.len() && !coloured {
        wrong.push("it has colours".to_owned());
    }
    // Progress replaces itself: a carriage return and a clearing of the line.
    let plain = plain.replace("\r\x1b[K", "\n");
    for shown in plain.lines().map(|shown| shown.trim_end_matches('\r')) {
        if shown.contains(|c: char| c.is_control()) {
            wrong.push(format!("{shown:?}"));
        }
        if columns(shown) > usize::from(wide) && !is_copied_whole(shown) {
            wrong.push(format!("{} columns: {shown}", columns(shown)));
        }
    }
    wrong
}
