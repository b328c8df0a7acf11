use super::*;
use crate::kit::config::secret::Secret;
use crate::kit::config::secret::SecretKey;

fn with(text: &str, flags: &Flags, variables: &[(&str, &str)]) -> Result<BybitSettings, String> {
    let config = toml::from_str(text).unwrap();
    let env = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    resolve(config, flags, &env, 1_764_000_000).map_err(|wrong| wrong.to_string())
}

fn plain(text: &str) -> Result<BybitSettings, String> {
    with(text, &Flags::default(), &[])
}

#[test]
fn without_anything_there_is_public_data_of_the_mainnet_and_paper() {
    let settings = plain("").unwrap();
    assert_eq!(
        settings.urls.public,
        "wss://stream.bybit.com/v5/public/linear"
    );
    assert_eq!(settings.urls.rest, "https://api.bybit.com");
    assert!(settings.paper && settings.core.credentials.is_none());
    assert_eq!(settings.core.depths, [1, 50]);
    assert!(settings.warnings.is_empty());
}

#[test]
fn the_testnet_is_chosen_by_flag_variable_or_file() {
    let flags = Flags {
        testnet: Some(true),
        ..Flags::default()
    };
    let no = Flags {
        testnet: Some(false),
        ..Flags::default()
    };
    let none = Flags::default();
    let variable = [("BYBIT_CONNECTOR_TESTNET", "1")];
    let file = "environment = \"testnet\"";
    for settings in [
        with("", &flags, &[]),
        with("", &none, &variable),
        plain(file),
    ] {
        let settings = settings.unwrap();
        assert_eq!(
            settings.urls.trade,
            "wss://stream-testnet.bybit.com/v5/trade"
        );
        assert_eq!(settings.urls.rest, "https://api-testnet.bybit.com");
    }
    assert_eq!(
        with(file, &no, &variable).unwrap().environment,
        Environment::Mainnet
    );
}

#[test]
fn a_word_that_is_no_flag_starts_nothing_over_no_file_and_any_file() {
    let none = Flags::default();
    let files = [
        "",
        "environment = \"testnet\"",
        "environment = \"demo\"",
        "paper_trading = true",
        "paper_trading = false",
    ];
    for file in files {
        for name in ["BYBIT_CONNECTOR_TESTNET", "CONNECTOR_PAPER_TRADING"] {
            for word in ["treu", "\"true\"", "testnet", "2", "y"] {
                let refused = with(file, &none, &[(name, word)]).unwrap_err();
                assert!(
                    refused.starts_with(&format!("{name} is neither")),
                    "{refused}"
                );
                assert!(!refused.contains("treu"), "{refused}");
            }
            let empty = with(file, &none, &[(name, "  ")]).unwrap();
            assert_eq!(empty.venue, plain(file).unwrap().venue);
            assert_eq!(empty.paper, plain(file).unwrap().paper);
        }
    }
}

#[test]
fn addresses_of_another_site_than_asked_for_are_refused() {
    let none = Flags::default();
    let upstream = |site: &str| {
        format!(
            "public_url = \"wss://stream{site}.bybit.com/v5/public/linear\"\nprivate_url = \"wss://stream{site}.bybit.com/v5/private\"\n\
             trade_url = \"wss://stream{site}.bybit.com/v5/trade\"\nrest_url = \"https://api{site}.bybit.com\"\n"
        )
    };
    let (main, test) = (upstream(""), upstream("-testnet"));
    // A file that names addresses only says its site by them.
    assert_eq!(plain(&main).unwrap().venue, "mainnet");
    assert_eq!(plain(&test).unwrap().venue, "testnet");
    assert_eq!(plain(&test).unwrap().environment, Environment::Testnet);
    let refused = with(&main, &none, &[("BYBIT_CONNECTOR_TESTNET", "true")]).unwrap_err();
    assert!(
        refused.contains("BYBIT_CONNECTOR_TESTNET") && refused.contains("rest_url"),
        "{refused}"
    );
    assert!(with(&test, &none, &[("BYBIT_CONNECTOR_TESTNET", "false")]).is_err());
    assert!(plain(&format!("environment = \"demo\"\n{main}")).is_err());
    for one in [
        "rest_url = \"https://api-testnet.bybit.com\"",
        "trade_url = \"wss://STREAM-demo.bybit.com/v5/trade\"",
    ] {
        let refused = plain(one).unwrap_err();
        assert!(
            refused.contains("mainnet") && refused.contains("_url"),
            "{refused}"
        );
    }
    let prices = "public_url = \"wss://stream-testnet.bybit.com/v5/public/linear\"";
    assert!(plain(prices).unwrap_err().contains("public_url"));
    assert_eq!(
        plain("rest_url = \"https://api.bybit.example\"")
            .unwrap()
            .venue,
        "custom"
    );
}

