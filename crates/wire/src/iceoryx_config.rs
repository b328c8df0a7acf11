//! iceoryx2's configuration. Looking for its file, iceoryx2 asks for the home of the user, and ends the
//! program by a panic where the user has no account on the machine (`docker run --user 1000`).

use std::{
    error::Error,
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    process,
    sync::Once,
};

use iceoryx2::config::Config;
use tracing::warn;

use crate::room;

/// Where iceoryx2 looks for its file besides the home.
const FILES: [&str; 2] = ["config/iceoryx2.toml", "/etc/iceoryx2/iceoryx2.toml"];

/// The configuration of this process.
pub(crate) fn get() -> &'static Config {
    static SET: Once = Once::new();
    SET.call_once(|| {
        if has_account() {
            return;
        }
        if let Err(error) = set_without_home() {
            warn!(%error, "this user has no account on this machine, and iceoryx2 cannot be set up without one");
        }
    });
    Config::global_config()
}

/// Whether this user is one of the machine's.
fn has_account() -> bool {
    // SAFETY: neither call takes a pointer; the answer is compared and not kept.
    unsafe { !libc::getpwuid(libc::getuid()).is_null() }
}

/// The configuration as iceoryx2 would find it, home aside. It takes one from files only.
fn set_without_home() -> Result<(), Box<dyn Error>> {
    if let Some(file) = FILES.map(Path::new).into_iter().find(|file| file.exists()) {
        return set(file);
    }
    let path = room::folder().join(format!("hbl-iceoryx2-{}.toml", process::id()));
    let text = toml::to_string(&Config::default())?;
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    let result = written.map_err(Into::into).and_then(|()| set(&path));
    let _ = fs::remove_file(&path);
    result
}

fn set(file: &Path) -> Result<(), Box<dyn Error>> {
    let text = file.to_str().ok_or("the path is no text")?;
    let Ok(path) = text.try_into() else {
        return Err(format!("{text} is no path for iceoryx2").into());
    };
    Config::setup_global_config_from_file(&path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_without_a_home_is_what_iceoryx2_takes_where_it_finds_no_file() {
        let text = toml::to_string(&Config::default()).unwrap();
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), Config::default());
        set_without_home().unwrap();
        assert_eq!(*get(), Config::default());
    }
}
