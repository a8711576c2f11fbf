//! Reads a key=value connection string (`host=db dbname='my db'`) with libpq's quoting.
//!
//! Stage: parsing, pure. Gives the pairs in order; what a keyword means is not known here.

use super::error::TargetError;

/// The pairs of a connection string, in order; of a repeated keyword the last one counts.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, TargetError> {
    let mut rest = text.trim_start_matches(is_space);
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        let end = rest.find(|c| c == '=' || is_space(c)).unwrap_or(rest.len());
        let (keyword, after) = rest.split_at(end);
        let Some(after) = after.trim_start_matches(is_space).strip_prefix('=') else {
            return Err(stray_word(&pairs, keyword));
        };
        let (value, after) = value(after.trim_start_matches(is_space), keyword)?;
        pairs.push((keyword.to_owned(), value));
        rest = after.trim_start_matches(is_space);
    }
    Ok(pairs)
}

/// A word without "=". After a value it may be the rest of an unquoted password: it is not shown.
fn stray_word(before: &[(String, String)], word: &str) -> TargetError {
    TargetError::new(match before.last() {
        Some((keyword, _)) => {
            format!("after the value of \"{keyword}\" comes a word without \"=\"")
        }
        None => format!("no \"=\" after \"{word}\""),
    })
    .advise("write keyword=value, and quote a value that has spaces: 'my value'")
}

/// C's `isspace` for ASCII, which is what libpq goes by; Rust's own leaves out the vertical tab.
pub(super) fn is_space(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\u{b}'
}

/// One value, bare or quoted, and what follows it.
fn value<'a>(text: &'a str, keyword: &str) -> Result<(String, &'a str), TargetError> {
    let quoted = text.starts_with('\'');
    let body = if quoted { &text[1..] } else { text };
    let mut value = String::new();
    let mut characters = body.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            // A backslash takes the next character as it is; at the very end it is dropped.
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((value, &body[at + 1..])),
            c if !quoted && is_space(c) => return Ok((value, &body[at..])),
            c => value.push(c),
        }
    }
    if quoted {
        return Err(TargetError::new(format!(
            "the quote that opens the value of \"{keyword}\" is never closed"
        )));
    }
    Ok((value, ""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn strings_are_read_with_libpqs_quoting() {
        let cases: [(&str, &[(&str, &str)]); 12] = [
            ("", &[]),
            ("  \t\n", &[]),
            ("host=db", &[("host", "db")]),
            (" host = db  port= 5 ", &[("host", "db"), ("port", "5")]),
            ("dbname='my db'", &[("dbname", "my db")]),
            ("dbname='it\\'s'", &[("dbname", "it's")]),
            ("dbname=it\\'s", &[("dbname", "it's")]),
            ("dbname=a\\ b user=c", &[("dbname", "a b"), ("user", "c")]),
            ("password='' host=db", &[("password", ""), ("host", "db")]),
            ("host=a host=b", &[("host", "a"), ("host", "b")]),
            ("a='x'b=y", &[("a", "x"), ("b", "y")]),
            ("password=a'b", &[("password", "a'b")]),
        ];
        for (text, expected) in cases {
            let pairs = parse(text).unwrap();
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(k, v)| (k.as_str(), v.as_str()))
                .collect();
            assert_eq!(pairs, expected, "{text:?}");
        }
    }

    #[test]
    fn broken_strings_are_refused_without_showing_values() {
        for (text, part) in [
            ("host", "no \"=\" after \"host\""),
            ("password=my secret", "after the value of \"password\""),
            ("host db=x", "no \"=\" after \"host\""),
            ("password='secret", "value of \"password\" is never closed"),
            ("password='secret\\'", "is never closed"),
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text:?}: {message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }

    fn quote(value: &str) -> String {
        format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn quoted_pairs_come_back_unchanged(
            pairs in proptest::collection::vec(("[a-z_]{1,12}", any::<String>()), 0..6)
        ) {
            let text = pairs.iter().map(|(k, v)| format!("{k}={}", quote(v))).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(parse(&text).unwrap(), pairs);
        }
    }
}
