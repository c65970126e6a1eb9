//! Reading `tables.md`.

use std::collections::{BTreeMap, BTreeSet};

const TABLES: &str = include_str!("tables.md");

/// What a role of users stands for.
#[derive(Debug)]
pub(crate) struct UserRole {
    /// The levels of the relations private, public, user and self.
    pub(crate) levels: [String; 4],
    pub(crate) counts: bool,
    pub(crate) may_be_private: bool,
    /// The role of a device that is created without one. `None` if nothing can be created.
    pub(crate) new_device_role: Option<String>,
}

/// What a role of devices stands for.
#[derive(Debug)]
pub(crate) struct DeviceRole {
    pub(crate) levels: [String; 4],
    pub(crate) counts: bool,
}

/// What a level allows: letters of kinds of objects, and the names of sets of fields.
#[derive(Debug)]
pub(crate) struct Level {
    pub(crate) create: String,
    pub(crate) delete: String,
    pub(crate) list: String,
    pub(crate) read: String,
    pub(crate) write: String,
}

/// All tables, by the names in their first columns.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) user_roles: BTreeMap<String, UserRole>,
    pub(crate) device_roles: BTreeMap<String, DeviceRole>,
    pub(crate) levels: BTreeMap<String, Level>,
    /// The rows with a check mark, by the names of the columns.
    pub(crate) sets: BTreeMap<String, BTreeSet<String>>,
}

impl Tables {
    pub(crate) fn read() -> Self {
        let tables = split(TABLES);
        let table = |name: &str| {
            let found = tables.iter().find(|table| table.columns[0] == name);
            found.unwrap_or_else(|| panic!("there is no table of {name:?}"))
        };
        let user_roles = table("user role").rows().map(|row| {
            let role = UserRole {
                levels: row.levels(),
                counts: row.flag("counts"),
                may_be_private: row.flag("may be private"),
                new_device_role: new_device_role(row.cell("makes")),
            };
            (row.name().to_owned(), role)
        });
        let device_roles = table("device role").rows().flat_map(|row| {
            let role = || DeviceRole { levels: row.levels(), counts: row.flag("counts") };
            match row.name().strip_suffix(" (also \"\")") {
                Some(name) => vec![(name.to_owned(), role()), (String::new(), role())],
                None => vec![(row.name().to_owned(), role())],
            }
        });
        let levels = table("level").rows().map(|row| {
            let cells = ["create u/d/s", "delete u/d/s", "list u/d/s", "read", "write"];
            let [create, delete, list, read, write] = cells.map(|name| row.cell(name).to_owned());
            (row.name().to_owned(), Level { create, delete, list, read, write })
        });
        Self {
            user_roles: user_roles.collect(),
            device_roles: device_roles.collect(),
            levels: levels.collect(),
            sets: sets(table("")),
        }
    }
}

/// A table as it is written.
#[derive(Default)]
struct Table {
    columns: Vec<String>,
    cells: Vec<Vec<String>>,
}

struct Row<'a> {
    columns: &'a [String],
    cells: &'a [String],
}

impl Table {
    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.cells.iter().map(|cells| Row { columns: &self.columns, cells })
    }
}

impl Row<'_> {
    fn name(&self) -> &str {
        &self.cells[0]
    }

    fn cell(&self, column: &str) -> &str {
        let place = self.columns.iter().position(|name| name == column);
        &self.cells[place.unwrap_or_else(|| panic!("there is no column {column:?}"))]
    }

    fn flag(&self, column: &str) -> bool {
        match self.cell(column) {
            "yes" | "✓" => true,
            "no" | "–" | "" => false,
            other => panic!("{other:?} is neither yes nor no"),
        }
    }

    fn levels(&self) -> [String; 4] {
        ["private", "public", "user", "self"].map(|column| self.cell(column).to_owned())
    }
}

fn split(text: &str) -> Vec<Table> {
    let mut tables = vec![Table::default()];
    for line in text.lines() {
        let row = line.strip_prefix('|').and_then(|line| line.strip_suffix('|'));
        let table = tables.last_mut().expect("a table");
        let Some(row) = row.filter(|row| !row.starts_with("---")) else {
            if row.is_none() && !table.columns.is_empty() {
                tables.push(Table::default());
            }
            continue;
        };
        let cells = row.split('|').map(|cell| cell.trim().to_owned()).collect();
        if table.columns.is_empty() {
            table.columns = cells;
        } else {
            table.cells.push(cells);
        }
    }
    tables.retain(|table| !table.columns.is_empty());
    tables
}

/// The role in the column "makes", whose other words are the same for everyone.
fn new_device_role(cell: &str) -> Option<String> {
    if cell.is_empty() {
        return None;
    }
    let others = [
        "devices: enabled, not public, visible, editable, ",
        "users: role user, public; devices as above, ",
    ];
    let role = others.iter().find_map(|others| cell.strip_prefix(others));
    let role = role.and_then(|role| role.strip_prefix("role \"")?.strip_suffix('"'));
    Some(role.unwrap_or_else(|| panic!("{cell:?} is not understood")).to_owned())
}

fn sets(table: &Table) -> BTreeMap<String, BTreeSet<String>> {
    let set = |column: &String| {
        let checked = table.rows().filter(|row| row.flag(column));
        (column.clone(), checked.map(|row| row.name().to_owned()).collect())
    };
    table.columns[1..].iter().map(set).collect()
}
