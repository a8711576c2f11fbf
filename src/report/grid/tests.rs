//! Rows as they are drawn, quoted and cut.

use super::*;

const OFF: Palette = Palette { on: false };

fn grid(rows: &[[&str; 3]]) -> Grid {
    let mut grid = Grid::new(vec![
        Column::key("pid", Align::Right),
        Column::name("app"),
        Column::rest("query"),
    ]);
    let rows = rows
        .iter()
        .map(|row| row.iter().map(ToString::to_string).collect());
    grid.rows = rows.map(Row::plain).collect();
    grid
}

#[test]
fn a_table_is_aligned_and_has_no_blanks_at_the_end() {
    let lines = grid(&[["7", "web", "SELECT\n  1"], ["4711", "cron", ""]]).table(None, OFF);
    assert_eq!(
        lines,
        [" PID  APP   QUERY", "   7  web   SELECT 1", "4711  cron"]
    );
    assert!(grid(&[]).table(None, OFF).is_empty());
}

#[test]
fn the_last_column_gives_way_first_then_names_and_a_pid_never() {
    let long = "a-very-long-application-name";
    let grid = grid(&[[
        "1234567890",
        long,
        "SELECT pg_sleep(1000) FROM generate_series(1, 9)",
    ]]);
    let row = |width| grid.table(Some(width), OFF).pop().unwrap_or_default();
    assert_eq!(
        row(80),
        "1234567890  a-very-long-application-name  SELECT pg_sleep(1000) FROM generate_s…"
    );
    assert_eq!(
        row(50),
        "1234567890  a-very-long-app…  SELECT pg_sleep(100…"
    );
    assert_eq!(row(24), "1234567890  a-very-…  S…");
    assert_eq!(row(12), "1234567890  a-…");
    for width in 22..120 {
        for line in grid.table(Some(width), OFF) {
            assert!(sanitize::columns(&line) <= width, "{line:?} in {width}");
            assert!(line.contains("1234567890") || line.contains("PID"));
        }
    }
}

#[test]
fn wide_characters_and_escapes_are_measured_as_they_are_shown() {
    let lines = grid(&[["1", "東京", "x"], ["2", "a\x1bb", "y"]]).table(Some(40), OFF);
    assert_eq!(
        lines,
        ["PID  APP     QUERY", "  1  東京    x", "  2  a\\x1bb  y"]
    );
}

#[test]
fn csv_quotes_what_needs_it_and_keeps_one_row_a_line() {
    let csv = grid(&[["7", "a,b", "SELECT \"x\"\nFROM t"], ["8", "", " y"]]).csv();
    assert_eq!(
        csv,
        "pid,app,query\n7,\"a,b\",\"SELECT \"\"x\"\"\\nFROM t\"\n8,,\" y\"\n"
    );
}

#[test]
fn markdown_cells_cannot_open_a_new_cell_or_a_tag() {
    let text = grid(&[["7", "a|b\\|c", "<img>"]]).markdown();
    assert_eq!(
        text,
        "| pid | app | query |\n| ---: | --- | --- |\n| 7 | a\\|b\\\\\\|c | &lt;img> |\n"
    );
}

#[test]
fn colour_covers_whole_lines_and_changes_no_width() {
    let mut coloured = grid(&[["7", "web", "x"]]);
    coloured.rows[0].tone = Tone::Warn;
    let lines = coloured.table(Some(80), Palette { on: true });
    assert_eq!(lines[1], "\x1b[38;5;130m  7  web  x\x1b[0m");
}

#[test]
fn thousands_of_rows_with_long_statements_take_no_time() {
    let query = "SELECT ".repeat(200);
    let rows: Vec<[&str; 3]> = (0..3000).map(|_| ["4711", "web", query.as_str()]).collect();
    let lines = grid(&rows).table(Some(80), OFF);
    assert_eq!(lines.len(), 3001);
}
