//! Users.

use std::collections::BTreeMap;

use cdb_types::{
    DeviceCreate, ErrorKind, Password, StreamCreate, Update, UserCreate, UserInfo, UserPath,
    UserUpdate,
};
use serde_json::{Map, Value};

use super::authorize::{self, ChangePermit};
use super::devices::Tree;
use super::resolve::{ResolveError, ResolvedUser};
use super::{Service, audit, rules};
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::permissions::{DeviceDefaults, Field, Grant, Operation, Relation};
use crate::storage::{StoredPassword, User};

/// What an update of a user can write.
const FIELDS: [Field; 8] = [
    Field::UserName,
    Field::UserNickname,
    Field::UserEmail,
    Field::UserDescription,
    Field::UserIcon,
    Field::UserRole,
    Field::UserPublic,
    Field::UserPassword,
];

/// A user that has been checked and can be inserted.
struct NewUser {
    user: User,
    password: StoredPassword,
    /// Its devices, `user` and `meta` among them, with their streams.
    devices: Vec<Tree>,
}

impl Service {
    /// Returns the users that the caller may see, oldest first.
    pub(crate) async fn list_users(
        &self,
        principal: &Principal,
    ) -> Result<Vec<UserInfo>, ApiError> {
        if !self.permissions.grant(principal, Relation::Private).allows(Operation::ListUsers) {
            let msg = "You do not have permissions necessary to list users.";
            return Err(ApiError::new(404, ErrorKind::Denied, msg));
        }
        let users = self.storage.catalog().await?.users().await?;
        let visible = users.iter().filter_map(|user| {
            let grant = self.permissions.on_user(principal, user);
            grant.reads(Field::CanAccessUser).then(|| user.view(&grant))
        });
        Ok(visible.collect())
    }

    pub(crate) async fn read_user(
        &self,
        principal: &Principal,
        path: &UserPath,
    ) -> Result<UserInfo, ApiError> {
        let mut db = self.storage.catalog().await?;
        let resolved = self.resolve_user(&mut *db, principal, path).await;
        let ResolvedUser { user, grant } = resolved.map_err(ResolveError::when_reading)?;
        Ok(user.view(&grant))
    }

    /// Returns an error if the caller may not create any user: before the body is read.
    pub(crate) fn check_create_user(&self, principal: &Principal) -> Result<(), ApiError> {
        let public = self.permissions.grant(principal, Relation::Public);
        let private = self.permissions.grant(principal, Relation::Private);
        let permit = authorize::operation(&public, Operation::CreateUser);
        permit.or_else(|_| authorize::operation(&private, Operation::CreateUser)).map(drop)
    }

    /// Creates a user with all its devices and streams, or nothing.
    pub(crate) async fn create_user(
        &self,
        principal: &Principal,
        name: &str,
        create: UserCreate,
    ) -> Result<UserInfo, ApiError> {
        let defaults = self.permissions.defaults_for(principal).ok_or_else(ApiError::forbidden)?;
        let role =
            create.role.clone().unwrap_or_else(|| defaults.create_user_defaults.role.clone());
        let public = create.public.unwrap_or(defaults.create_user_defaults.public);
        let relation = if public { Relation::Public } else { Relation::Private };
        let grant = self.permissions.grant(principal, relation);
        let own_role = principal.identity().map(|identity| identity.user.role.as_str());
        let permit = authorize::create_user(&grant, own_role != Some(role.as_str()))?;
        let defaults = &defaults.create_device_defaults;
        let user = self.new_user(principal, name, role, public, create, defaults).await?;
        let creator = principal.identity().map(|identity| identity.user.id);
        let user = self.insert_user(permit, user, creator).await?;
        Ok(user.view(&self.permissions.on_user(principal, &user)))
    }

    /// Creates an administrator: the first user of a new data file.
    pub(crate) async fn create_administrator(
        &self,
        name: &str,
        password: Password,
    ) -> Result<(), ApiError> {
        let create = UserCreate::new("root@localhost", password);
        let role = self.permissions.user_role("admin").ok_or_else(ApiError::forbidden)?;
        let defaults = &role.create_device_defaults;
        let nobody = Principal::default();
        let role = "admin".to_owned();
        let user = self.new_user(&nobody, name, role, false, create, defaults).await?;
        self.insert_user(authorize::operator::change(), user, None).await.map(drop)
    }

