//! Wrong config files, given to the real binary.

use std::process::{Command, Output, Stdio};

use crate::support::names::unique_name;

fn run(kind: &str, text: &str, mode: u32, env: &[(&str, &str)]) -> (Output, String) {
    // One that starts all the same ends with its input, and fails the test.
    run_with(kind, text, mode, env, "--with-stdin")
}

fn run_with(
    kind: &str,
    text: &str,
    mode: u32,
    env: &[(&str, &str)],
    option: &str,
) -> (Output, String) {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.toml");
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    let name = unique_name();
    let output = Command::new(env!("CARGO_BIN_EXE_connector"))
        .args([name.as_str(), kind])
        .arg(&file)
        .arg(option)
        .stdin(Stdio::null())
        .env_remove("BYBIT_API_KEY")
        .env_remove("BYBIT_API_SECRET")
        .env_remove("BYBIT_CONNECTOR_TESTNET")
        .env_remove("CONNECTOR_PAPER_TRADING")
        .envs(env.iter().copied())
        .output()
        .unwrap();
    (output, file.display().to_string())
}

#[test]
fn every_error_names_the_file_the_line_and_the_key() {
    for (kind, text, line, key) in [
        ("sim", "seed = 1\nsed = 2", 2, "sed"),
        ("sim", "\nseed = \"canary\"", 2, "seed"),
        ("sim", "initial_balance = 1\nleverage = -1.0", 2, "leverage"),
        ("sim", "[latency]\nentry_ns = -1", 2, "entry_ns"),
        (
            "sim",
            "[[symbols]]\nsymbol = \"A\"\ntick_size = 0.0",
            3,
            "tick_size",
        ),
        (
            "sim",
            "[[symbols]]\nsymbol = \"A\"\n[[symbols]]\nsymbol = \"A\"",
            4,
            "symbol",
        ),
        ("sim", "symbols = []", 1, "symbols"),
        (
            "replay",
            "files = [\"a.gz\"]\n\nmax_rate = 0.5",
            3,
            "max_rate",
        ),
        ("replay", "files = []", 1, "files"),
        ("bybit", "# one\nrecv_window_ms = 1", 2, "recv_window_ms"),
        ("bybit", "# one\nenvironment = \"canary\"", 2, "environment"),
        ("bybit", "\n\ndepths = [7]", 3, "depths"),
        (
            "bybit",
            "category = \"linear\"\norder_prefix = \"toolong\"",
            2,
            "order_prefix",
        ),
        (
            "bybit",
            "\nrest_url = \"http://api.bybit.com\"",
            2,
            "rest_url",
        ),
        (
            "bybit",
            "trade_url = \"wss://stream-testnet.bybit.com/v5/trade\"",
            1,
            "trade_url",
        ),
        (
            "bybit",
            "\n[paper]\nmaker_fee_rate = 9.0",
            3,
            "maker_fee_rate",
        ),
        ("bybit", "api_key = canary", 1, "api_key"),
        ("binancefutures", "\ndepth_limit = 7", 2, "depth_limit"),
        (
            "binancefutures",
            "\npaper_trading = false",
            2,
            "paper_trading",
        ),
        ("binancefutures", "\nsilence_s = 0", 2, "silence_s"),
    ] {
        let (output, file) = run(kind, text, 0o600, &[]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{kind} {text:?}: {said}");
        assert!(said.contains(&file), "{kind} {text:?}: {said}");
        assert!(
            said.contains(&format!("line {line}")),
            "{kind} {text:?}: {said}"
        );
        assert!(said.contains(key), "{kind} {text:?}: {said}");
        assert!(!said.contains("canary"), "{kind} {text:?}: {said}");
    }
}

#[test]
fn a_look_at_the_settings_starts_nothing_and_claims_no_account() {
    let check = |kind: &str, text: &str| {
        let (output, _) = run_with(kind, text, 0o600, &[], "--check-config");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.stdout, b"", "{kind} {text:?}");
        (output.status.code(), said)
    };
    let (code, said) = check("bybit", PAIR);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("REAL ORDERS"), "{said}");
    assert_eq!(check("sim", "seed = 3").0, Some(0));
    // Also what is for paper trading only.
    for (kind, text, line) in [
        ("bybit", "\n[paper]\nmaker_fee_rate = 9.0", "line 3"),
        ("bybit", "\npaper_tradign = false", "line 2"),
        ("sim", "seed = ", "line 1"),
        ("binancefutures", "\n\nsilence_s = 0", "line 3"),
    ] {
        let (code, said) = check(kind, text);
        assert_eq!(code, Some(2), "{kind} {text:?}: {said}");
        assert!(said.contains(line), "{kind} {text:?}: {said}");
    }
}

#[test]
fn a_variable_is_not_blamed_on_the_file() {
    for name in ["BYBIT_CONNECTOR_TESTNET", "CONNECTOR_PAPER_TRADING"] {
        let file = "environment = \"testnet\"\npaper_trading = true";
        let (output, path) = run("bybit", file, 0o600, &[(name, "treu")]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains(&format!("{name} is neither")) && !said.contains(&path),
            "{said}"
        );
    }
}

/// A file that would start a connector, on this machine only.
const PAIR: &str = "paper_trading = false
api_key = \"canary\"
secret = \"canary\"
public_url = \"ws://127.0.0.1:1/v5/public/linear\"
private_url = \"ws://127.0.0.1:1/v5/private\"
trade_url = \"ws://127.0.0.1:1/v5/trade\"
rest_url = \"http://127.0.0.1:1\"
";

#[test]
fn keys_of_the_environment_that_cannot_be_used_start_nothing() {
    let half = [("BYBIT_API_KEY", "canary")];
    let quoted = [("BYBIT_API_KEY", "k"), ("BYBIT_API_SECRET", "\"canary\"")];
    for (env, word) in [
        (
            &half[..],
            "BYBIT_API_KEY is set and BYBIT_API_SECRET is not, and orders would be real",
        ),
        (
            &quoted[..],
            "BYBIT_API_SECRET has quotes or blanks around it",
        ),
    ] {
        let (output, path) = run("bybit", PAIR, 0o600, env);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(word) && !said.contains(&path), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
}

#[test]
fn keys_of_a_file_that_cannot_be_used_start_nothing() {
    let binance =
        "stream_url = \"ws://127.0.0.1:1/public/stream\"\napi_url = \"http://127.0.0.1:1\"\n";
    let secret = "secret = \"canary\"\n";
    for (kind, text, words) in [
        (
            "bybit",
            PAIR.replace(secret, ""),
            ["line 2: ", "has api_key and no secret"],
        ),
        (
            "bybit",
            PAIR.replace(secret, "secret = \" canary\"\n"),
            ["line 3, key `secret`", "has quotes or blanks around it"],
        ),
        (
            "binancefutures",
            format!("api_key = \"'canary'\"\n{binance}"),
            ["line 1, key `api_key`", "has quotes or blanks around it"],
        ),
    ] {
        let (output, path) = run(kind, &text, 0o600, &[]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&path), "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
}
