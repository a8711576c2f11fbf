//! Makes text from outside safe to show: nothing in it can move the cursor, recolour, reorder or hide.
//!
//! Stage: report; the last thing that happens to names, queries and messages before a screen.
//! Never: drops a character silently. What is dangerous becomes a visible ASCII escape, so that two different
//! names never look the same. A backslash stays a backslash: SQL is full of them, and an escape that somebody
//! typed does no harm.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Stands for what was cut off.
const ELLIPSIS: char = '…';
/// Marks that take no column can be stacked without end; beyond so many characters a column, text is cut.
const STACK: usize = 4;

/// A name, a message, a label: one line, every control visible (`\n`, `\x1b`, `\u{202e}`).
pub fn line(text: &str) -> Cow<'_, str> {
    // Nearly every text is of these, and thousands are looked at.
    let plain = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    if text.bytes().all(plain) || !text.chars().any(is_dangerous) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push(&mut out, c);
    }
    Cow::Owned(out)
}

/// A statement on one line: a run of white space becomes one blank, the rest as in [`line()`].
pub fn one_line(text: &str) -> String {
    one_line_start(text, usize::MAX)
}

/// The first characters of [`one_line`]: at least `columns` columns when there are so many, and not much more, so
/// that the megabytes of a long statement are not gone through for eighty columns of it.
pub fn one_line_start(text: &str, columns: usize) -> String {
    let limit = columns.saturating_mul(STACK);
    let mut out = String::new();
    let mut gap = false;
    let mut taken = 0;
    for c in text.trim_start_matches(is_sql_space).chars() {
        if taken >= limit {
            break;
        }
        if is_sql_space(c) {
            gap = true;
            continue;
        }
        if gap {
            out.push(' ');
            gap = false;
        }
        push(&mut out, c);
        taken += 1;
    }
    out
}

/// A whole statement: its lines stay lines, each indented by `indent` columns; a tab becomes four blanks.
pub fn block(text: &str, indent: usize) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let text = text.replace("\r\n", "\n");
    for source in text.trim_matches('\n').split('\n') {
        let mut shown = String::with_capacity(source.len());
        for c in source.chars() {
            match c {
                '\t' => shown.push_str("    "),
                other => push(&mut shown, other),
            }
        }
        let shown = shown.trim_end();
        if !shown.is_empty() {
            let _ = write!(out, "{:indent$}{shown}", "");
        }
        out.push('\n');
    }
    out
}

/// `text`, which is safe already, cut to `columns` columns; `…` says that something is missing.
pub fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    // A byte is never wider than a column, so short text needs no measuring.
    if text.len() <= columns {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let mut room = 0;
    for (count, (at, c)) in text.char_indices().enumerate() {
        let wide = c.width().unwrap_or(0);
        if used + wide > columns || count > columns.saturating_mul(STACK) {
            let mut cut = text.get(..room).unwrap_or_default().to_owned();
            if columns > 0 {
                cut.push(ELLIPSIS);
            }
            return Cow::Owned(cut);
        }
        used += wide;
        if used < columns {
            room = at + c.len_utf8();
        }
    }
    Cow::Borrowed(text)
}

/// Columns `text` takes on a terminal.
pub fn columns(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.width()
    }
}

/// `name` as it must be typed in SQL: quoted when it needs quoting, and safe to show.
pub fn identifier(name: &str) -> String {
    let plain = |(at, c): (usize, char)| {
        c.is_ascii_lowercase() || c == '_' || (at > 0 && c.is_ascii_digit())
    };
    if !name.is_empty() && name.chars().enumerate().all(plain) {
        return name.to_owned();
    }
    format!("\"{}\"", line(&name.replace('"', "\"\"")))
}

fn is_sql_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

fn push(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_dangerous(c) && u32::from(c) < 0x100 => {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        }
        c if is_dangerous(c) => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        c => out.push(c),
    }
}

