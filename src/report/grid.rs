//! Rows and columns, and three ways to write them: a table for eyes, CSV and markdown for files.
//!
//! Stage: report. Cells hold raw text; every renderer makes it safe by itself, so that none can be forgotten.
//! Never: wraps a row, or cuts a column that has to be typed (a PID).

use comfy_table::{Cell, CellAlignment, ContentArrangement, Row as TableRow, Table, TableStyle};

use super::palette::{Palette, Tone};
use super::sanitize;

/// Blanks between columns.
const GAP: usize = 2;
/// A name is not shrunk below this.
const SHORTEST: usize = 8;
/// The same on a screen so narrow that what must not be cut would not fit otherwise.
const SHORTEST_OF_ALL: usize = 3;
/// The last column gets at least this before names are shrunk for it.
const ROOM: usize = 20;
/// Where there is no terminal, the last column ends here.
const UNBOUNDED: usize = 120;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name in lower case; capitals on a table.
    pub title: &'static str,
    /// Which edge its cells keep to.
    pub align: Align,
    /// What happens to it when there is little room.
    pub cut: Cut,
}

/// Which edge cells keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers and ages.
    Right,
}

/// What happens to a column when there is little room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Nothing: it has to be typed, or it is short by nature.
    Never,
    /// The widest of these is shortened first.
    Shrink,
    /// Takes what is left; a statement, on one line. Only the last column may be so.
    Rest,
}

impl Column {
    /// A column that is never cut.
    pub const fn key(title: &'static str, align: Align) -> Self {
        Self {
            title,
            align,
            cut: Cut::Never,
        }
    }

    /// A column of names.
    pub const fn name(title: &'static str) -> Self {
        Self {
            title,
            align: Align::Left,
            cut: Cut::Shrink,
        }
    }

    /// The last column: a statement or a sentence.
    pub const fn rest(title: &'static str) -> Self {
        Self {
            title,
            align: Align::Left,
            cut: Cut::Rest,
        }
    }
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// As many as there are columns; raw text.
    pub cells: Vec<String>,
    /// How loud it is on a table.
    pub tone: Tone,
}

impl Row {
    /// A row of no particular tone.
    pub fn plain(cells: Vec<String>) -> Self {
        Self {
            cells,
            tone: Tone::Plain,
        }
    }
}

/// Rows under columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grid {
    /// From left to right.
    pub columns: Vec<Column>,
    /// From top to bottom.
    pub rows: Vec<Row>,
}

impl Grid {
    /// Columns without rows.
    pub fn new(columns: Vec<Column>) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// Takes out the column of that title, with its cells; whether there is one.
    pub fn take(&mut self, title: &str) -> bool {
        let Some(index) = self.index(title) else {
            return false;
        };
        self.columns.remove(index);
        for row in &mut self.rows {
            if index < row.cells.len() {
                row.cells.remove(index);
            }
        }
        true
    }

    /// Takes out the column of that title when all its cells say the same, and returns what that is: it can be said
    /// once. A `-` says nothing. Of no row nothing is returned.
    pub fn take_same(&mut self, title: &str) -> Option<String> {
        let index = self.index(title)?;
        let cells = self.rows.iter().filter_map(|row| row.cells.get(index));
        let mut said = cells.filter(|cell| *cell != "-");
        let first = said.next()?.clone();
        if said.any(|cell| *cell != first) {
            return None;
        }
        self.take(title);
        Some(first)
    }

    /// Columns it takes with every name cut to its shortest.
    pub fn narrowest(&self) -> usize {
        let widths = self.columns.iter().enumerate().map(|(index, column)| {
            let cells = self.rows.iter().filter_map(|row| row.cells.get(index));
            let widest = cells.map(|text| sanitize::columns(text)).max().unwrap_or(0);
            let natural = widest.max(column.title.len());
            match column.cut {
                Cut::Never => natural,
                Cut::Shrink => natural.min(SHORTEST),
                Cut::Rest => 0,
            }
        });
        widths.sum::<usize>() + GAP * self.columns.len().saturating_sub(1)
    }

    fn index(&self, title: &str) -> Option<usize> {
        self.columns.iter().position(|it| it.title == title)
    }