#[test]
fn custom_addresses_are_named_by_their_hosts_and_not_as_a_site_of_bybit() {
    let site = |file| plain(file).unwrap().site;
    assert_eq!(site(""), "mainnet");
    assert_eq!(site("environment = \"testnet\""), "testnet");
    assert_eq!(site("environment = \"demo\""), "demo");
    assert_eq!(site("rest_url = \"https://api.bybit.com/\""), "mainnet");
    let local = "public_url = \"ws://127.0.0.1:9720/v5/public/linear\"\nprivate_url = \"ws://127.0.0.1:1\"\n\
                 trade_url = \"ws://127.0.0.1:1\"\nrest_url = \"http://localhost:1\"";
    assert_eq!(site(local), "custom URLs: host 127.0.0.1, localhost");
    let mixed =
        "environment = \"testnet\"\npublic_url = \"wss://stream.bybit.com/v5/public/linear\"";
    let hosts = "stream.bybit.com, stream-testnet.bybit.com, api-testnet.bybit.com";
    assert_eq!(site(mixed), format!("custom URLs: host {hosts}"));
}

#[test]
fn demo_takes_public_data_from_the_mainnet() {
    let settings = plain("environment = \"demo\"\ncategory = \"spot\"").unwrap();
    assert_eq!(
        settings.urls.public,
        "wss://stream.bybit.com/v5/public/spot"
    );
    assert_eq!(
        settings.urls.private,
        "wss://stream-demo.bybit.com/v5/private"
    );
    assert_eq!(settings.urls.rest, "https://api-demo.bybit.com");
}

#[test]
fn real_orders_need_the_word_false_in_so_many_words() {
    let none = Flags::default();
    let env = |word| [("CONNECTOR_PAPER_TRADING", word)];
    assert!(with("", &none, &env("")).unwrap().paper);
    assert!(
        with("", &none, &env("flase")).is_err(),
        "a typing error is no consent"
    );
    assert!(!with("", &none, &env("false")).unwrap().paper);
    assert!(!plain("paper_trading = false").unwrap().paper);
    assert!(
        with("paper_trading = false", &none, &env("true"))
            .unwrap()
            .paper
    );
    let flags = Flags {
        paper: Some(false),
        ..Flags::default()
    };
    assert!(!with("", &flags, &env("true")).unwrap().paper);
}

#[test]
fn keys_of_the_environment_go_before_the_files_and_are_never_mixed_with_them() {
    let none = Flags::default();
    let file = "api_key = \"fk\"\nsecret = \"fs\"";
    let both = [("BYBIT_API_KEY", "ek"), ("BYBIT_API_SECRET", "es")];
    let keys = |settings: BybitSettings| {
        let credentials = settings.core.credentials.unwrap();
        (
            credentials.key.reveal().to_owned(),
            credentials.secret.reveal().to_owned(),
        )
    };
    assert_eq!(
        keys(with(file, &none, &both).unwrap()),
        ("ek".into(), "es".into())
    );
    let half = with(file, &none, &both[..1]).unwrap();
    assert!(half.warnings[0].contains("BYBIT_API_SECRET is not"));
    assert_eq!(keys(half), ("fk".into(), "fs".into()));
    let half = plain("api_key = \"fk\"\nsecret = \"\"").unwrap();
    assert!(half.core.credentials.is_none() && half.warnings.len() == 1);
}