    /// Checks all that can be checked before anything is written, and hashes the password.
    async fn new_user(
        &self,
        principal: &Principal,
        name: &str,
        role: String,
        public: bool,
        create: UserCreate,
        defaults: &DeviceDefaults,
    ) -> Result<NewUser, ApiError> {
        let name = rules::name(name)?;
        if !self.permissions.allow_user_name(&name) {
            return Err(ApiError::invalid(format!("Username '{name}' not allowed")));
        }
        let Some(rules) = self.permissions.user_role(&role) else {
            return Err(ApiError::invalid(format!("The given role '{role}' does not exist")));
        };
        if !public && !rules.user_can_be_private {
            let msg = format!("Users with role '{role}' can't be private.");
            return Err(ApiError::invalid(msg));
        }
        let email = create.email.unwrap_or_default();
        rules::email(&email)?;
        let icon = create.icon.unwrap_or_default();
        rules::icon(&icon)?;
        let mut devices = vec![
            Tree::new("user", user_device(create.streams), defaults, &self.permissions, public)?,
            Tree::new("meta", meta_device(), defaults, &self.permissions, public)?,
        ];
        for (device, create) in create.devices {
            match device.as_str() {
                "user" => {
                    return Err(ApiError::invalid(
                        "user device is created by default. Set its streams in \"streams\" property",
                    ));
                }
                "meta" => return Err(ApiError::invalid("meta device is created by default")),
                name => devices.push(Tree::new(name, create, defaults, &self.permissions, public)?),
            }
        }
        for device in &devices {
            self.check_schemas(principal, device).await?;
        }
        let password = create.password.unwrap_or_else(|| "".into());
        let password = self.new_password(principal, password).await?;
        let user = User {
            id: 0,
            name: name.as_str().to_owned(),
            nickname: create.nickname.unwrap_or_default(),
            email,
            description: create.description.unwrap_or_default(),
            icon,
            role,
            public,
        };
        Ok(NewUser { user, password, devices })
    }

    /// Hashes a password that the caller may set.
    async fn new_password(
        &self,
        principal: &Principal,
        password: Password,
    ) -> Result<StoredPassword, ApiError> {
        if password.expose().is_empty() {
            return Err(ApiError::invalid("Incorrect Password"));
        }
        let user = principal.identity().map(|identity| identity.user.id);
        self.hasher.hash(user, password).await
    }

    async fn insert_user(
        &self,
        permit: ChangePermit,
        new: NewUser,
        creator: Option<i64>,
    ) -> Result<User, ApiError> {
        let NewUser { mut user, password, devices } = new;
        let mut tx = self.storage.begin(permit).await?;
        tx.insert_user(&mut user, &password).await?;
        for device in devices {
            device.insert(&mut *tx, user.id).await?;
        }
        if let Some(creator) = creator {
            audit::record(&mut *tx, [creator, user.id], "CreateUser", &user.name).await?;
        }
        tx.commit().await?;
        Ok(user)
    }

    /// Returns an error if the caller may not update anything of a user: before the body is read.
    pub(crate) async fn check_update_user(
        &self,
        principal: &Principal,
        path: &UserPath,
    ) -> Result<(), ApiError> {
        self.may_update_user(principal, path).await.map(drop)
    }

    async fn may_update_user(
        &self,
        principal: &Principal,
        path: &UserPath,
    ) -> Result<Grant, ApiError> {
        let mut db = self.storage.catalog().await?;
        let resolved = self.resolve_user(&mut *db, principal, path).await;
        let ResolvedUser { grant, .. } = resolved.map_err(ResolveError::when_changing)?;
        authorize::any_update(&grant, &FIELDS)?;
        Ok(grant)
    }

