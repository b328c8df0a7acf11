//! The texts that are made from the array of kinds: the list of TypeScript, the table of the guide.

use std::fs;
use std::path::{Path, PathBuf};

use hbl_venues::kinds::{KINDS, kind_of};

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

fn typescript() -> String {
    let words: Vec<_> = KINDS
        .iter()
        .map(|kind| format!("'{}'", kind.word))
        .collect();
    let lines: Vec<_> = words.iter().map(|word| format!("  {word},\n")).collect();
    format!(
        "// Made from crates/venues/src/kinds.rs. After a change there:
// UPDATE_KINDS=1 cargo test --release -p hbl-venues --test main kinds

/** A kind of connector. */
export type ConnectorKind = {};

/** Every kind of connector. */
export const CONNECTOR_KINDS: readonly ConnectorKind[] = [
{}];
",
        words.join(" | "),
        lines.concat()
    )
}

/// The page with the table of kinds made anew.
fn guide(page: &str) -> String {
    let begin = "<!-- kinds: made from crates/venues/src/kinds.rs -->\n";
    let (before, rest) = page.split_once(begin).unwrap();
    let (_, after) = rest.split_once("<!-- end of kinds -->").unwrap();
    let rows = KINDS.iter().map(|kind| {
        let row = kind.row;
        format!(
            "| `{}` | {} | {} | {} |\n",
            kind.word, row.market_data, row.orders, row.keys
        )
    });
    let rows: String = rows.collect();
    format!(
        "{before}{begin}| kind | market data | orders | keys |\n|---|---|---|---|\n{rows}<!-- end of kinds -->{after}"
    )
}

#[test]
fn the_table_of_the_guide_is_that_of_the_array() {
    let path = in_repository("docs/guide/connectors.md");
    let page = fs::read_to_string(&path).unwrap();
    if std::env::var_os("UPDATE_KINDS").is_some() {
        fs::write(&path, guide(&page)).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap();
    assert_eq!(page, guide(&page), "{}", path.display());
}

#[test]
fn the_list_of_typescript_is_that_of_the_array() {
    let path = in_repository("lib/connector/connector-kinds.ts");
    if std::env::var_os("UPDATE_KINDS").is_some() {
        fs::write(&path, typescript()).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, typescript(), "{}", path.display());
}

#[test]
fn a_word_names_one_kind_and_an_option_is_the_same_wherever_it_is_taken() {
    for kind in KINDS.iter().copied() {
        assert_eq!(kind_of(kind.word), Some(kind));
        for option in kind.options {
            for other in KINDS.iter().flat_map(|kind| kind.options) {
                if other.name == option.name {
                    assert_eq!(other.help, option.help, "--{}", option.name);
                }
            }
        }
    }
    assert_eq!(kind_of("nothing"), None);
}
