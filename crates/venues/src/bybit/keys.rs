//! Which key and secret are used: both of the environment, else both of the file. Those of two places
//! may be of two accounts and are never mixed, nor does one place stand in for half of the other where
//! orders are real.

use crate::bybit::config::BybitConfig;
use crate::bybit::session::sign::Credentials;
use crate::kit::config::api_key::{UNCLEAN, is_unclean};
use crate::kit::config::flag::Env;
use crate::kit::config::place::Wrong;
use crate::kit::config::secret::Secret;
use crate::kit::config::secret::SecretKey;

const KEY: &str = "BYBIT_API_KEY";
const SECRET: &str = "BYBIT_API_SECRET";

/// Key and secret of one place.
type Pair = (Option<Secret>, Option<Secret>);

/// The key and secret that are used; `None`: there are none.
///
/// # Errors
/// For half a pair unless `is_paper`, where it is a warning and counts as none; for a key of the
/// environment with quotes or blanks around it.
pub fn choose(
    config: &BybitConfig,
    env: Env<'_>,
    is_paper: bool,
    warnings: &mut Vec<String>,
) -> Result<Option<Credentials>, Wrong> {
    let pair = (from_env(env, KEY)?, from_env(env, SECRET)?);
    if let Some((there, missing)) = half(&pair, [KEY, SECRET]) {
        let half = format!("{there} is set and {missing} is not");
        if !is_paper {
            return Err(Wrong::from(format!(
                "{half}, and orders would be real: set both to the pair of one account, or unset both for the \
                 keys of the config file; nothing was started"
            )));
        }
        warnings.push(format!("{half}: it is ignored"));
    } else if let (Some(key), Some(secret)) = pair {
        return Ok(Some(Credentials { key, secret }));
    }
    let pair = (of_file(&config.api_key), of_file(&config.secret));
    if let Some((there, missing)) = half(&pair, ["api_key", "secret"]) {
        let half = format!("the config file has {there} and no {missing}");
        if !is_paper {
            return Err(Wrong::key(
                there,
                format!(
                    "{half}, and orders would be real: write both, or set both {KEY} and {SECRET}; nothing was started"
                ),
            ));
        }
        warnings.push(format!("{half}: it is ignored"));
    }
    Ok(match pair {
        (Some(key), Some(secret)) => Some(Credentials { key, secret }),
        _ => None,
    })
}

/// The names of the present and of the missing half of a pair.
fn half(pair: &Pair, [key, secret]: [&'static str; 2]) -> Option<(&'static str, &'static str)> {
    match pair {
        (Some(_), None) => Some((key, secret)),
        (None, Some(_)) => Some((secret, key)),
        _ => None,
    }
}

fn from_env(env: Env<'_>, name: &str) -> Result<Option<Secret>, Wrong> {
    let text = env(name).unwrap_or_default();
    if is_unclean(&text) {
        return Err(Wrong::from(format!("{name} {UNCLEAN}")));
    }
    let text = text.trim();
    Ok((!text.is_empty()).then(|| Secret::new(text)))
}

fn of_file(key: &Option<SecretKey>) -> Option<Secret> {
    let key = key.as_ref().map(|key| key.0.clone());
    key.filter(|key| !key.is_empty())
}
