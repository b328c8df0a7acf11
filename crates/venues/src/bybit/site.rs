//! The site of Bybit that gets orders, and its addresses.

use crate::bybit::config::{BybitConfig, Category, Environment};
use crate::bybit::core::Urls;
use crate::kit::config::address::{self, host};
use crate::kit::config::flag::{By, Env, flag};
use crate::kit::config::place::Wrong;

/// Whose a host is. The mainnet's go by two names.
const HOSTS: [(&str, Environment); 8] = [
    ("stream.bybit.com", Environment::Mainnet),
    ("api.bybit.com", Environment::Mainnet),
    ("stream.bytick.com", Environment::Mainnet),
    ("api.bytick.com", Environment::Mainnet),
    ("stream-testnet.bybit.com", Environment::Testnet),
    ("api-testnet.bybit.com", Environment::Testnet),
    ("stream-demo.bybit.com", Environment::Demo),
    ("api-demo.bybit.com", Environment::Demo),
];

/// A site and its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Which one.
    pub environment: Environment,
    /// Its addresses, or those of the config file.
    pub urls: Urls,
    /// The site that gets orders: `mainnet`, `testnet`, `demo`, or `custom` for others.
    pub venue: &'static str,
    /// For the user: the site, or the hosts of addresses that are not the site's.
    pub label: String,
}

impl Site {
    /// Chooses by the option `--testnet`, else `BYBIT_CONNECTOR_TESTNET`, else `environment` of the
    /// file, else the addresses in the file, else the mainnet.
    ///
    /// # Errors
    /// A variable that is no flag, an address that cannot be right, and addresses of a
    /// site other than the one that was asked for, or of two sites.
    pub fn choose(
        config: &BybitConfig,
        testnet_option: Option<bool>,
        env: Env<'_>,
    ) -> Result<Self, Wrong> {
        let testnet = flag(
            ("--testnet", testnet_option),
            "BYBIT_CONNECTOR_TESTNET",
            env,
            (
                "environment",
                config.environment.map(|e| e == Environment::Testnet),
            ),
            false,
        )?;
        let asked = match (testnet.value, config.environment) {
            (true, _) => Environment::Testnet,
            (false, Some(Environment::Testnet)) | (false, None) => Environment::Mainnet,
            (false, Some(other)) => other,
        };
        let category = config.category.unwrap_or_default();
        let urls = urls(config, asked, category)?;
        let environment = agreed(config, &urls, asked, testnet.by)?;
        let label = match urls == preset_urls(environment, category) {
            true => environment.word().to_owned(),
            false => format!("custom URLs: host {}", hosts(&urls).join(", ")),
        };
        let venue = match [&urls.private, &urls.trade, &urls.rest].map(|url| whose(url)) {
            [Some(a), Some(b), Some(c)] if a == b && b == c => a.word(),
            _ => "custom",
        };
        Ok(Self {
            environment,
            urls,
            venue,
            label,
        })
    }
}

/// The site that all addresses are of. Those that get keys and orders must be of the site that was
/// asked for, and of one only; market data may come from the mainnet to the others, never the other
/// way round.
fn agreed(
    config: &BybitConfig,
    urls: &Urls,
    asked: Environment,
    by: By,
) -> Result<Environment, Wrong> {
    let given = [
        ("rest_url", &urls.rest),
        ("trade_url", &urls.trade),
        ("private_url", &urls.private),
    ];
    let mut known = given
        .into_iter()
        .filter_map(|(name, url)| Some((name, whose(url)?)));
    let mut environment = asked;
    if let Some((first, whose)) = known.next() {
        if by == By::Default {
            environment = whose;
        } else if whose != asked {
            let text = format!(
                "{by} asks for the {} and {first} is an address of the {}: make them the same",
                asked.word(),
                whose.word()
            );
            return Err(Wrong::key(first, text));
        }
        if let Some((name, other)) = known.find(|(_, other)| *other != environment) {
            let text = format!(
                "{first} is an address of the {} and {name} of the {}: name one site by `environment`, and leave \
                 its addresses out",
                environment.word(),
                other.word()
            );
            // One of them is the site's own, which stands in no file.
            let is_given = match name {
                "trade_url" => config.trade_url.is_some(),
                _ => config.private_url.is_some(),
            };
            return Err(Wrong::key(if is_given { name } else { first }, text));
        }
    }
    match whose(&urls.public) {
        Some(public) if public != environment && public != Environment::Mainnet => {
            let text = format!(
                "public_url is an address of the {} and orders go to the {}: make them the same",
                public.word(),
                environment.word()
            );
            Err(Wrong::key("public_url", text))
        }
        _ => Ok(environment),
    }
}

fn whose(url: &str) -> Option<Environment> {
    let host = host(url).to_ascii_lowercase();
    let found = HOSTS.iter().find(|(known, _)| *known == host);
    found.map(|(_, environment)| *environment)
}

/// The addresses of a site.
pub(super) fn preset_urls(environment: Environment, category: Category) -> Urls {
    let (public, private, rest) = match environment {
        Environment::Mainnet => ("stream", "stream", "api"),
        Environment::Testnet => ("stream-testnet", "stream-testnet", "api-testnet"),
        Environment::Demo => ("stream", "stream-demo", "api-demo"),
    };
    Urls {
        public: format!("wss://{public}.bybit.com/v5/public/{}", category.word()),
        private: format!("wss://{private}.bybit.com/v5/private"),
        trade: format!("wss://{private}.bybit.com/v5/trade"),
        rest: format!("https://{rest}.bybit.com"),
    }
}

/// The hosts of all addresses, each once.
fn hosts(urls: &Urls) -> Vec<String> {
    let mut hosts = Vec::new();
    for url in [&urls.public, &urls.private, &urls.trade, &urls.rest] {
        let host = host(url);
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

fn urls(config: &BybitConfig, environment: Environment, category: Category) -> Result<Urls, Wrong> {
    let word = category.word();
    let preset = preset_urls(environment, category);
    let or = |given: &Option<String>, preset: String| given.clone().unwrap_or(preset);
    let urls = Urls {
        public: or(&config.public_url, preset.public),
        private: or(&config.private_url, preset.private),
        trade: or(&config.trade_url, preset.trade),
        rest: or(&config.rest_url, preset.rest)
            .trim_end_matches('/')
            .to_owned(),
    };
    for (name, url, schemes) in [
        ("public_url", &urls.public, address::SOCKET),
        ("private_url", &urls.private, address::SOCKET),
        ("trade_url", &urls.trade, address::SOCKET),
        ("rest_url", &urls.rest, address::REST),
    ] {
        address::check_safe(name, url, schemes)?;
    }
    if let Some((_, named)) = urls.public.split_once("/v5/public/")
        && named.split(['?', '/']).next() != Some(word)
    {
        let text = format!(
            "public_url is for the category `{named}` and category is `{word}`; make them the same"
        );
        return Err(Wrong::key("public_url", text));
    }
    Ok(urls)
}
