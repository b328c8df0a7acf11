use super::*;

const NO_ENV: Env = &|_| None;

fn read(text: &str) -> Result<BinanceSettings, String> {
    let config: BinanceConfig = toml::from_str(text).map_err(|error| error.to_string())?;
    resolve(config, None, NO_ENV, 7).map_err(|wrong| wrong.to_string())
}

#[test]
fn upstreams_file_is_taken_and_what_has_no_effect_is_named_without_its_value() {
    let text = r#"
        stream_url = "wss://fstream.binance.com/ws"
        api_url = "https://fapi.binance.com/"
        order_prefix = "test"
        api_key = "canary1"
        secret = "canary2"
    "#;
    let settings = read(text).unwrap();
    assert_eq!(settings.core.stream_url, "wss://fstream.binance.com/ws");
    assert_eq!(settings.core.api_url, "https://fapi.binance.com");
    let warnings = settings.warnings.join("\n");
    for name in ["order_prefix", "api_key", "secret", "/public/stream"] {
        assert!(warnings.contains(name), "{warnings}");
    }
    assert!(!warnings.contains("canary") && !format!("{settings:?}").contains("canary"));
}

#[test]
fn nothing_given_is_the_mainnet_as_it_is_now() {
    let settings = read("").unwrap();
    assert_eq!(
        settings.core.stream_url,
        "wss://fstream.binance.com/public/stream"
    );
    assert_eq!(
        settings.core.market_url,
        "wss://fstream.binance.com/market/stream"
    );
    assert_eq!((settings.core.depth_limit, settings.core.seed), (1000, 7));
    assert_eq!(settings.venue, "mainnet");
    assert_eq!(
        read("api_url = \"http://127.0.0.1:9\"").unwrap().venue,
        "custom"
    );
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
    let other =
        read("stream_url = \"ws://127.0.0.1:9/public/stream\"\ntrades = \"aggTrade\"").unwrap();
    assert_eq!(other.core.market_url, "ws://127.0.0.1:9/market/stream");
    assert_eq!(other.core.trades, TradeStream::AggTrade);
}

#[test]
fn what_cannot_be_used_is_refused_by_its_name() {
    for (text, name) in [
        ("depth = \"1ms\"", "depth"),
        ("depth_limit = 7", "depth_limit"),
        ("silence_s = 0", "silence_s"),
        ("stream_url = \"https://x\"", "stream_url"),
        ("api_url = \"fapi\"", "api_url"),
        ("weight_per_minute = 1", "weight_per_minute"),
        ("trades = \"all\"", "trades"),
        ("nothing = 1", "nothing"),
        ("paper_trading = false", "paper mode"),
    ] {
        let refused = read(text).unwrap_err();
        assert!(refused.contains(name), "{text}: {refused}");
    }
}

#[test]
fn real_orders_are_refused_from_wherever_they_are_asked_for() {
    let config = BinanceConfig::default();
    let env: Env = &|name| (name == "CONNECTOR_PAPER_TRADING").then(|| "false".to_owned());
    assert!(resolve(config.clone(), None, env, 0).is_err());
    let odd: Env = &|_| Some("ture".to_owned());
    let refused = resolve(config.clone(), None, odd, 0)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("CONNECTOR_PAPER_TRADING is neither"),
        "{refused}"
    );
    assert!(resolve(config.clone(), Some(false), NO_ENV, 0).is_err());
    assert!(resolve(config, Some(true), env, 0).is_ok());
}

#[cfg(unix)]
#[test]
fn a_file_with_keys_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.toml");
    std::fs::write(&path, "api_key = \"canary\"").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = load(&path).unwrap_err().to_string();
    assert!(
        refused.contains("chmod 600") && !refused.contains("canary"),
        "{refused}"
    );
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(load(&path).is_ok());
    std::fs::write(&path, "\napi_key = 5").unwrap();
    assert!(load(&path).unwrap_err().to_string().contains("line 2"));
}
