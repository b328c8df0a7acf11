use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// A venue that no other test has.
fn site() -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let last = LAST.fetch_add(1, Ordering::Relaxed);
    format!("http://127.0.0.1/{}/{last}", std::process::id())
}

fn claim(site: &str, key: &str, folder: &Path) -> Result<HostClaim, VenueError> {
    let folder = Some(folder.to_owned());
    HostClaim::new((site, "hbl", "linear"), &Secret::new(key), folder)
}

#[test]
fn two_keys_of_one_account_are_one_claim_and_two_accounts_are_two() {
    let folder = tempfile::tempdir().unwrap();
    let site = site();
    let mut first = claim(&site, "key-a", folder.path()).unwrap();
    let mut second = claim(&site, "key-b", folder.path()).unwrap();
    assert!(
        claim(&site, "key-a", folder.path()).is_err(),
        "the same key"
    );
    assert!(first.claim("4711"));
    assert!(first.claim("4711"), "its own");
    assert!(!second.claim("4711"));
    assert!(!second.claim("4711"), "still");
    let mut other = claim(&site, "key-c", folder.path()).unwrap();
    assert!(other.claim("4712"));
    drop(first);
    assert!(second.claim("4711"), "given back");
}

#[test]
fn the_account_is_claimed_on_the_whole_machine_whatever_the_folder() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let site = site();
    let mut first = claim(&site, "key-a", folders[0].path()).unwrap();
    let mut second = claim(&site, "key-b", folders[1].path()).unwrap();
    assert!(first.claim("4711"));
    assert!(!second.claim("4711"));
}

#[test]
fn runs_are_over_by_key_or_by_account_and_only_on_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let site = site();
    let mut first = claim(&site, "key-a", folder.path()).unwrap();
    // Before the account is known, and after it.
    first.note(100).unwrap();
    assert!(first.claim("4711"));
    first.note(101).unwrap();
    assert!(!first.is_over(100));
    drop(first);
    let same = claim(&site, "key-a", folder.path()).unwrap();
    assert!(same.is_over(100) && same.is_over(101));
    assert_eq!(same.newest(), Some(101));
    drop(same);
    let mut renewed = claim(&site, "key-new", folder.path()).unwrap();
    assert!(
        !renewed.is_over(100),
        "of whom the key is, is not known yet"
    );
    assert!(renewed.claim("4711"));
    assert!(renewed.is_over(100) && renewed.is_over(101));
    drop(renewed);
    let mut other = claim(&site, "key-a", elsewhere.path()).unwrap();
    assert!(other.claim("4711") && !other.is_over(100));
}

#[test]
fn without_a_folder_no_run_is_over_and_the_reason_is_reported() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut claim = claim(&site(), "key-a", file.path()).unwrap();
    assert!(claim.claim("4711"));
    let reported = claim.note(5).unwrap_err();
    assert!(reported.contains(FOLDER_VARIABLE), "{reported}");
    assert!(!reported.contains("key-a"), "{reported}");
    assert!(!claim.is_over(5));
    let mut homeless = HostClaim::new((&site(), "hbl", "spot"), &Secret::new("k"), None).unwrap();
    assert!(homeless.note(5).unwrap_err().contains(FOLDER_VARIABLE));
}

#[test]
fn the_folder_is_that_of_the_variable_or_in_the_home() {
    let folder = |env: &[(&str, &str)]| {
        let env = |name: &str| {
            let found = env.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        state_folder(&env)
    };
    let of = |path: &str| Some(PathBuf::from(path));
    let home = ("HOME", "/home/x");
    assert_eq!(folder(&[]), None);
    assert_eq!(folder(&[home]), of("/home/x/.local/state/hftbacktest-live"));
    let xdg = ("XDG_STATE_HOME", "/var/x");
    assert_eq!(folder(&[home, xdg]), of("/var/x/hftbacktest-live"));
    assert_eq!(folder(&[home, xdg, (FOLDER_VARIABLE, "/s")]), of("/s"));
}
