//! Settings of a replay.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use hbl_exchange::{ExchangeConfig, Faults, Latency, QueueModel};
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use crate::kit::config::limits_config::{LEVERAGE, LimitsConfig};
use crate::kit::config::place::Wrong;
use crate::paper::config::PaperConfig;

/// How fast recorded time passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many times as fast as recorded.
    Times(f64),
    /// As fast as `max_rate` allows.
    Max,
    /// One message per line on the standard input.
    Step,
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "max" => Ok(Self::Max),
            "step" => Ok(Self::Step),
            _ => match text.trim_end_matches(['x', '×']).parse::<f64>() {
                Ok(times) if times.is_finite() && times > 0.0 => Ok(Self::Times(times)),
                _ => Err(format!(
                    "speed {text:?} is not a positive number, `max` or `step`"
                )),
            },
        }
    }
}

impl<'de> Deserialize<'de> for Speed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SpeedVisitor;
        impl Visitor<'_> for SpeedVisitor {
            type Value = Speed;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a positive number, \"max\" or \"step\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Speed, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_f64<E: de::Error>(self, times: f64) -> Result<Speed, E> {
                times.to_string().parse().map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, times: i64) -> Result<Speed, E> {
                self.visit_f64(times as f64)
            }
            fn visit_u64<E: de::Error>(self, times: u64) -> Result<Speed, E> {
                self.visit_f64(times as f64)
            }
        }
        deserializer.deserialize_any(SpeedVisitor)
    }
}

/// The order in which several files are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileOrder {
    /// All at once, merged by the time of receipt.
    #[default]
    Time,
    /// One after another as listed.
    Sequence,
}

/// Settings of a replay.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReplayConfig {
    /// Recordings; relative paths start from the folder of this file.
    pub files: Vec<PathBuf>,
    /// Order of several files. Default `time`.
    pub order: FileOrder,
    /// Symbol of event arrays, which do not name it. Default: from the file name
    /// (`btcusdt_20240808.npz`).
    pub symbol: Option<String>,
    /// Speed: a factor, `max` or `step`. Default 1.
    pub speed: Speed,
    /// Start again at the end. Default false.
    #[serde(rename = "loop")]
    pub repeat: bool,
    /// Wait for the first bot. Default true.
    pub wait_for_bot: bool,
    /// Shift times to now, keeping the recorded latency. Default true.
    pub rebase_time: bool,
    /// Stop the process at the end. Default false.
    pub exit_at_end: bool,
    /// Most events per second. Default 100 000.
    pub max_rate: f64,
    /// Fee of passive executions as a fraction of their value. Default 0.0002.
    pub maker_fee_rate: f64,
    /// Fee of aggressive executions. Default 0.0005.
    pub taker_fee_rate: f64,
    /// How a resting order advances in the recorded queue. Default risk averse.
    pub queue_model: QueueModel,
    /// Everything random comes from it. Default 1.
    pub seed: u64,
    /// Cash of the account at the start. Default 1 000 000.
    pub initial_balance: f64,
    /// Name of its currency in balances. Default `USDT`.
    pub coin: String,
    /// Largest exposure as a multiple of the equity. Default 10.
    pub leverage: Option<f64>,
    /// Limits of orders.
    pub limits: LimitsConfig,
    /// How long orders travel, in nanoseconds. Default: no time.
    pub latency: Latency,
    /// Injected faults. Default: none.
    pub faults: Faults,
    /// How orders are filled, by the keys that every venue has for it. It replaces the keys from
    /// `maker_fee_rate` to `faults` of this table.
    pub paper: Option<PaperConfig>,
}

impl Default for ReplayConfig {
    fn default() -> Self {
        let exchange = ExchangeConfig::default();
        Self {
            files: Vec::new(),
            order: FileOrder::default(),
            symbol: None,
            speed: Speed::Times(1.0),
            repeat: false,
            wait_for_bot: true,
            rebase_time: true,
            exit_at_end: false,
            max_rate: 100_000.0,
            maker_fee_rate: 0.0002,
            taker_fee_rate: 0.0005,
            queue_model: QueueModel::default(),
            seed: exchange.seed,
            initial_balance: exchange.initial_balance,
            coin: "USDT".to_owned(),
            leverage: Some(LEVERAGE),
            limits: LimitsConfig::default(),
            latency: exchange.latency,
            faults: exchange.faults,
            paper: None,
        }
    }
}

impl ReplayConfig {
    /// How orders are filled: the table `[paper]` when there is one, else this file's own keys.
    pub fn paper(&self) -> PaperConfig {
        self.paper.clone().unwrap_or(PaperConfig {
            maker_fee_rate: self.maker_fee_rate,
            taker_fee_rate: self.taker_fee_rate,
            queue_model: self.queue_model,
            seed: self.seed,
            initial_balance: self.initial_balance,
            coin: self.coin.clone(),
            leverage: self.leverage,
            limits: self.limits,
            latency: self.latency,
            faults: self.faults,
        })
    }

    /// Checks what serde cannot.
    ///
    /// # Errors
    /// The problem, as a text.
    pub fn validate(&self) -> Result<(), Wrong> {
        if self.files.is_empty() {
            let text = "a replay needs at least one recording (.gz, .npz, .npy)";
            return Err(Wrong::key("files", text.to_owned()));
        }
        if !(self.max_rate >= 1.0 && self.max_rate.is_finite()) {
            let text = format!("max_rate {} is not a number of at least 1", self.max_rate);
            return Err(Wrong::key("max_rate", text));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_numbers_or_words() {
        assert_eq!("20".parse(), Ok(Speed::Times(20.0)));
        assert_eq!("0.5x".parse(), Ok(Speed::Times(0.5)));
        assert_eq!("max".parse(), Ok(Speed::Max));
        assert_eq!("step".parse(), Ok(Speed::Step));
        for bad in ["0", "-1", "NaN", "inf", "fast", ""] {
            assert!(bad.parse::<Speed>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_may_name_speed_either_way() {
        let of = |text: &str| toml::from_str::<ReplayConfig>(text).map(|config| config.speed);
        assert_eq!(of("speed = 20"), Ok(Speed::Times(20.0)));
        assert_eq!(of("speed = \"max\""), Ok(Speed::Max));
        assert!(of("speed = 0").is_err());
        assert!(of("sped = 1").unwrap_err().to_string().contains("sped"));
    }

    #[test]
    fn every_section_of_a_file_is_understood() {
        let text = "files = [\"a.gz\"]\norder = \"sequence\"\nloop = true\n[queue_model]\nmodel = \"prob_power3\"\nn = 3.0\n[latency]\nentry_ns = 5\n[faults]\nreject = 0.5\n";
        let config: ReplayConfig = toml::from_str(text).unwrap();
        assert_eq!(config.order, FileOrder::Sequence);
        assert_eq!(config.queue_model, QueueModel::ProbPower3 { n: 3.0 });
        assert!(config.repeat && config.latency.entry_ns == 5 && config.faults.reject == 0.5);
    }

    #[test]
    fn a_replay_without_files_is_refused() {
        assert!(ReplayConfig::default().validate().is_err());
    }
}
