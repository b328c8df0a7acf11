//! Whether orders are real.

/// The environment variable that turns paper trading off, or on.
pub const ENV_PAPER: &str = "CONNECTOR_PAPER_TRADING";

/// Where orders go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trading {
    /// They stay in this process.
    Paper,
    /// They go to the venue and cost real money.
    Real,
}

impl Trading {
    /// The sentence that a start says about it.
    pub fn banner(self, kind: &str) -> String {
        match self {
            Self::Paper => format!(
                "PAPER trading: orders are filled in this process against the market data of `{kind}`, none is sent"
            ),
            Self::Real => {
                format!("REAL trading: orders are sent to `{kind}` and trade real money")
            }
        }
    }
}

/// What was decided, and what is to be warned of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Where orders go.
    pub trading: Trading,
    /// Settings that could not be understood and count as not given.
    pub warnings: Vec<String>,
}

/// Decides for a venue that trades real money: the option, else the environment variable, else
/// paper. What cannot be understood never makes orders real.
pub fn decide(option: Option<&str>, env: Option<&str>) -> Decision {
    let mut warnings = Vec::new();
    let mut read = |name: &str, text: Option<&str>| {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        let flag = flag(text);
        if flag.is_none() {
            // The value is not repeated: it may be a key pasted into the wrong place.
            warnings.push(format!(
                "{name} is neither true nor false; orders stay paper ones, --paper=false makes them real"
            ));
        }
        Some(flag.unwrap_or(true))
    };
    let paper = read("--paper", option).or_else(|| read(ENV_PAPER, env));
    let trading = match paper {
        Some(false) => Trading::Real,
        Some(true) | None => Trading::Paper,
    };
    Decision { trading, warnings }
}

fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trading(option: Option<&str>, env: Option<&str>) -> (Trading, usize) {
        let decision = decide(option, env);
        (decision.trading, decision.warnings.len())
    }

    #[test]
    fn orders_are_real_only_when_somebody_says_so_in_a_word_that_is_understood() {
        assert_eq!(trading(None, None), (Trading::Paper, 0));
        assert_eq!(trading(None, Some("")), (Trading::Paper, 0));
        for word in ["false", "0", "no", "OFF", " False "] {
            assert_eq!(trading(None, Some(word)), (Trading::Real, 0), "{word}");
            assert_eq!(trading(Some(word), None), (Trading::Real, 0), "{word}");
        }
        for word in ["true", "1", "yes", "On"] {
            assert_eq!(trading(Some(word), None), (Trading::Paper, 0), "{word}");
        }
    }

    #[test]
    fn the_option_wins_over_the_environment() {
        assert_eq!(trading(Some("true"), Some("false")), (Trading::Paper, 0));
        assert_eq!(trading(Some("false"), Some("true")), (Trading::Real, 0));
    }

    #[test]
    fn a_typing_error_is_paper_and_a_warning_that_does_not_repeat_it() {
        let decision = decide(None, Some("flase"));
        assert_eq!(decision.trading, Trading::Paper);
        assert!(decision.warnings[0].contains(ENV_PAPER));
        assert!(!decision.warnings[0].contains("flase"));
        // An option that is wrong does not let the environment make orders real.
        assert_eq!(trading(Some("maybe"), Some("false")), (Trading::Paper, 1));
    }

    #[test]
    fn the_banner_says_it_in_capitals() {
        assert!(Trading::Paper.banner("bybit").starts_with("PAPER"));
        assert!(Trading::Real.banner("bybit").starts_with("REAL"));
    }
}
