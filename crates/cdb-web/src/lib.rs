#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::io::Read;

use flate2::read::GzDecoder;

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A file of the web app.
///
/// ```
/// let shell = cdb_web::shell().expect("the page");
/// assert_eq!(shell.mime(), "text/html; charset=utf-8");
/// assert!(shell.bytes().starts_with(b"<!doctype html>"));
/// assert!(cdb_web::asset("../Cargo.toml").is_none());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    name: &'static str,
    mime: &'static str,
    gzip: &'static [u8],
}

impl Asset {
    /// Returns the name: a file name, without a directory.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the value of a header `Content-Type`.
    #[must_use]
    pub fn mime(&self) -> &'static str {
        self.mime
    }

    /// Returns the content as it is embedded: compressed by gzip.
    #[must_use]
    pub fn gzip(&self) -> &'static [u8] {
        self.gzip
    }

    /// Returns the content, for the rare client that does not accept gzip.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // It was compressed when this was built, so that it cannot be damaged.
        let _ = GzDecoder::new(self.gzip).read_to_end(&mut bytes);
        bytes
    }
}

/// Returns the page that is sent for every address of the app.
#[must_use]
pub fn shell() -> Option<&'static Asset> {
    asset("index.html")
}

/// Returns a file by its name.
#[must_use]
pub fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// Returns the digest of all files, in hexadecimal. The page asks for the others below
/// `/app/assets/DIGEST/`: what is there never changes.
#[must_use]
pub fn digest() -> &'static str {
    DIGEST
}

/// Returns whether the web app is there. Otherwise there is only a page that says how to build it.
#[must_use]
pub fn is_built() -> bool {
    IS_BUILT
}
