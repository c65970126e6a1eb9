//! Who may do what: tables as data, and the one function that decides ([`Permissions::grant`]).

mod right;

use std::collections::HashMap;

use cdb_types::Name;
use serde::Deserialize;

use right::Set;
pub(crate) use right::{Field, Operation};

use crate::identity::{Identity, Principal};
use crate::storage::model::{Device, User};

/// The default tables of permissions, in JSON.
const DEFAULT: &str = include_str!("permissions/default.json");

/// Roles, access levels and sets of fields.
#[derive(Debug, Deserialize)]
pub(crate) struct Permissions {
    disallow_names: Vec<String>,
    user_roles: HashMap<String, UserRole>,
    device_roles: HashMap<String, DeviceRole>,
    access_levels: HashMap<String, AccessLevel>,
    rw_access: HashMap<String, Set<Field>>,
}

/// A role of users.
#[derive(Debug, Deserialize)]
pub(crate) struct UserRole {
    #[serde(flatten)]
    levels: Levels,
    can_count: bool,
    pub(crate) user_can_be_private: bool,
    pub(crate) create_user_defaults: UserDefaults,
    pub(crate) create_device_defaults: DeviceDefaults,
}

/// A role of devices.
#[derive(Debug, Deserialize)]
struct DeviceRole {
    #[serde(flatten)]
    levels: Levels,
    can_count: bool,
}

/// The properties of a new user that the request does not set.
#[derive(Debug, Deserialize)]
pub(crate) struct UserDefaults {
    pub(crate) role: String,
    pub(crate) public: bool,
}

/// The properties of a new device that the request does not set.
#[derive(Debug, Deserialize)]
pub(crate) struct DeviceDefaults {
    pub(crate) role: String,
    pub(crate) enabled: bool,
    pub(crate) public: bool,
    pub(crate) visible: bool,
    pub(crate) user_editable: bool,
}

/// The names of a role's access levels.
#[derive(Debug, Deserialize)]
struct Levels {
    private_access_level: String,
    public_access_level: String,
    user_access_level: String,
    self_access_level: String,
}

impl Levels {
    fn of(&self, relation: Relation) -> &str {
        match relation {
            Relation::Private => &self.private_access_level,
            Relation::Public => &self.public_access_level,
            Relation::User => &self.user_access_level,
            Relation::Own => &self.self_access_level,
        }
    }
}

#[derive(Debug, Deserialize)]
struct AccessLevel {
    create: Vec<Object>,
    delete: Vec<Object>,
    list: Vec<Object>,
    read: String,
    write: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Object {
    User,
    Device,
    Stream,
}

/// The relation of the principal to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Private,
    Public,
    /// The object belongs to the principal's user.
    User,
    /// The object is the principal's device, or a stream of it.
    Own,
}

/// What the principal may do to an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant {
    operations: Set<Operation>,
    read: Set<Field>,
    write: Set<Field>,
}

impl Grant {
    pub(crate) fn allows(&self, operation: Operation) -> bool {
        self.operations.contains(operation)
    }

    pub(crate) fn reads(&self, field: Field) -> bool {
        self.read.contains(field)
    }

    pub(crate) fn writes(&self, field: Field) -> bool {
        self.write.contains(field)
    }
}

impl Permissions {
    /// Reads the default tables, which are those of the original server.
    pub(crate) fn default_tables() -> Result<Self, serde_json::Error> {
        serde_json::from_str(DEFAULT)
    }

    /// Returns the user role of this name, if there is one.
    pub(crate) fn user_role(&self, name: &str) -> Option<&UserRole> {
        self.user_roles.get(name)
    }

    /// Returns whether a user may have this name.
    pub(crate) fn allow_user_name(&self, name: &Name) -> bool {
        !self.disallow_names.iter().any(|disallowed| *name == disallowed.as_str())
    }

    /// Returns whether a device may have this role. An empty name stands for `none`.
    pub(crate) fn has_device_role(&self, name: &str) -> bool {
        name.is_empty() || self.device_roles.contains_key(name)
    }

    /// Returns the role of the principal's user: `nobody` if it is not logged in, or if its role is
    /// unknown.
    fn user_role_of(&self, principal: &Principal) -> Option<&UserRole> {
        let role = principal.identity().map(|identity| identity.user.role.as_str());
        role.and_then(|role| self.user_roles.get(role)).or_else(|| self.user_roles.get("nobody"))
    }

    fn device_role_of(&self, principal: &Principal) -> Option<&DeviceRole> {
        // A caller without a login has the rights of a device with the role `user`.
        let role = principal.identity().map_or("user", |identity| identity.device.role.as_str());
        self.device_roles.get(role).or_else(|| self.device_roles.get("none"))
    }

    /// Returns the defaults for what the principal creates.
    pub(crate) fn defaults_for(&self, principal: &Principal) -> Option<&UserRole> {
        self.user_role_of(principal)
    }