    pub(crate) async fn update_user(
        &self,
        principal: &Principal,
        path: &UserPath,
        update: Map<String, Value>,
    ) -> Result<UserInfo, ApiError> {
        let grant = self.may_update_user(principal, path).await?;
        let update = UserUpdate::from_object(update)?;
        let permit = may_write(&grant, &update)?;
        // Hashing takes long, so it is done before the lock of the writer is taken.
        let password = match update.password.clone() {
            Some(new) => Some(self.new_password(principal, new).await?),
            None => None,
        };
        let mut tx = self.storage.begin(permit).await?;
        let resolved = self.resolve_user(&mut *tx, principal, path).await;
        let ResolvedUser { mut user, grant } = resolved.map_err(ResolveError::when_changing)?;
        // It may have changed meanwhile.
        may_write(&grant, &update)?;
        self.apply(&mut user, update)?;
        tx.update_user(&user).await?;
        if let Some(password) = password {
            tx.set_password(user.id, &password).await?;
        }
        let users = audit::affected_users(principal, user.id);
        audit::record(&mut *tx, users, "UpdateUser", path).await?;
        tx.commit().await?;
        Ok(user.view(&grant))
    }

    /// Checks an update and applies it.
    fn apply(&self, user: &mut User, update: UserUpdate) -> Result<(), ApiError> {
        rules::same_name(&user.name, update.name.as_ref(), "user")?;
        if let Some(email) = &update.email {
            rules::email(email)?;
        }
        if let Some(icon) = &update.icon {
            rules::icon(icon)?;
        }
        rules::replace(&mut user.nickname, update.nickname);
        rules::replace(&mut user.email, update.email);
        rules::replace(&mut user.description, update.description);
        rules::replace(&mut user.icon, update.icon);
        rules::replace(&mut user.role, update.role);
        rules::replace(&mut user.public, update.public);
        let Some(rules) = self.permissions.user_role(&user.role) else {
            let msg = format!("The given role '{}' does not exist", user.role);
            return Err(ApiError::invalid(msg));
        };
        if !user.public && !rules.user_can_be_private {
            return Err(ApiError::invalid("User can't be private."));
        }
        Ok(())
    }

    /// Deletes a user with all its devices and streams.
    pub(crate) async fn delete_user(
        &self,
        principal: &Principal,
        path: &UserPath,
    ) -> Result<(), ApiError> {
        let mut db = self.storage.catalog().await?;
        let resolved = self.resolve_user(&mut *db, principal, path).await;
        let ResolvedUser { grant, .. } = resolved.map_err(ResolveError::when_changing)?;
        let permit = authorize::operation(&grant, Operation::DeleteUser)?;
        drop(db);
        let mut tx = self.storage.begin(permit).await?;
        let resolved = self.resolve_user(&mut *tx, principal, path).await;
        let ResolvedUser { user, grant } = resolved.map_err(ResolveError::when_changing)?;
        authorize::operation(&grant, Operation::DeleteUser)?;
        tx.delete_user(&user).await?;
        let caller = principal.identity().map(|identity| identity.user.id);
        let others = caller.filter(|id| *id != user.id);
        audit::record(&mut *tx, others, "DeleteUser", path).await?;
        Ok(tx.commit().await?)
    }
}

/// Allows an update of a user.
fn may_write(grant: &Grant, update: &UserUpdate) -> Result<ChangePermit, ApiError> {
    authorize::update(
        grant,
        &[
            (update.name.is_some(), Field::UserName, "name"),
            (update.nickname.is_some(), Field::UserNickname, "nickname"),
            (update.email.is_some(), Field::UserEmail, "email"),
            (update.description.is_some(), Field::UserDescription, "description"),
            (update.icon.is_some(), Field::UserIcon, "icon"),
            (update.role.is_some(), Field::UserRole, "role"),
            (update.public.is_some(), Field::UserPublic, "public"),
            (update.password.is_some(), Field::UserPassword, "password"),
        ],
    )
}

/// The device that a user acts as who logs in with a password.
pub(crate) fn user_device(streams: BTreeMap<String, StreamCreate>) -> DeviceCreate {
    let mut device = DeviceCreate::new()
        .role("user")
        .icon("material:person")
        .description("Holds manually inserted data for the user")
        .enabled(true)
        .public(false)
        .visible(true)
        .user_editable(true);
    device.streams = streams;
    device
}

/// The device with the user's log. It has no key, so nobody logs in as it.
pub(crate) fn meta_device() -> DeviceCreate {
    DeviceCreate::new()
        .role("")
        .apikey("")
        .icon("material:bug_report")
        .description("The meta device holds automatically generated streams")
        .enabled(true)
        .public(false)
        .visible(false)
        .user_editable(false)
}
