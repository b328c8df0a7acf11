use napi_derive::napi;

/// How this addon was built.
#[napi(object)]
pub struct BuildInfo {
    /// Version of the package.
    pub version: String,
    /// True when it has the live part.
    pub live: bool,
    /// `release`, or `debug` with assertions.
    pub profile: String,
    /// Operating system and processor.
    pub target: String,
    /// Version of hftbacktest that it is compatible with.
    pub hftbacktest: String,
    /// Version of iceoryx2 that it is compatible with.
    pub iceoryx2: String,
}

/// Returns how this addon was built.
#[napi(catch_unwind)]
pub fn build_info() -> BuildInfo {
    BuildInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        live: cfg!(feature = "live"),
        profile: if cfg!(debug_assertions) {
            "debug"
        } else {
            "release"
        }
        .to_owned(),
        target: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
        hftbacktest: "0.9.4".to_owned(),
        iceoryx2: "0.6.1".to_owned(),
    }
}