    /// Returns whether the principal may count users, devices and streams.
    pub(crate) fn may_count(&self, principal: &Principal) -> bool {
        self.user_role_of(principal).is_some_and(|role| role.can_count)
            && self.device_role_of(principal).is_some_and(|role| role.can_count)
    }

    /// Returns whether the principal may read the data of any stream that could exist.
    pub(crate) fn may_read_some_data(&self, principal: &Principal) -> bool {
        let relations = [Relation::Private, Relation::Public, Relation::User, Relation::Own];
        relations.into_iter().any(|relation| {
            let grant = self.grant(principal, relation);
            grant.reads(Field::CanAccessStreamData) || grant.reads(Field::CanAccessStreamDownlink)
        })
    }

    /// Returns what the principal may do to objects with this relation to it: what both its user's
    /// role and its own role allow.
    pub(crate) fn grant(&self, principal: &Principal, relation: Relation) -> Grant {
        let user = self.user_role_of(principal).map(|role| role.levels.of(relation));
        let device = self.device_role_of(principal).map(|role| role.levels.of(relation));
        let (user, device) = (self.level(user), self.level(device));
        Grant {
            operations: user.operations & device.operations,
            read: user.read & device.read,
            write: user.write & device.write,
        }
    }

    /// Returns what an access level allows. An unknown one allows nothing.
    fn level(&self, name: Option<&str>) -> Grant {
        let nothing = Grant { operations: Set::EMPTY, read: Set::EMPTY, write: Set::EMPTY };
        let Some(level) = name.and_then(|name| self.access_levels.get(name)) else {
            return nothing;
        };
        let fields = |set: &str| self.rw_access.get(set).copied().unwrap_or(Set::EMPTY);
        let create = level.create.iter().map(|object| match object {
            Object::User => Operation::CreateUser,
            Object::Device => Operation::CreateDevice,
            Object::Stream => Operation::CreateStream,
        });
        let delete = level.delete.iter().map(|object| match object {
            Object::User => Operation::DeleteUser,
            Object::Device => Operation::DeleteDevice,
            Object::Stream => Operation::DeleteStream,
        });
        let list = level.list.iter().map(|object| match object {
            Object::User => Operation::ListUsers,
            Object::Device => Operation::ListDevices,
            Object::Stream => Operation::ListStreams,
        });
        Grant {
            operations: create.chain(delete).chain(list).collect(),
            read: fields(&level.read),
            write: fields(&level.write),
        }
    }

    /// Returns what the principal may do to a user.
    pub(crate) fn on_user(&self, principal: &Principal, user: &User) -> Grant {
        let relation = match principal.identity() {
            Some(Identity { user: own, .. }) if own.id == user.id => Relation::User,
            _ if user.public => Relation::Public,
            _ => Relation::Private,
        };
        self.grant(principal, relation)
    }

    /// Returns what the principal may do to a device, its streams and their data.
    pub(crate) fn on_device(&self, principal: &Principal, device: &Device) -> Grant {
        let relation = match principal.identity() {
            Some(Identity { device: own, .. }) if own.id == device.id => Relation::Own,
            Some(Identity { user: own, .. }) if own.id == device.user_id => Relation::User,
            _ if device.public => Relation::Public,
            _ => Relation::Private,
        };
        self.grant(principal, relation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_the_default_tables_exists() {
        let tables = Permissions::default_tables().expect("the tables can be read");
        let levels = tables.user_roles.values().map(|role| &role.levels);
        for levels in levels.chain(tables.device_roles.values().map(|role| &role.levels)) {
            for relation in [Relation::Private, Relation::Public, Relation::User, Relation::Own] {
                let level = levels.of(relation);
                assert!(tables.access_levels.contains_key(level), "{level}");
            }
        }
        for (name, level) in &tables.access_levels {
            for set in [&level.read, &level.write] {
                assert!(tables.rw_access.contains_key(set), "{name}: {set}");
            }
        }
        for role in tables.user_roles.values() {
            assert!(tables.user_roles.contains_key(&role.create_user_defaults.role));
            assert!(tables.has_device_role(&role.create_device_defaults.role));
        }
    }

    #[test]
    fn nobody_may_do_nothing() {
        let tables = Permissions::default_tables().expect("the tables can be read");
        let nobody = Principal::default();
        assert!(!tables.may_count(&nobody));
        for relation in [Relation::Private, Relation::Public, Relation::User, Relation::Own] {
            let grant = tables.grant(&nobody, relation);
            assert!(!grant.reads(Field::CanAccessUser), "{relation:?}");
            assert!(!grant.writes(Field::CanAccessStreamData), "{relation:?}");
            assert!(!grant.allows(Operation::ListUsers), "{relation:?}");
        }
    }
}
