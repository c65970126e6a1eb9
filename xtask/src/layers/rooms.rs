//! Checks which modules of the server import which.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Result, root};

/// The modules of the server from top to bottom. A module may import only itself and those below it,
/// so there are no cycles between them. The longest matching path counts.
const MODULES: &[&str] = &[
    "lib",
    "fuzzing",
    "data_file",
    "server",
    "http",
    "service",
    "topics",
    "query",
    "usage",
    "auth",
    "compute",
    "storage::sqlite",
    "storage",
    // Storage requires the permits that it creates.
    "service::authorize",
    "bus",
    "events",
    "storage::format",
    "permissions",
    "identity",
    "storage::model",
    "sockets",
    "metrics",
    "limits",
    "runtime",
    "error",
    "api_error",
];

/// The only module that may use a database.
const DATABASE: &str = "storage::sqlite";

pub(super) fn check() -> Result {
    let source = root().join("crates/cdb-server/src");
    for file in files(&source)? {
        let module = module(file.strip_prefix(&source)?);
        let text = fs::read_to_string(&file)?;
        if let Err(problem) = check_module(&module, &text) {
            return Err(format!("{}: {problem}", file.strip_prefix(root())?.display()).into());
        }
    }
    Ok(())
}

/// All source files below a directory.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

/// The path of the module in a file.
fn module(file: &Path) -> String {
    let parts = file.iter().map(|part| part.to_string_lossy().replace(".rs", ""));
    parts.collect::<Vec<_>>().join("::")
}

/// Checks what a module imports. Its tests may import anything.
fn check_module(module: &str, text: &str) -> std::result::Result<(), String> {
    let place = rank(module).ok_or("the module is missing in xtask/src/layers/rooms.rs")?;
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    // The module within the file that a line is in, if any.
    let mut inner = None;
    for line in lines {
        match line.strip_suffix(" {").and_then(|line| line.split_once("mod ")) {
            Some((visibility, name)) if !visibility.starts_with(' ') => inner = Some(name),
            _ if line == "}" => inner = None,
            _ => {}
        }
        if line.contains("sqlx") && MODULES[place] != DATABASE {
            return Err(format!("only {DATABASE} may use sqlx"));
        }
        // Visibility may name a module above.
        let line = line.replace("pub(in crate::", "pub(in ");
        let here = inner.map_or(module.to_owned(), |name| format!("{module}::{name}"));
        for path in paths(&here, &line)? {
            // `crate::Error` and the like are in `lib`, which only re-exports.
            let Some(other) = rank(&path) else { continue };
            if other < place {
                return Err(format!("{} must not import {}", MODULES[place], MODULES[other]));
            }
        }
    }
    Ok(())
}

/// Returns the paths from the root of the crate that a line of a module contains.
fn paths(module: &str, line: &str) -> std::result::Result<Vec<String>, String> {
    let path = |text: &str| -> String {
        text.chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect()
    };
    let mut found: Vec<String> = line.split("crate::").skip(1).map(path).collect();
    let mut rest = line;
    while let Some(start) = rest.find("super::") {
        let mut parents: Vec<&str> = module.split("::").collect();
        rest = &rest[start..];
        while let Some(inner) = rest.strip_prefix("super::") {
            parents.pop();
            rest = inner;
        }
        let inner = path(rest);
        parents.extend((!inner.is_empty()).then_some(inner.as_str()));
        found.push(parents.join("::"));
    }
    match found.iter().any(String::is_empty) {
        true => Err(format!("{module} must import from one module at a time: {line}")),
        false => Ok(found),
    }
}

/// The place of the module that a path belongs to, counted from the top.
fn rank(path: &str) -> Option<usize> {
    let contains = |module: &str| {
        path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let matching = MODULES.iter().enumerate().filter(|(_, module)| contains(module));
    matching.max_by_key(|(_, module)| module.len()).map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_of_modules_below_are_accepted() {
        assert_eq!(check_module("http::data", "use crate::service::Service;"), Ok(()));
        assert_eq!(check_module("http::data", "use crate::http::body;"), Ok(()));
        assert_eq!(
            check_module("storage::sqlite::read", "use crate::storage::Array; use sqlx::Row;"),
            Ok(())
        );
        assert_eq!(check_module("storage", "use crate::service::authorize::ReadPermit;"), Ok(()));
        let inner = "pub(crate) mod operator {\n    use super::ReadPermit;\n}\n";
        assert_eq!(check_module("service::authorize", inner), Ok(()));
    }

    #[test]
    fn imports_of_modules_above_are_rejected() {
        let up = check_module("service::data", "    crate::http::body::read()");
        assert_eq!(up, Err("service must not import http".to_owned()));
        let up = check_module("service::data", "use super::super::http::body;");
        assert_eq!(up, Err("service must not import http".to_owned()));
        let up = check_module("query", "use super::http::body;");
        assert_eq!(up, Err("query must not import http".to_owned()));
        let up = check_module("storage", "use crate::storage::sqlite::SqliteStorage;");
        assert_eq!(up, Err("storage must not import storage::sqlite".to_owned()));
        let up = check_module("service::authorize", "use crate::service::Service;");
        assert_eq!(up, Err("service::authorize must not import service".to_owned()));
    }

    #[test]
    fn imports_of_several_modules_are_rejected() {
        for import in ["use crate::{http::body, limits};", "use super::super::{http};"] {
            let error = check_module("service::data", import).expect_err(import);
            assert!(error.contains("one module at a time"), "{error}");
        }
        assert_eq!(check_module("service::data", "use super::{Service, rules};"), Ok(()));
    }

    #[test]
    fn a_database_is_rejected_outside_of_its_module() {
        assert!(check_module("service::users", "sqlx::query(\"\")").is_err());
        assert_eq!(check_module("service::users", "/// Like sqlx."), Ok(()));
    }

    #[test]
    fn an_unknown_module_is_rejected() {
        assert!(check_module("attic", "").is_err());
    }
}
