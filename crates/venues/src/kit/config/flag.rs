//! Flags that decide about money or the venue: from the command line, the environment and a file.

use std::fmt;

/// Reads the environment; tests put their own in its place.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads the environment of the process. What is not text in it is replaced by a mark, so that a
/// flag that cannot be read is refused and not taken for missing.
pub fn process_env(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// A variable without the space around it; `None` when it is missing or empty.
pub fn variable(env: Env<'_>, name: &str) -> Option<String> {
    let text = env(name)?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The text as a flag: true, 1, yes, on, or false, 0, no, off, in any case.
pub fn word(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// The flag in an option or a variable.
///
/// # Errors
/// For a word that is no flag. The word is not repeated, for a key may stand in the wrong line.
pub fn read(name: &str, text: &str) -> Result<bool, String> {
    word(text).ok_or_else(|| {
        format!(
            "{name} is neither true nor false, and nothing was started: write true, 1, yes or on, or false, 0, no \
             or off, without quotes"
        )
    })
}

/// The source of a flag's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// An option of the command line.
    Option(&'static str),
    /// A variable of the environment.
    Variable(&'static str),
    /// A key of the config file.
    Key(&'static str),
    /// No source: the default.
    Default,
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(name) => write!(f, "the option {name}"),
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::Key(name) => write!(f, "{name} of the config file"),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// A flag and who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Its value.
    pub value: bool,
    /// Its source.
    pub by: By,
}

/// The one rule of precedence: a flag is what its option says, else its variable, else the file,
/// else the default. An empty variable counts as missing.
///
/// # Errors
/// When the variable decides and is no flag.
pub fn flag(
    option: (&'static str, Option<bool>),
    variable_name: &'static str,
    env: Env<'_>,
    file: (&'static str, Option<bool>),
    preset: bool,
) -> Result<Flag, String> {
    if let (name, Some(value)) = option {
        let by = By::Option(name);
        return Ok(Flag { value, by });
    }
    if let Some(text) = variable(env, variable_name) {
        let by = By::Variable(variable_name);
        return read(variable_name, &text).map(|value| Flag { value, by });
    }
    Ok(match file {
        (key, Some(value)) => Flag {
            value,
            by: By::Key(key),
        },
        (_, None) => Flag {
            value: preset,
            by: By::Default,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_wins_over_the_variable_over_the_file_over_the_default() {
        let none: Env = &|_| None;
        let no: Env = &|_| Some(" OFF ".into());
        let read = |option, env, file| {
            let flag = flag(("--x", option), "X", env, ("x", file), true).unwrap();
            (flag.value, flag.by)
        };
        assert_eq!(read(Some(true), no, Some(false)), (true, By::Option("--x")));
        assert_eq!(read(None, no, Some(true)), (false, By::Variable("X")));
        assert_eq!(read(None, none, Some(false)), (false, By::Key("x")));
        assert_eq!(read(None, none, None), (true, By::Default));
    }

    #[test]
    fn a_variable_that_is_no_flag_is_an_error_that_does_not_repeat_it() {
        for text in [
            "s3cret",
            "treu",
            "\"true\"",
            "'1'",
            "2",
            "-1",
            "t",
            "ja",
            "true false",
            "\u{fffd}",
        ] {
            let env: Env = &|_| Some(text.into());
            for file in [None, Some(true), Some(false)] {
                let refused = flag(("--x", None), "X", env, ("x", file), true).unwrap_err();
                assert!(
                    refused.starts_with("X is neither") && !refused.contains("s3cret"),
                    "{refused}"
                );
            }
            // A source that does not decide is not parsed.
            assert!(flag(("--x", Some(true)), "X", env, ("x", None), true).is_ok());
        }
    }

    #[test]
    fn letter_case_and_blanks_do_not_matter_and_an_empty_variable_is_none() {
        for (text, value) in [
            (" TRUE\t", true),
            ("False\n", false),
            ("On", true),
            (" 0", false),
        ] {
            let env: Env = &|_| Some(text.into());
            assert_eq!(
                flag(("--x", None), "X", env, ("x", None), !value)
                    .unwrap()
                    .value,
                value
            );
        }
        for text in ["", " ", "\t\n"] {
            let env: Env = &|_| Some(text.into());
            let flag = flag(("--x", None), "X", env, ("x", Some(false)), true).unwrap();
            assert_eq!((flag.value, flag.by), (false, By::Key("x")));
        }
        assert!(read("--x", "").is_err(), "an empty option is no word");
    }
}
