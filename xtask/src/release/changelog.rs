//! The changelog, which says what is not released yet.

use std::fs;

use super::changelog_file;
use super::version::Version;
use crate::command::Result;

/// What stands above changes that are not released.
const UNRELEASED: &str = "## [Unreleased]\n";

/// A changelog with something to release.
pub(super) struct Changelog {
    text: String,
}

impl Changelog {
    /// # Errors
    /// When there is nothing to release.
    pub(super) fn read() -> Result<Self> {
        let text = fs::read_to_string(changelog_file())?;
        match unreleased(&text) {
            None => Err("the changelog has no section Unreleased".into()),
            Some("") => Err("nothing is unreleased: the changelog has no line for it".into()),
            Some(_) => Ok(Self { text }),
        }
    }

    /// Makes of what is unreleased a release of today.
    pub(super) fn release(&self, version: Version) -> Result {
        let today = jiff::Timestamp::now().strftime("%Y-%m-%d");
        Ok(fs::write(changelog_file(), released(&self.text, &format!("[{version}] - {today}")))?)
    }
}

/// What stands in the section of that name, without its headings.
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
    fn what_is_unreleased_gets_a_title() {
        let text = "# Changelog\n\n## [Unreleased]\n\n- this\n";
        let expected = "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-01-01\n\n- this\n";
        assert_eq!(released(text, "[0.1.0] - 2026-01-01"), expected);
    }
}
