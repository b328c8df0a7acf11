use super::*;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

fn file(text: &str, mode: u32) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(file.path(), permissions).unwrap();
    file
}

fn refused(text: &str, mode: u32) -> String {
    let file = file(text, mode);
    load(file.path()).unwrap_err().to_string()
}

#[test]
fn upstreams_file_is_read() {
    let text = r#"
public_url = "wss://stream-testnet.bybit.com/v5/public/linear"
private_url = "wss://stream-testnet.bybit.com/v5/private"
trade_url = "wss://stream-testnet.bybit.com/v5/trade"
rest_url = "https://api-testnet.bybit.com"
category = "linear"
order_prefix = "prfx"
api_key = "K"
secret = "S"
"#;
    let config = load(file(text, 0o600).path()).unwrap();
    assert_eq!(config.order_prefix.as_deref(), Some("prfx"));
    assert_eq!(config.secret.unwrap().0.reveal(), "S");
}

#[test]
fn a_file_with_keys_that_others_may_read_is_refused_with_the_remedy() {
    for mode in [0o640, 0o604, 0o660, 0o755] {
        let text = refused("api_key = \"canary\"", mode);
        assert!(
            text.contains("chmod 600 /") && !text.contains("canary"),
            "{text}"
        );
    }
    assert!(load(file("api_key = \"canary\"", 0o400).path()).is_ok());
    assert!(
        load(file("api_key = \"\"\nsecret = \"\"", 0o644).path()).is_ok(),
        "no keys"
    );
}

#[test]
fn errors_name_key_and_line_and_never_quote_what_may_be_a_key() {
    let text = refused("category = \"linear\"\nsecret_key = \"canary\"", 0o600);
    assert!(
        text.contains("line 2") && text.contains("secret_key"),
        "{text}"
    );
    for bad in [
        "api_key = \"x\"\nsecret = \"canary",
        "secret = canary",
        "\nsecret = 7777777",
        "secret = 7.5e3",
        "secret = [\"canary\"]",
        "secret = {a=\"canary\"}",
        "secret = 2001-01-01",
        "secret = \"canary\" canary",
        "category = \"canary\"",
    ] {
        let text = refused(bad, 0o600);
        let body = text.split_once(": ").unwrap().1;
        assert!(text.contains("line "), "{text}");
        for piece in ["canary", "777", "7.5", "7500", "2001"] {
            assert!(
                bad.starts_with("category") || !body.contains(piece),
                "{bad:?} gives {text}"
            );
        }
    }
}

#[test]
fn a_key_with_quotes_or_blanks_around_it_is_refused_with_its_line_and_name() {
    for key in ["api_key", "secret"] {
        for value in [
            "'\"canary\"'",
            "\"'canary\"",
            "\" canary\"",
            "\"canary\\n\"",
            "\"can ary\"",
        ] {
            let text = refused(&format!("category = \"linear\"\n{key} = {value}"), 0o600);
            let said = format!("line 2, key `{key}`: it has quotes or blanks around it or inside");
            assert!(text.contains(&said), "{text}");
            assert!(
                !text.contains("canary") && !text.contains("can ary"),
                "{text}"
            );
        }
        let blank = load(file(&format!("{key} = \"  \""), 0o644).path());
        assert!(blank.is_ok(), "only blanks are no key");
    }
}

#[test]
fn the_table_of_paper_trading_is_read_like_in_every_venues_file() {
    let text = "category = \"linear\"\n[paper]\nmaker_fee_rate = -0.00005\n[paper.latency]\nentry_ns = 7\n[paper.queue_model]\nmodel = \"prob_log\"\n";
    let config: BybitConfig = toml::from_str(text).unwrap();
    assert_eq!(config.paper.maker_fee_rate, -0.00005);
    assert_eq!(config.paper.latency.entry_ns, 7);
    let error = toml::from_str::<BybitConfig>("[paper]\nfee = 1.0\n").unwrap_err();
    assert!(error.to_string().contains("fee"));
}