/// Whatever does something to a terminal, reorders what stands beside it, or cannot be seen.
pub(crate) fn is_dangerous(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || matches!(c,
            // Soft hyphen, grapheme joiner, Hangul fillers, Khmer inherent vowels, Mongolian separators.
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{3164}' | '\u{ffa0}'
            // Direction marks, embeddings, overrides and isolates (Trojan Source).
            | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Blanks that are no blank: pasted ones break statements, and names that differ would look alike.
            | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}'
            // Zero-width characters, line and paragraph separators, invisible operators.
            | '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            // Variation selectors change what is drawn and how wide; tags spell out hidden text.
            | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cases: &[(&str, &str)]) {
        for (raw, safe) in cases {
            assert_eq!(line(raw), *safe, "from {raw:?}");
            assert!(!line(raw).chars().any(is_dangerous));
        }
    }

    #[test]
    fn a_name_cannot_clear_the_screen_or_set_the_title() {
        check(&[
            ("web\x1b[2J", "web\\x1b[2J"),
            ("\x1b]0;root\x07", "\\x1b]0;root\\x07"),
            ("\u{9b}31mred", "\\x9b31mred"),
            ("\u{9d}52;c;cm0=\u{9c}", "\\x9d52;c;cm0=\\x9c"),
        ]);
    }

    #[test]
    fn a_name_cannot_forge_a_second_row() {
        check(&[
            ("web\n4711 postgres", "web\\n4711 postgres"),
            ("web\r4711", "web\\r4711"),
            ("a\x0bb\x0cc", "a\\x0bb\\x0cc"),
            ("a\u{2028}b\u{2029}c\u{85}d", "a\\u{2028}b\\u{2029}c\\x85d"),
        ]);
    }

    #[test]
    fn a_name_cannot_rub_out_what_stands_before_it() {
        check(&[
            ("safe\x08\x08evil", "safe\\x08\\x08evil"),
            ("\x7f\0", "\\x7f\\x00"),
        ]);
    }

    #[test]
    fn a_name_cannot_be_read_backwards() {
        check(&[
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
            ("\u{2066}a\u{2069}", "\\u{2066}a\\u{2069}"),
            ("\u{200f}a\u{61c}", "\\u{200f}a\\u{61c}"),
        ]);
    }

    #[test]
    fn two_names_that_differ_never_look_the_same() {
        check(&[
            ("we\u{200b}b", "we\\u{200b}b"),
            ("we\u{ad}b", "we\\xadb"),
            ("web\u{feff}", "web\\u{feff}"),
            ("web\u{e0041}", "web\\u{e0041}"),
            ("\u{3164}", "\\u{3164}"),
            ("we\u{a0}b\u{2003}", "we\\xa0b\\u{2003}"),
            ("web\u{fe0f}", "web\\u{fe0f}"),
        ]);
    }

    #[test]
    fn ordinary_text_in_any_script_passes_untouched() {
        check(&[
            ("Grüße, 東京, Привет", "Grüße, 東京, Привет"),
            (r"E'\x1b'", r"E'\x1b'"),
            ("", ""),
        ]);
    }

    #[test]
    fn a_statement_becomes_one_line_and_its_block_keeps_its_lines() {
        let sql = "\n  SELECT *\r\n\tFROM t\x1b[0m  \n";
        assert_eq!(one_line(sql), "SELECT * FROM t\\x1b[0m");
        assert_eq!(block(sql, 2), "    SELECT *\n      FROM t\\x1b[0m\n");
        assert_eq!(block("a\rb\n\nc", 2), "  a\\rb\n\n  c\n");
    }

    #[test]
    fn text_is_cut_at_columns_and_never_inside_a_wide_character() {
        let cases = [
            ("select", 6, "select"),
            ("select", 5, "sele…"),
            ("select", 1, "…"),
            ("select", 0, ""),
            ("東京都", 6, "東京都"),
            ("東京都", 5, "東京…"),
            ("東京都", 4, "東…"),
            ("über", 4, "über"),
        ];
        for (text, room, cut) in cases {
            assert_eq!(fit(text, room), cut, "{text} in {room}");
            assert!(columns(&fit(text, room)) <= room);
        }
    }

    #[test]
    fn a_tower_of_combining_marks_is_cut_too() {
        let tower = format!("a{}", "\u{301}".repeat(10_000));
        assert!(fit(&tower, 8).chars().count() < 40);
    }

    #[test]
    fn names_that_need_quotes_in_sql_get_them() {
        let cases = [
            ("web_1", "web_1"),
            ("Web", "\"Web\""),
            ("1a", "\"1a\""),
            ("a\"b", "\"a\"\"b\""),
            ("", "\"\""),
        ];
        for (name, typed) in cases {
            assert_eq!(identifier(name), typed);
        }
    }
}
