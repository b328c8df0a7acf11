//! Errors of a configuration file with file, line and key.

use std::path::Path;

use hbl_exchange::SetupError;

use crate::kit::error::VenueError;

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The key of the config file; `None` when an option or a variable says it.
    pub key: Option<&'static str>,
    /// The problem, as a text.
    pub reason: String,
}

impl Wrong {
    /// A key's value.
    pub fn key(key: &'static str, reason: String) -> Self {
        let key = Some(key);
        Self { key, reason }
    }

    /// As an error of the file, with the line of the key where it has one.
    pub fn in_file(self, path: Option<&Path>) -> VenueError {
        match (self.key, path) {
            (Some(key), Some(path)) => at_key(path, key, None, &self.reason),
            _ => VenueError::Usage(self.reason),
        }
    }
}

/// An option or a variable.
impl From<String> for Wrong {
    fn from(reason: String) -> Self {
        Self { key: None, reason }
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}

/// An error of the exchange's settings as one of the file that they come from.
pub fn exchange(error: SetupError, path: Option<&Path>) -> VenueError {
    let reason = error.to_string();
    let (key, value) = match &error {
        SetupError::Number { field, value, .. } => (*field, Some(Value::Number(*value))),
        SetupError::Unfit { field, .. } => (*field, None),
        SetupError::EmptySymbol => ("symbol", Some(Value::Text(""))),
        SetupError::DuplicateSymbol(symbol) => ("symbol", Some(Value::Text(symbol))),
        _ => ("", None),
    };
    match path {
        Some(path) if !key.is_empty() => at_key(path, key, value, &reason),
        Some(path) => VenueError::Config {
            path: path.to_owned(),
            reason,
        },
        None => VenueError::Exchange(error),
    }
}

/// The problem and its place, without the value, which may be a key.
pub fn parsed(text: &str, error: &toml::de::Error) -> String {
    let message = without_values(error.message());
    let Some(span) = error.span() else {
        return message;
    };
    let before = text.get(..span.start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    match text.lines().nth(line - 1).and_then(key_of) {
        Some(key) if !message.contains(&format!("`{key}`")) => {
            format!("line {line}, key `{key}`: {message}")
        }
        _ => format!("line {line}: {message}"),
    }
}

/// The value by which a key is recognised among keys of the same name.
#[derive(Clone, Copy)]
enum Value<'a> {
    Number(f64),
    /// The last of them: the one that repeats another.
    Text(&'a str),
}

fn at_key(path: &Path, key: &str, value: Option<Value<'_>>, reason: &str) -> VenueError {
    // Read again, for the line only: the file may be gone by now.
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let named = match reason.contains(key) {
        true => reason.to_owned(),
        false => format!("key `{key}`: {reason}"),
    };
    let reason = match line_of(&text, key, value) {
        Some(line) => format!("line {line}: {named}"),
        None => named,
    };
    VenueError::Config {
        path: path.to_owned(),
        reason,
    }
}

fn line_of(text: &str, key: &str, value: Option<Value<'_>>) -> Option<usize> {
    let mut found = None;
    for (at, line) in text.lines().enumerate() {
        if key_of(line) != Some(key) {
            continue;
        }
        let written = line
            .split_once('=')
            .map_or("", |(_, written)| written.trim());
        let written = written.split('#').next().unwrap_or_default().trim();
        let is_meant = match value {
            None => true,
            Some(Value::Number(number)) => {
                let written = written.replace('_', "").parse::<f64>();
                written
                    .is_ok_and(|written| written == number || written.is_nan() && number.is_nan())
            }
            Some(Value::Text(symbol)) => written.trim_matches(['"', '\'']) == symbol,
        };
        if is_meant {
            found = Some(at + 1);
            if !matches!(value, Some(Value::Text(_))) {
                break;
            }
        }
    }
    found
}

/// The last part of the key on a line, without quotes.
fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    let key = key.rsplit('.').next()?.trim().trim_matches(['"', '\'']);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (!key.is_empty() && key.chars().all(is_name)).then_some(key)
}

/// The message without what stands in the file: a text, or a word that is none of those allowed.
fn without_values(message: &str) -> String {
    let quote = match message.starts_with("unknown variant") {
        true => '`',
        false => '"',
    };
    let mut parts = message.splitn(3, quote);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(before), Some(_), Some(after)) if quote == '"' => {
            // A text may hold quotes of its own: all up to the last one goes.
            let after = after.rsplit_once(quote).map_or(after, |(_, after)| after);
            format!("{}{after}", before.trim_end())
        }
        (Some(before), Some(_), Some(after)) => format!("{}{after}", before.trim_end()),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bybit::config as bybit_config;
    use crate::kit::config::load;
    use crate::sim::config::SimConfig;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn what_cannot_be_read_is_reported_with_file_line_and_key_and_without_its_value() {
        for (text, line, key) in [
            ("\nseed = \"canary\"", "line 2", "seed"),
            ("seed = 1\nself_trade = \"canary\"", "line 2", "self_trade"),
            ("seed = 1\ncanry = 1", "line 2", "canry"),
            ("[latency]\nentry_ns = 1.5", "line 2", "entry_ns"),
            (
                "[[symbols]]\nsymbol = \"X\"\nlevels = -1",
                "line 3",
                "levels",
            ),
            ("seed = ", "line 1", "seed"),
        ] {
            let file = file(text);
            let message = load::<SimConfig>(file.path()).unwrap_err().to_string();
            assert!(
                message.starts_with(&file.path().display().to_string()),
                "{message}"
            );
            assert!(
                message.contains(line) && message.contains(key),
                "{text}: {message}"
            );
            assert!(!message.contains("canary"), "{message}");
        }
        for (text, key) in [
            ("lookback_s = \"canary\"", "lookback_s"),
            ("environment = \"canary\"", "environment"),
            ("paper_trading = \"canary\"", "paper_trading"),
            ("depths = [1, \"canary\"]", "depths"),
        ] {
            let file = file(text);
            let message = bybit_config::load(file.path()).unwrap_err().to_string();
            assert!(
                message.contains("line 1") && message.contains(key),
                "{message}"
            );
            assert!(!message.contains("canary"), "{message}");
        }
    }

    #[test]
    fn what_is_out_of_range_is_reported_with_the_line_of_its_key() {
        let file = file("# range\nrecv_window_ms = 1\n");
        let wrong = Wrong::key(
            "recv_window_ms",
            "recv_window_ms is 1; it may be 100".into(),
        );
        let message = wrong.in_file(Some(file.path())).to_string();
        assert!(message.contains("line 2: recv_window_ms is 1"), "{message}");
        let message = Wrong::from("--x is wrong".to_owned()).in_file(Some(file.path()));
        assert_eq!(
            message.to_string(),
            "--x is wrong",
            "the file did not say that"
        );
    }

    #[test]
    fn an_exchange_setting_is_reported_with_the_line_whose_value_is_meant() {
        let text = "[[symbols]]\nsymbol = \"A\"\ntick_size = 0.5\n[[symbols]]\nsymbol = \"A\"\ntick_size = -1_0.0 # bad\n";
        let file = file(text);
        let number = SetupError::Number {
            field: "tick_size",
            value: -10.0,
            rule: "above 0",
        };
        let message = exchange(number, Some(file.path())).to_string();
        assert!(
            message.contains("line 6") && message.contains("tick_size"),
            "{message}"
        );
        let twice = SetupError::DuplicateSymbol("A".into());
        let message = exchange(twice, Some(file.path())).to_string();
        assert!(
            message.contains("line 5") && message.contains("symbol A"),
            "{message}"
        );
    }
}
