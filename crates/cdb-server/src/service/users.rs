//! Users.

use cdb_types::{
    DeviceCreate, ErrorKind, Password, StreamCreate, Update, UserCreate, UserInfo, UserPath,
    UserUpdate,
};
use serde_json::{Map, Value};

use super::devices::Tree;
use super::resolve::ResolvedUser;
use super::{Service, audit, rules};
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::permissions::{DeviceDefaults, Field, Operation, Relation};
use crate::storage::sqlite::{StoredPassword, UserRow};

/// A user that is ready to be made.
struct NewUser {
    row: UserRow,
    password: StoredPassword,
    /// Its devices, `user` and `meta` among them, with their streams.
    devices: Vec<Tree>,
}

impl Service {
    /// The users that the principal may see, oldest first.
    pub(crate) async fn list_users(
        &self,
        principal: &Principal,
    ) -> Result<Vec<UserInfo>, ApiError> {
        if !self.permissions.grant(principal, Relation::Private).allows(Operation::ListUsers) {
            let msg = "You do not have permissions necessary to list users.";
            return Err(ApiError::new(404, ErrorKind::Denied, msg));
        }
        let users = UserRow::all(self.store.readers()).await?;
        let seen = users.iter().filter_map(|user| {
            let grant = self.permissions.on_user(principal, user);
            grant.reads(Field::CanAccessUser).then(|| user.view(&grant))
        });
        Ok(seen.collect())
    }

    pub(crate) async fn read_user(
        &self,
        principal: &Principal,
        path: &UserPath,
    ) -> Result<UserInfo, ApiError> {
        let mut db = self.store.readers().acquire().await?;
        let seen = self.resolve_user(&mut db, principal, path).await;
        let ResolvedUser { user, grant } = seen.map_err(|error| error.when_reading())?;
        Ok(user.view(&grant))
    }

    /// Makes a user with all its devices and streams, or nothing.
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
        if !grant.allows(Operation::CreateUser) {
            let msg = "You do not have permissions necessary to create a user.";
            return Err(ApiError::denied(msg));
        }
        let own_role = principal.identity().map(|identity| identity.user.role.as_str());
        if own_role != Some(role.as_str()) && !grant.writes(Field::UserRole) {
            let msg = "Don't have permission to create user with different role than creator";
            return Err(ApiError::denied(msg));
        }
        let user =
            self.new_user(name, role, public, create, &defaults.create_device_defaults).await?;
        let creator = principal.identity().map(|identity| identity.user.id);
        let row = self.insert_user(user, creator).await?;
        Ok(row.view(&self.permissions.on_user(principal, &row)))
    }

    /// Makes an administrator, whom nobody asks for: the first user of a new data file.
    pub(crate) async fn create_administrator(
        &self,
        name: &str,
        password: Password,
    ) -> Result<(), ApiError> {
        let create = UserCreate::new("root@localhost", password);
        let role = self.permissions.user_role("admin").ok_or_else(ApiError::forbidden)?;
        let defaults = &role.create_device_defaults;
        let user = self.new_user(name, "admin".to_owned(), false, create, defaults).await?;
        self.insert_user(user, None).await.map(drop)
    }

    /// Checks all that can be checked before anything is written.
    async fn new_user(
        &self,
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
        let password = self.new_password(create.password.unwrap_or_else(|| "".into())).await?;
        let row = UserRow {
            id: 0,
            name: name.as_str().to_owned(),
            nickname: create.nickname.unwrap_or_default(),
            email,
            description: create.description.unwrap_or_default(),
            icon,
            role,
            public,
        };
        Ok(NewUser { row, password, devices })
    }

    async fn new_password(&self, password: Password) -> Result<StoredPassword, ApiError> {
        if password.expose().is_empty() {
            return Err(ApiError::invalid("Incorrect Password"));
        }
        self.hasher.hash(password).await
    }

    async fn insert_user(&self, new: NewUser, creator: Option<i64>) -> Result<UserRow, ApiError> {
        let NewUser { mut row, password, devices } = new;
        let mut tx = self.store.begin().await?;
        row.insert(&mut tx, &password).await.map_err(taken)?;
        for device in devices {
            device.insert(&mut tx, row.id).await?;
        }
        if let Some(creator) = creator {
            audit::record(&mut tx, [creator, row.id], "CreateUser", &row.name).await?;
        }
        tx.commit().await?;
        Ok(row)
    }

    pub(crate) async fn update_user(
        &self,
        principal: &Principal,
        path: &UserPath,
        update: Map<String, Value>,
    ) -> Result<UserInfo, ApiError> {
        // Hashing takes long: not while everyone waits for the writer.
        let password = match (principal.identity(), update.get("password")) {
            (Some(_), Some(Value::String(new))) => {
                Some(self.new_password(new.as_str().into()).await?)
            }
            _ => None,
        };
        let mut tx = self.store.begin().await?;
        let seen = self.resolve_user(&mut tx, principal, path).await;
        let ResolvedUser { mut user, grant } = seen.map_err(|error| error.when_changing())?;
        let update = UserUpdate::from_object(update)?;
        rules::may_write(
            &grant,
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
        )?;
        self.apply(&mut user, update)?;
        user.update(&mut tx).await.map_err(taken)?;
        if let Some(password) = password {
            password.set(&mut tx, user.id).await?;
        }
        audit::record(&mut tx, audit::affected_users(principal, user.id), "UpdateUser", path)
            .await?;
        tx.commit().await?;
        Ok(user.view(&grant))
    }

    /// Checks an update and makes it.
    fn apply(&self, user: &mut UserRow, update: UserUpdate) -> Result<(), ApiError> {
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
        let mut tx = self.store.begin().await?;
        let seen = self.resolve_user(&mut tx, principal, path).await;
        let ResolvedUser { user, grant } = seen.map_err(|error| error.when_changing())?;
        if !grant.allows(Operation::DeleteUser) {
            let msg = "You do not have permissions necessary to delete this user.";
            return Err(ApiError::denied(msg));
        }
        user.delete(&mut tx).await?;
        let others =
            principal.identity().map(|identity| identity.user.id).filter(|id| *id != user.id);
        audit::record(&mut tx, others, "DeleteUser", path).await?;
        Ok(tx.commit().await?)
    }
}

/// The refusal of a name or an address that another user has.
pub(crate) fn taken(error: sqlx::Error) -> ApiError {
    match error.as_database_error() {
        Some(database) if database.is_unique_violation() => {
            ApiError::exists("User with this email or username already exists")
        }
        _ => error.into(),
    }
}

/// The device that acts for a user who logs in with the password.
pub(crate) fn user_device(
    streams: std::collections::BTreeMap<String, StreamCreate>,
) -> DeviceCreate {
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

/// The device that holds the user's log. It has no key: nobody logs in as it.
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
