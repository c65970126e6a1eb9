//! Embeds what `cargo xtask web` has built, if it is there. It runs no other program.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// What stands for the digest in the addresses of the built page.
const UNKNOWN_DIGEST: &str = "0000000000000000";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=placeholder.html");
    let dist = Path::new("dist");
    let is_built = dist.join("index.html").exists();
    // What does not exist would have this run each time. When it comes into being, its directory changes.
    println!("cargo::rerun-if-changed={}", if is_built { "dist" } else { "." });
    let mut files = Vec::new();
    if is_built {
        read(dist, &mut files)?;
    } else {
        println!("cargo::warning=the web app is not built: run `cargo xtask web` first");
        files.push(("index.html".to_owned(), fs::read("placeholder.html")?));
    }
    files.sort();
    let digest = digest(&files);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut table = format!(
        "pub(crate) const IS_BUILT: bool = {is_built};\n\
         pub(crate) const DIGEST: &str = {digest:?};\n\
         pub(crate) static ASSETS: &[Asset] = &[\n"
    );
    for (number, (name, content)) in files.iter().enumerate() {
        let content = match str::from_utf8(content) {
            Ok(text) => text.replace(UNKNOWN_DIGEST, &digest).into_bytes(),
            Err(_) => content.clone(),
        };
        // Without a time, so that the same files give the same program.
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&content)?;
        let file = out.join(format!("{number}.gz"));
        fs::write(&file, encoder.finish()?)?;
        writeln!(
            table,
            "    Asset {{ name: {name:?}, mime: {:?}, gzip: include_bytes!({file:?}) }},",
            mime(name)?
        )?;
    }
    table.push_str("];\n");
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

/// Reads the files of a directory, which has no others below it.
fn read(directory: &Path, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a name is not UTF-8")?;
        files.push((name.to_owned(), fs::read(&path)?));
    }
    Ok(())
}

/// Returns a digest of all files.
fn digest(files: &[(String, Vec<u8>)]) -> String {
    let mut hasher = Sha256::new();
    for (name, content) in files {
        hasher.update((name.len() as u64).to_le_bytes());
        hasher.update(name);
        hasher.update((content.len() as u64).to_le_bytes());
        hasher.update(content);
    }
    hasher.finalize()[..UNKNOWN_DIGEST.len() / 2].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn mime(name: &str) -> Result<&'static str, String> {
    Ok(match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("txt") => "text/plain; charset=utf-8",
        Some("webmanifest") => "application/manifest+json",
        _ => return Err(format!("the type of {name} is not known")),
    })
}
