//! Reads a connection URI (`postgresql://user@host1:5432,host2/db?sslmode=require`) as libpq does.
//!
//! Stage: parsing, pure. Gives keyword and value pairs like [`super::conninfo`].
//! Never: shows the URI in an error, because it may hold a password.

use super::error::TargetError;

/// Whether `text` is a URI for us, by its scheme.
pub(super) fn is_uri(text: &str) -> bool {
    without_scheme(text).is_some()
}

/// The pairs a URI stands for, in order; of a repeated keyword the last one counts.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, TargetError> {
    let Some(mut rest) = without_scheme(text) else {
        return Err(TargetError::new(
            "a connection URI starts with postgresql:// or postgres://",
        ));
    };
    let mut pairs = Vec::new();

    // Only an "@" before the first "/" ends the credentials; a later one belongs to a parameter.
    if let Some(at) = rest
        .find(['@', '/'])
        .filter(|at| rest[*at..].starts_with('@'))
    {
        let (credentials, after) = (&rest[..at], &rest[at + 1..]);
        let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        push_unless_empty(&mut pairs, "user", user)?;
        push_unless_empty(&mut pairs, "password", password)?;
        rest = after;
    }

    let (hosts, ports, after) = hosts(rest)?;
    push_unless_empty(&mut pairs, "host", &hosts)?;
    push_unless_empty(&mut pairs, "port", &ports)?;

    let (path, parameters) = after.split_once('?').unwrap_or((after, ""));
    push_unless_empty(&mut pairs, "dbname", path.strip_prefix('/').unwrap_or(path))?;
    if !parameters.is_empty() {
        let parameters = parameters.strip_suffix('&').unwrap_or(parameters);
        for parameter in parameters.split('&') {
            pairs.push(pair(parameter)?);
        }
    }
    Ok(pairs)
}

fn without_scheme(text: &str) -> Option<&str> {
    ["postgresql://", "postgres://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))
}

fn push_unless_empty(
    pairs: &mut Vec<(String, String)>,
    keyword: &str,
    encoded: &str,
) -> Result<(), TargetError> {
    if !encoded.is_empty() {
        let value = decode(encoded).map_err(|error| error.at(format!("the URI's {keyword}")))?;
        pairs.push((keyword.to_owned(), value));
    }
    Ok(())
}

/// `a:1,[::1]:2` as the comma lists `host` and `port`, and what follows.
fn hosts(text: &str) -> Result<(String, String, &str), TargetError> {
    let (mut hosts, mut ports) = (String::new(), String::new());
    let mut rest = text;
    loop {
        let (host, after) = match rest.strip_prefix('[') {
            Some(bracketed) => bracketed_host(bracketed)?,
            None => rest.split_at(rest.find([':', '/', '?', ',']).unwrap_or(rest.len())),
        };
        hosts.push_str(host);
        rest = after;
        if let Some(after) = rest.strip_prefix(':') {
            let (port, after) = after.split_at(after.find(['/', '?', ',']).unwrap_or(after.len()));
            ports.push_str(port);
            rest = after;
        }
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None => return Ok((hosts, ports, rest)),
        }
        hosts.push(',');
        ports.push(',');
    }
}

fn bracketed_host(text: &str) -> Result<(&str, &str), TargetError> {
    let Some((host, after)) = text.split_once(']') else {
        return Err(TargetError::new(
            "the \"[\" before an IPv6 address in the URI has no \"]\"",
        ));
    };
    if host.is_empty() {
        return Err(TargetError::new("the URI has an empty IPv6 address: []"));
    }
    match after.chars().next() {
        None | Some(':' | '/' | '?' | ',') => Ok((host, after)),
        Some(other) => Err(TargetError::new(format!(
            "unexpected \"{other}\" after the \"]\" of an IPv6 address in the URI"
        ))
        .advise("only a port, \"/\", \"?\" or \",\" may follow")),
    }
}

fn pair(parameter: &str) -> Result<(String, String), TargetError> {
    let Some((name, value)) = parameter.split_once('=') else {
        // The word may be the rest of a password with a bare "&" in it: it is not shown.
        return Err(TargetError::new("a parameter of the URI has no \"=\"")
            .advise("write %26 for an ampersand in a value"));
    };
    let name = decode(name)?;
    if value.contains('=') {
        return Err(
            TargetError::new(format!("the URI parameter \"{name}\" has a second \"=\""))
                .advise("write %3D for an equals sign in a value"),
        );
    }
    let value = decode(value).map_err(|error| error.at(format!("the URI parameter \"{name}\"")))?;
    // What JDBC calls it; libpq accepts this one value.
    if name == "ssl" && value == "true" {
        return Ok(("sslmode".into(), "require".into()));
    }
    Ok((name, value))
}

