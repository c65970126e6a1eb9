//! The changelog with its unreleased changes.

use std::fs;

use super::changelog_file;
use super::version::Version;
use crate::command::Result;

/// The heading of the unreleased changes.
const UNRELEASED: &str = "## [Unreleased]\n";

/// A changelog with unreleased changes.
pub(super) struct Changelog {
    text: String,
}

impl Changelog {
    /// Reads the changelog.
    ///
    /// # Errors
    /// Returns an error if there are no unreleased changes.
    pub(super) fn read() -> Result<Self> {
        let text = fs::read_to_string(changelog_file())?;
        match unreleased(&text) {
            None => Err("CHANGELOG.md has no section \"## [Unreleased]\"".into()),
            Some("") => Err("CHANGELOG.md has no unreleased changes".into()),
            Some(_) => Ok(Self { text }),
        }
    }

    /// Moves the unreleased changes into a section of this version, with the date of today.
    pub(super) fn release(&self, version: Version) -> Result {
        let today = jiff::Timestamp::now().strftime("%Y-%m-%d");
        Ok(fs::write(changelog_file(), released(&self.text, &format!("[{version}] - {today}")))?)
    }
}

/// The section Unreleased without its heading, `""` if it has no changes, or `None` if it is
/// missing.
fn unreleased(text: &str) -> Option<&str> {
    let (_, section) = text.split_once(UNRELEASED)?;
    let section = section.split("\n## ").next().unwrap_or_default();
    let has_line = section.lines().any(|line| line.starts_with("- "));
    Some(if has_line { section.trim() } else { "" })
}

fn released(text: &str, title: &str) -> String {
    text.replacen(UNRELEASED, &format!("{UNRELEASED}\n## {title}\n"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_of_headings_is_empty() {
        assert_eq!(unreleased("# Changelog\n"), None);
        assert_eq!(unreleased("## [Unreleased]\n\n### Added\n\n## [0.1.0]\n\n- all\n"), Some(""));
        let some = "## [Unreleased]\n\n### Added\n\n- this\n\n## [0.1.0]\n\n- all\n";
        assert_eq!(unreleased(some), Some("### Added\n\n- this"));
    }

    #[test]
    fn unreleased_changes_get_a_title() {
        let text = "# Changelog\n\n## [Unreleased]\n\n- this\n";
        let expected = "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-01-01\n\n- this\n";
        assert_eq!(released(text, "[0.1.0] - 2026-01-01"), expected);
    }
}
