//! What a caller may do with an object to which it stands in some relation.

use std::collections::BTreeSet;

use crate::tables::{Level, Tables};

/// The set of fields that is in no table, because it is empty.
const NO_FIELDS: &str = "none";

/// What every other set of fields contains, beside its column in the table.
const COMMON_FIELDS: [&str; 20] = [
    "user access",
    "device access",
    "stream access",
    "user nickname",
    "user description",
    "user icon",
    "user public",
    "device nickname",
    "device description",
    "device icon",
    "device public",
    "device enabled",
    "device visible",
    "stream nickname",
    "stream description",
    "stream icon",
    "stream schema",
    "stream datatype",
    "stream ephemeral",
    "stream downlink",
];

/// The name of the field that stands for the data of a downlink.
pub(crate) const DOWNLINK_DATA: &str = "stream downlink (substream)";

/// Users, devices or streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    Device,
    Stream,
}

impl Kind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Device => "device",
            Self::Stream => "stream",
        }
    }
}

/// How a caller is related to an object, in the order of the columns.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Relation {
    Private,
    Public,
    User,
    Own,
}

pub(crate) const RELATIONS: [Relation; 4] =
    [Relation::Private, Relation::Public, Relation::User, Relation::Own];

/// What a caller may do.
#[derive(Debug, Clone)]
pub(crate) struct Rights {
    create: BTreeSet<char>,
    delete: BTreeSet<char>,
    list: BTreeSet<char>,
    read: BTreeSet<String>,
    write: BTreeSet<String>,
}

impl Rights {
    pub(crate) fn creates(&self, kind: Kind) -> bool {
        self.create.contains(&letter(kind))
    }

    pub(crate) fn deletes(&self, kind: Kind) -> bool {
        self.delete.contains(&letter(kind))
    }

    pub(crate) fn lists(&self, kind: Kind) -> bool {
        self.list.contains(&letter(kind))
    }

    pub(crate) fn sees(&self, kind: Kind) -> bool {
        self.reads(kind, "access")
    }

    pub(crate) fn reads(&self, kind: Kind, field: &str) -> bool {
        // Nobody reads a password, whatever the tables say.
        field != "password" && self.read.contains(&format!("{} {field}", kind.word()))
    }

    pub(crate) fn writes(&self, kind: Kind, field: &str) -> bool {
        self.write.contains(&format!("{} {field}", kind.word()))
    }

    /// Whether any property of an object may be changed.
    pub(crate) fn writes_any_field(&self, kind: Kind) -> bool {
        let of_kind = self.write.iter().filter_map(|field| field.strip_prefix(kind.word()));
        let others = [" access", " data", " downlink (substream)"];
        of_kind.into_iter().any(|field| !others.contains(&field))
    }

    pub(crate) fn reads_data(&self, of_downlink: bool) -> bool {
        self.read.contains(data(of_downlink))
    }

    pub(crate) fn writes_data(&self, of_downlink: bool) -> bool {
        self.write.contains(data(of_downlink))
    }
}

fn letter(kind: Kind) -> char {
    match kind {
        Kind::User => 'u',
        Kind::Device => 'd',
        Kind::Stream => 's',
    }
}

fn data(of_downlink: bool) -> &'static str {
    if of_downlink { DOWNLINK_DATA } else { "stream data" }
}

impl Tables {
    /// What both roles of a caller allow.
    pub(crate) fn rights(&self, user_role: &str, device_role: &str, relation: Relation) -> Rights {
        let user = self.level(&self.user_roles[user_role].levels[relation as usize]);
        let device = self.level(&self.device_roles[device_role].levels[relation as usize]);
        Rights {
            create: &user.create & &device.create,
            delete: &user.delete & &device.delete,
            list: &user.list & &device.list,
            read: &user.read & &device.read,
            write: &user.write & &device.write,
        }
    }

    fn level(&self, name: &str) -> Rights {
        let Level { create, delete, list, read, write } = &self.levels[name];
        let letters = |cell: &str| cell.chars().filter(char::is_ascii_lowercase).collect();
        Rights {
            create: letters(create),
            delete: letters(delete),
            list: letters(list),
            read: self.fields(read),
            write: self.fields(write),
        }
    }

    fn fields(&self, set: &str) -> BTreeSet<String> {
        if set == NO_FIELDS {
            return BTreeSet::new();
        }
        let common = COMMON_FIELDS.iter().map(|field| (*field).to_owned());
        common.chain(self.sets[set].iter().cloned()).collect()
    }
}
