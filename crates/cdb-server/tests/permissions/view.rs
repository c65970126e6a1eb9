//! Which users, devices and streams a caller sees, and what it may do with each.

use crate::expected::Expected;
use crate::rights::{Kind, RELATIONS, Relation, Rights};
use crate::tables::Tables;
use crate::world::{Device, Fields, Stream, User, World};

/// The role of a caller without credentials, and the role of the device that it acts as.
const NOBODY: (&str, &str) = ("nobody", "user");

/// The device that sends a request, and its user. `None` for a request without credentials.
pub(crate) type Caller<'a> = Option<(&'a User, &'a Device)>;

/// The world as one caller sees it.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) world: &'a World,
    pub(crate) caller: Caller<'a>,
    /// What the caller may do with objects in each relation to it.
    rights: &'a [Rights; 4],
}

/// The reason why a caller does not see an object.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unseen {
    /// It does not exist, and the caller would see it if it did.
    Missing(Kind),
    /// The caller cannot tell whether it exists.
    Hidden,
}

impl Unseen {
    /// The answer to reading the properties of the object.
    pub(crate) fn when_reading(self) -> Expected {
        Expected::refused(404, "not_found", "Can't access this resource.")
    }

    /// The answer to changing the object or reading its data.
    pub(crate) fn when_changing(self) -> Expected {
        match self {
            Self::Missing(kind) => {
                let msg = format!("The requested {} was not found.", kind.word());
                Expected::refused(403, "not_found", msg)
            }
            Self::Hidden => Expected::refused(403, "not_found", "Can't access this resource."),
        }
    }
}

/// An object that the caller sees.
pub(crate) struct Seen<'a, T> {
    pub(crate) object: &'a T,
    pub(crate) rights: &'a Rights,
}

pub(crate) type Sight<'a, T> = Result<Seen<'a, T>, Unseen>;

/// The role of a caller's user and of the device itself.
fn roles(caller: Caller<'_>) -> (&str, &str) {
    caller.map_or(NOBODY, |(user, device)| (user.role(), device.role()))
}

/// What a caller may do with objects in each relation to it.
pub(crate) fn rights_of(tables: &Tables, caller: Caller<'_>) -> [Rights; 4] {
    let (user, device) = roles(caller);
    RELATIONS.map(|relation| tables.rights(user, device, relation))
}

impl<'a> View<'a> {
    pub(crate) fn new(
        tables: &'a Tables,
        world: &'a World,
        caller: Caller<'a>,
        rights: &'a [Rights; 4],
    ) -> Self {
        Self { tables, world, caller, rights }
    }

    pub(crate) fn user_role(&self) -> &'a str {
        roles(self.caller).0
    }

    pub(crate) fn rights(&self, relation: Relation) -> &'a Rights {
        &self.rights[relation as usize]
    }

    pub(crate) fn may_count(&self) -> bool {
        let (user, device) = roles(self.caller);
        self.tables.user_roles[user].counts && self.tables.device_roles[device].counts
    }

    fn owns(&self, user: &str) -> bool {
        self.caller.is_some_and(|(own, _)| own.name == user)
    }

    /// Whether the caller is this device.
    pub(crate) fn is(&self, user: &str, device: &str) -> bool {
        self.owns(user) && self.caller.is_some_and(|(_, own)| own.name == device)
    }

    /// What the caller may do with a user. A user is never the caller itself, which is a device.
    pub(crate) fn on_user(&self, user: &User) -> &'a Rights {
        self.rights(match () {
            () if self.owns(&user.name) => Relation::User,
            () if user.is_public() => Relation::Public,
            () => Relation::Private,
        })
    }

    /// What the caller may do with a device and its streams.
    pub(crate) fn on_device(&self, user: &User, device: &Device) -> &'a Rights {
        self.rights(match () {
            () if self.is(&user.name, &device.name) => Relation::Own,
            () if self.owns(&user.name) => Relation::User,
            () if device.is_public() => Relation::Public,
            () => Relation::Private,
        })
    }

    pub(crate) fn user(&self, name: &str) -> Sight<'a, User> {
        let Some(user) = self.world.user(name) else {
            // It could be private.
            return Err(self.missing(Kind::User, Relation::Private));
        };
        seen(user, Kind::User, self.on_user(user))
    }

    pub(crate) fn device(&self, user: &str, name: &str) -> Sight<'a, Device> {
        let Some(user) = self.world.user(user) else {
            return Err(self.missing(Kind::User, Relation::Private));
        };
        let Some(device) = user.device(name) else {
            let relation = if self.owns(&user.name) { Relation::User } else { Relation::Private };
            return Err(self.missing(Kind::Device, relation));
        };
        seen(device, Kind::Device, self.on_device(user, device))
    }

    pub(crate) fn stream(&self, user: &str, device: &str, name: &str) -> Sight<'a, Stream> {
        let Seen { object: device, rights } = self.device(user, device)?;
        match device.stream(name) {
            Some(stream) => seen(stream, Kind::Stream, rights),
            None if rights.sees(Kind::Stream) => Err(Unseen::Missing(Kind::Stream)),
            None => Err(Unseen::Hidden),
        }
    }

    /// Something that does not exist, and that could be in this relation to the caller if it did.
    fn missing(&self, kind: Kind, relation: Relation) -> Unseen {
        if self.rights(relation).sees(kind) { Unseen::Missing(kind) } else { Unseen::Hidden }
    }
}

fn seen<'a, T>(object: &'a T, kind: Kind, rights: &'a Rights) -> Sight<'a, T> {
    if rights.sees(kind) { Ok(Seen { object, rights }) } else { Err(Unseen::Hidden) }
}

/// The fields that may be read.
pub(crate) fn readable(kind: Kind, fields: &Fields, rights: &Rights) -> Fields {
    let fields = fields.iter().filter(|(name, _)| rights.reads(kind, name));
    fields.map(|(name, value)| (name.clone(), value.clone())).collect()
}