fn decode(text: &str) -> Result<String, TargetError> {
    let wrong = |what: &str| {
        Err(TargetError::new(what).advise("write a percent sign as %25, and see RFC 3986"))
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|b| char::from(b).to_digit(16));
        let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
            return wrong("a \"%\" is not followed by two hexadecimal digits");
        };
        match (high << 4) | low {
            0 => return wrong("%00 is not allowed"),
            // Two hexadecimal digits fit a byte.
            code => bytes.extend(u8::try_from(code)),
        }
    }
    String::from_utf8(bytes).or_else(|_| wrong("the decoded text is not UTF-8"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn uris_are_read_as_libpq_reads_them() {
        #[rustfmt::skip]
        let cases: [(&str, &[(&str, &str)]); 19] = [
            ("postgresql://", &[]),
            ("postgres://", &[]),
            ("postgresql:///db", &[("dbname", "db")]),
            ("postgresql://h", &[("host", "h")]),
            ("postgresql://h/", &[("host", "h")]),
            ("postgresql://u@h", &[("user", "u"), ("host", "h")]),
            ("postgresql://u:p%40w@h:1/d", &[("user", "u"), ("password", "p@w"), ("host", "h"), ("port", "1"), ("dbname", "d")]),
            ("postgresql://u:@h", &[("user", "u"), ("host", "h")]),
            ("postgresql://@h", &[("host", "h")]),
            ("postgresql://localhost/db?user=me@corp", &[("host", "localhost"), ("dbname", "db"), ("user", "me@corp")]),
            ("postgresql://a:1,b:2/d", &[("host", "a,b"), ("port", "1,2"), ("dbname", "d")]),
            ("postgresql://a,b", &[("host", "a,b"), ("port", ",")]),
            ("postgresql://,b:2", &[("host", ",b"), ("port", ",2")]),
            ("postgresql://[::1]:5/d", &[("host", "::1"), ("port", "5"), ("dbname", "d")]),
            ("postgresql://[::1],[fe80::1]", &[("host", "::1,fe80::1"), ("port", ",")]),
            ("postgresql://%2Ftmp/d", &[("host", "/tmp"), ("dbname", "d")]),
            ("postgresql:///d?host=/tmp&port=5", &[("dbname", "d"), ("host", "/tmp"), ("port", "5")]),
            ("postgresql://h?sslmode=require&", &[("host", "h"), ("sslmode", "require")]),
            ("postgresql://h/d?ssl=true", &[("host", "h"), ("dbname", "d"), ("sslmode", "require")]),
        ];
        for (text, expected) in cases {
            let pairs = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(k, v)| (k.as_str(), v.as_str()))
                .collect();
            assert_eq!(pairs, expected, "{text:?}");
        }
    }

    #[test]
    fn broken_uris_are_refused_without_showing_the_password() {
        for (text, part) in [
            ("http://h", "starts with postgresql://"),
            ("postgresql://u:secret@[::1/d", "has no \"]\""),
            ("postgresql://u:secret@[]/d", "empty IPv6 address"),
            ("postgresql://u:secret@[::1]x/d", "unexpected \"x\""),
            (
                "postgresql://h%zz",
                "the URI's host: a \"%\" is not followed",
            ),
            ("postgresql://u:secret%0@h", "the URI's password: a \"%\""),
            ("postgresql://h/d%00", "%00 is not allowed"),
            ("postgresql://h/%ff", "not UTF-8"),
            (
                "postgresql://h?password=a&secret",
                "a parameter of the URI has no \"=\"",
            ),
            ("postgresql://h?a=b=c", "\"a\" has a second \"=\""),
            ("postgresql://h?a=b&&", "has no \"=\""),
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text:?}: {message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }

    fn encode(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02x}")).collect()
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = parse(&format!("postgresql://{text}"));
        }

        #[test]
        fn encoded_parts_come_back_unchanged(user in "[^\0]{1,20}", database in "[^\0]{1,20}") {
            let pairs = parse(&format!("postgres://{}@h/{}", encode(&user), encode(&database))).unwrap();
            prop_assert_eq!(pairs, vec![
                ("user".to_owned(), user),
                ("host".to_owned(), "h".to_owned()),
                ("dbname".to_owned(), database),
            ]);
        }
    }
}
