//! Settings from the command line, the environment and a file.

/// Reads the environment; tests put their own in its place.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads the environment of the process. A value that is not text counts as missing.
pub fn process_env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A variable without the space around it; `None` when it is missing or empty.
pub fn variable(env: Env<'_>, name: &str) -> Option<String> {
    let text = env(name)?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// What a word says as a flag: true, 1, yes, on, or false, 0, no, off, in any case.
pub fn word(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// A flag by its option, else its variable, else the file's, else the default. A word that is none
/// counts as missing and adds a warning; it is not repeated there, for a key may stand in the wrong
/// line.
pub fn flag(
    option: (&str, Option<&str>),
    variable_name: &str,
    env: Env<'_>,
    file: Option<bool>,
    preset: bool,
    warnings: &mut Vec<String>,
) -> bool {
    let given = [
        (option.0, option.1.map(str::to_owned)),
        (variable_name, variable(env, variable_name)),
    ];
    for (name, text) in given {
        let Some(text) = text else { continue };
        if let Some(value) = word(&text) {
            return value;
        }
        warnings.push(format!(
            "{name} is neither true nor false: it counts as {preset}"
        ));
        return preset;
    }
    file.unwrap_or(preset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_wins_over_the_variable_over_the_file_over_the_default() {
        let none: Env = &|_| None;
        let no: Env = &|_| Some(" OFF ".into());
        let mut warnings = Vec::new();
        let mut read =
            |option, env, file| flag(("--x", option), "X", env, file, true, &mut warnings);
        assert!(read(Some("yes"), no, Some(false)));
        assert!(!read(None, no, Some(true)));
        assert!(!read(None, none, Some(false)));
        assert!(read(None, none, None));
        assert!(warnings.is_empty());
    }

    #[test]
    fn a_word_that_is_no_flag_is_the_default_with_a_warning_that_does_not_repeat_it() {
        let mut warnings = Vec::new();
        let env: Env = &|_| Some("s3cret".into());
        assert!(flag(
            ("--x", None),
            "X",
            env,
            Some(false),
            true,
            &mut warnings
        ));
        assert!(warnings[0].contains("X is neither") && !warnings[0].contains("s3cret"));
    }
}