    /// For eyes: one line for the titles and exactly one for each row, none wider than `width`, no blanks at
    /// the end. Without rows there is no line at all.
    pub fn table(&self, width: Option<usize>, palette: Palette) -> Vec<String> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let cells: Vec<Vec<String>> = self.rows.iter().map(|row| self.safe(row, width)).collect();
        let room = self.layout(&cells, width);
        let shown = room.iter().take_while(|room| **room > 0).count();
        let mut table = Table::new();
        // comfy-table would look at the terminal and at `NO_COLOR`; colours are ours to decide, a line at a time.
        table
            .force_no_tty()
            .set_content_arrangement(ContentArrangement::Disabled)
            .load_style(TableStyle::new());
        let titles = self.columns.iter().zip(&room).take(shown);
        table.set_header(TableRow::from(
            titles
                .map(|(column, room)| {
                    cell(column, &sanitize::fit(&column.title.to_uppercase(), *room))
                })
                .collect::<Vec<Cell>>(),
        ));
        for row in &cells {
            let fitted = self.columns.iter().zip(row.iter()).zip(&room).take(shown);
            table.add_row(TableRow::from(
                fitted
                    .map(|((column, text), room)| cell(column, &sanitize::fit(text, *room)))
                    .collect::<Vec<Cell>>(),
            ));
        }
        for (index, column) in table.column_iter_mut().enumerate() {
            let gap = if index + 1 == shown { 0 } else { GAP };
            column.set_padding((0, u16::try_from(gap).unwrap_or(0)));
        }
        let tones = std::iter::once(Tone::Strong).chain(self.rows.iter().map(|row| row.tone));
        table
            .lines()
            .zip(tones)
            .map(|(line, tone)| palette.paint(tone, line.trim_end()))
            .collect()
    }

    /// For programs: a line of titles, then the rows; quoted as RFC 4180 says, lines ended by `\n`.
    pub fn csv(&self) -> String {
        let rows = self.rows.iter().map(|row| row.cells.as_slice());
        csv(&self.columns, rows)
    }

    /// For a ticket: a markdown table. Statements stand on one line.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        push_markdown(
            &mut out,
            self.columns.iter().map(|column| column.title.to_owned()),
        );
        push_markdown(
            &mut out,
            self.columns.iter().map(|column| match column.align {
                Align::Left => "---".to_owned(),
                Align::Right => "---:".to_owned(),
            }),
        );
        for row in &self.rows {
            let cells = self.columns.iter().zip(&row.cells);
            push_markdown(
                &mut out,
                cells.map(|(column, text)| safe(column, text, usize::MAX)),
            );
        }
        out
    }

    fn safe(&self, row: &Row, width: Option<usize>) -> Vec<String> {
        let most = width.unwrap_or(UNBOUNDED);
        let cells = self.columns.iter().zip(&row.cells);
        cells
            .map(|(column, text)| safe(column, text, most))
            .collect()
    }

    /// Columns for each column; 0 for a last one that has no place at all.
    fn layout(&self, cells: &[Vec<String>], width: Option<usize>) -> Vec<usize> {
        let natural: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| {
                let cells = cells.iter().filter_map(|row| row.get(index));
                let widest = cells.map(|text| sanitize::columns(text)).max().unwrap_or(0);
                widest.max(column.title.len())
            })
            .collect();
        let mut room = natural.clone();
        let rest = self
            .columns
            .last()
            .is_some_and(|column| column.cut == Cut::Rest);
        let last = room.len().saturating_sub(1);
        let Some(width) = width else {
            if let Some(room) = room.last_mut().filter(|_| rest) {
                *room = (*room).min(UNBOUNDED);
            }
            return room;
        };
        let gaps = GAP * last;
        let wanted = |room: &[usize], for_rest: usize| -> usize {
            let fixed: usize = room.iter().take(last).sum();
            let tail = room.last().copied().unwrap_or(0);
            match (rest, for_rest) {
                // A column without room is not shown, nor the gap before it.
                (true, 0) => fixed + gaps.saturating_sub(GAP),
                (true, most) => gaps + fixed + tail.min(most),
                (false, _) => gaps + fixed + tail,
            }
        };
        for shortest in [SHORTEST, SHORTEST_OF_ALL] {
            while wanted(&room, if shortest == SHORTEST { ROOM } else { 0 }) > width {
                let shrinkable = self.columns.iter().zip(room.iter_mut());
                let widest = shrinkable
                    .filter(|(column, room)| column.cut == Cut::Shrink && **room > shortest)
                    .max_by_key(|(_, room)| **room);
                let Some((_, widest)) = widest else { break };
                *widest -= 1;
            }
        }
        if rest {
            let fixed: usize = room.iter().take(last).sum();
            let left = width.saturating_sub(gaps + fixed);
            if let (Some(room), Some(natural)) = (room.last_mut(), natural.last()) {
                *room = left.min(*natural);
            }
        }
        room
    }
}

fn safe(column: &Column, text: &str, most: usize) -> String {
    if column.cut == Cut::Rest {
        sanitize::one_line_start(text, most)
    } else {
        sanitize::line(text).into_owned()
    }
}

fn cell(column: &Column, text: &str) -> Cell {
    Cell::new(text).set_alignment(match column.align {
        Align::Left => CellAlignment::Left,
        Align::Right => CellAlignment::Right,
    })
}

/// [`Grid::csv`] of rows that are made one at a time, so that thousands are never held at once.
pub fn csv<Row, Cell>(columns: &[Column], rows: impl Iterator<Item = Row>) -> String
where
    Row: AsRef<[Cell]>,
    Cell: AsRef<str>,
{
    let mut out = String::new();
    push_csv(&mut out, columns.iter().map(|column| column.title));
    for row in rows {
        push_csv(&mut out, row.as_ref().iter().map(AsRef::as_ref));
    }
    out
}

fn push_csv<'a>(out: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (index, text) in cells.enumerate() {
        if index > 0 {
            out.push(',');
        }
        let text = sanitize::line(text);
        if text.contains(['"', ',']) || text.starts_with(' ') || text.ends_with(' ') {
            out.push('"');
            out.push_str(&text.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&text);
        }
    }
    out.push('\n');
}

fn push_markdown(out: &mut String, cells: impl Iterator<Item = String>) {
    out.push('|');
    for text in cells {
        out.push(' ');
        // A backslash before a pipe would undo the escape of the pipe.
        out.push_str(
            &text
                .replace('\\', "\\\\")
                .replace('|', "\\|")
                .replace('<', "&lt;"),
        );
        out.push_str(" |");
    }
    out.push('\n');
}

#[cfg(test)]
mod tests;