#[test]
fn where_orders_are_real_half_a_pair_of_keys_starts_nothing() {
    let none = Flags::default();
    let real = "paper_trading = false\n";
    let files = ["", "api_key = \"fk\"\nsecret = \"canary\"\n"];
    for file in files {
        let file = format!("{real}{file}");
        for half in [("BYBIT_API_KEY", "canary"), ("BYBIT_API_SECRET", "canary")] {
            for other in [None, Some(""), Some("  ")] {
                let missing = match half.0 {
                    "BYBIT_API_KEY" => "BYBIT_API_SECRET",
                    _ => "BYBIT_API_KEY",
                };
                let mut env = vec![half];
                env.extend(other.map(|text| (missing, text)));
                let refused = with(&file, &none, &env).unwrap_err();
                let said = format!(
                    "{} is set and {missing} is not, and orders would be real",
                    half.0
                );
                assert!(refused.starts_with(&said), "{refused}");
                assert!(refused.contains("unset both"), "{refused}");
                assert!(!refused.contains("canary"), "{refused}");
            }
        }
        let flags = Flags {
            paper: Some(true),
            ..none
        };
        let paper = with(&file, &flags, &[("BYBIT_API_KEY", "k")]).unwrap();
        assert_eq!(paper.warnings.len(), 1, "{:?}", paper.warnings);
    }
    for (half, there) in [
        ("api_key = \"canary\"", "api_key"),
        ("secret = \"canary\"", "secret"),
    ] {
        let refused = plain(&format!("{real}{half}")).unwrap_err();
        assert!(
            refused.contains(&format!("has {there} and no ")),
            "{refused}"
        );
        assert!(
            refused.contains("BYBIT_API_KEY and BYBIT_API_SECRET"),
            "{refused}"
        );
        assert!(!refused.contains("canary"), "{refused}");
    }
    assert!(plain(real).unwrap().core.credentials.is_none());
}

#[test]
fn a_key_with_quotes_or_blanks_around_it_starts_nothing() {
    let none = Flags::default();
    for paper in ["", "paper_trading = false"] {
        for name in ["BYBIT_API_KEY", "BYBIT_API_SECRET"] {
            for key in ["\"canary\"", "'canary'", " canary", "canary\n", "can ary"] {
                let other = match name {
                    "BYBIT_API_KEY" => "BYBIT_API_SECRET",
                    _ => "BYBIT_API_KEY",
                };
                let refused = with(paper, &none, &[(name, key), (other, "k")]).unwrap_err();
                let said = format!("{name} has quotes or blanks around it or inside");
                assert!(refused.starts_with(&said), "{refused}");
                assert!(!refused.contains("can"), "{refused}");
            }
        }
    }
}

#[test]
fn topics_are_depths_by_another_name() {
    let topics = "topics = [\"orderbook.200\", \"orderbook.1\", \"publicTrade\"]";
    assert_eq!(plain(topics).unwrap().core.depths, [1, 200]);
    assert!(
        plain("topics = [\"orderbook.500\"]")
            .unwrap_err()
            .contains("500")
    );
    assert!(
        plain("topics = [\"tickers\"]")
            .unwrap_err()
            .contains("tickers")
    );
    assert!(plain("topics = []").unwrap_err().contains("depth"));
    assert!(plain("depths = [25]").unwrap_err().contains("25"));
    assert!(plain("depths = [1]\ntopics = []").is_err());
}

#[test]
fn addresses_that_cannot_be_right_are_refused() {
    let text = plain("public_url = \"wss://stream.bybit.com/v5/public/spot\"").unwrap_err();
    assert!(text.contains("category"), "{text}");
    let text = plain("rest_url = \"http://api.bybit.com\"").unwrap_err();
    assert!(text.contains("https://"), "{text}");
    assert!(plain("rest_url = \"api.bybit.com\"").is_err());
    assert!(plain("private_url = \"https://x\"").is_err());
    assert!(
        plain("rest_url = \"http://127.0.0.1:1/\"")
            .unwrap()
            .urls
            .rest
            .ends_with(":1")
    );
    assert!(
        plain("recv_window_ms = 0")
            .unwrap_err()
            .contains("recv_window_ms")
    );
}

#[test]
fn nothing_shows_the_keys() {
    let config = BybitConfig {
        api_key: Some(SecretKey(Secret::new("canary"))),
        secret: Some(SecretKey(Secret::new("canary"))),
        ..BybitConfig::default()
    };
    let shown = format!("{config:?}");
    let settings = resolve(config, &Flags::default(), &|_| None, 1).unwrap();
    assert!(!shown.contains("canary") && !format!("{settings:?}").contains("canary"));
}
