//! The parts that users, devices and streams have in common.

use std::sync::{Arc, PoisonError, RwLock};

use cdb_http::{Credentials, Session};
use cdb_types::endpoint::{Create, Delete, Json, Read, Write};
use cdb_types::{DevicePath, ErrorKind, Kind};

use crate::connection::Connection;
use crate::{Device, Result, Stream, User};

/// A user, a device or a stream, as its path says; returned by [`ConnectorDb::object`].
///
/// [`ConnectorDb::object`]: crate::ConnectorDb::object
#[derive(Debug, Clone)]
pub enum Object {
    /// `user`
    User(User),
    /// `user/device`
    Device(Device),
    /// `user/device/stream`
    Stream(Stream),
}

/// The path of an object, and a cache of its properties.
#[derive(Debug)]
pub(crate) struct Handle<K: Kind> {
    pub(crate) connection: Connection,
    pub(crate) path: K::Path,
    /// The properties that the server reported last. Shared by clones, so that a change through one
    /// of them is seen by all.
    cached: Arc<RwLock<Option<K::Info>>>,
}

impl<K: Kind> Clone for Handle<K> {
    fn clone(&self) -> Self {
        Self {
            connection: self.connection.clone(),
            path: self.path.clone(),
            cached: Arc::clone(&self.cached),
        }
    }
}

impl<K: Kind> Handle<K> {
    pub(crate) fn new(connection: Connection, path: K::Path) -> Self {
        Self { connection, path, cached: Arc::default() }
    }

    pub(crate) fn with_info(connection: Connection, path: K::Path, info: K::Info) -> Self {
        Self { connection, path, cached: Arc::new(RwLock::new(Some(info))) }
    }

    pub(crate) fn session(&self) -> &Session {
        self.connection.session()
    }

    fn cache(&self, info: Option<K::Info>) {
        *self.cached.write().unwrap_or_else(PoisonError::into_inner) = info;
    }

    /// Returns the cached properties, or requests them if there are none.
    pub(crate) async fn data(&self) -> Result<K::Info> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner).clone();
        match cached {
            Some(info) => Ok(info),
            None => self.refresh().await,
        }
    }

    pub(crate) async fn refresh(&self) -> Result<K::Info> {
        let Json(info) = self.session().call(&Read::<K>(&self.path)).await?;
        self.cache(Some(info.clone()));
        Ok(info)
    }

    pub(crate) async fn exists(&self) -> Result<bool> {
        match self.refresh().await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            // Not for the 403 of a proxy, which knows nothing of objects.
            Err(error) if error.kind() == Some(ErrorKind::Denied) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn create(&self, create: &K::Create) -> Result<K::Info> {
        let Json(info) = self.session().call(&Create::<K>(&self.path, create)).await?;
        self.cache(Some(info.clone()));
        Ok(info)
    }

    /// The object's properties, once it exists: it is created if it does not. Two programs that do
    /// this at the same time both succeed.
    pub(crate) async fn ensure(&self, create: &K::Create) -> Result<K::Info> {
        match self.refresh().await {
            Err(error) if error.is_not_found() => {}
            found => return found,
        }
        match self.create(create).await {
            // Another program may have created it in between; the original server says only that
            // this one has failed.
            Err(error) if !error.is_temporary() => self.refresh().await.map_err(|_| error),
            created => created,
        }
    }

    pub(crate) async fn set(&self, update: &K::Update) -> Result<K::Info> {
        let Json(info) = self.session().call(&Write::<K>(&self.path, update)).await?;
        self.cache(Some(info.clone()));
        Ok(info)
    }

    /// Makes a change that replaces the credentials of this connection. `new` extracts the new
    /// credentials from the server's answer.
    pub(crate) async fn set_login(
        &self,
        update: &K::Update,
        new: impl FnOnce(&K::Info) -> Option<Credentials> + Send,
    ) -> Result<K::Info> {
        let call = Write::<K>(&self.path, update);
        let Json(info) = self.session().call_for_credentials(&call, |Json(info)| new(info)).await?;
        self.cache(Some(info.clone()));
        Ok(info)
    }

    pub(crate) async fn delete(&self) -> Result<()> {
        self.session().call(&Delete::<K>(&self.path)).await?;
        self.cache(None);
        Ok(())
    }
}

/// Makes a handle to the device at a path.
pub(crate) fn device(connection: &Connection, path: DevicePath) -> Device {
    Device(Handle::new(connection.clone(), path))
}

/// The methods that users, devices and streams share, on a struct around a [`Handle`].
macro_rules! object_methods {
    ($object:ident, $word:literal, $path:ty, $info:ty, $update:ty) => {
        impl $object {
            #[doc = concat!("Returns the path of the ", $word, ".")]
            #[must_use]
            pub fn path(&self) -> &$path {
                &self.0.path
            }

            #[doc = concat!("Returns the name of the ", $word, ", the last part of its path.")]
            #[must_use]
            pub fn name(&self) -> &str {
                self.0.path.name().as_str()
            }

            #[doc = concat!("Returns the properties of the ", $word, ".")]
            ///
            /// They are requested from the server once and cached until [`refresh`](Self::refresh)
            /// or a change through this handle or a clone of it.
            ///
            /// # Errors
            #[doc = concat!("Returns an error if the ", $word, " does not exist or may not be")]
            /// seen, or the server cannot be reached.
            pub async fn data(&self) -> crate::Result<$info> {
                self.0.data().await
            }

            #[doc = concat!("Requests the properties of the ", $word, " from the server again.")]
            ///
            /// # Errors
            /// Returns the same errors as [`data`](Self::data).
            pub async fn refresh(&self) -> crate::Result<$info> {
                self.0.refresh().await
            }

            #[doc = concat!("Returns `true` if the ", $word, " exists and may be seen.")]
            ///
            /// # Errors
            /// Returns an error if the server cannot be reached or the login fails.
            pub async fn exists(&self) -> crate::Result<bool> {
                self.0.exists().await
            }

            /// Changes the properties that are set in `update`, leaves all others as they are, and
            /// returns the new properties.
            ///
            /// # Errors
            /// Returns an error if the server refuses the change, in which case nothing is changed,
            /// or if the server cannot be reached.
            pub async fn set(&self, update: $update) -> crate::Result<$info> {
                self.0.set(&update).await
            }

            #[doc = concat!("Deletes the ", $word, " and everything in it. This cannot be undone.")]
            ///
            /// # Errors
            /// Returns an error if the server refuses the call or cannot be reached.
            pub async fn delete(&self) -> crate::Result<()> {
                self.0.delete().await
            }

            crate::object::setters! {
                $update;
                /// Changes the nickname, which is shown to people instead of the name.
                set_nickname: nickname(String);
                /// Changes the description.
                set_description: description(String);
                /// Changes the icon: `material:…` or `fa:…`, or an image as URL-safe base64 or a
                /// `data:` URL. An empty text removes the icon.
                set_icon: icon(String);
            }
        }
    };
}

/// Methods that change one property each.
macro_rules! setters {
    ($update:ty; $($(#[$doc:meta])* $setter:ident: $field:ident($value:ty);)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// Returns the same errors as [`set`](Self::set).
        pub async fn $setter(&self, $field: impl Into<$value>) -> crate::Result<()> {
            self.set(<$update>::new().$field($field)).await.map(drop)
        }
    )*};
}

/// Methods that return one property each.
macro_rules! getters {
    ($($(#[$doc:meta])* $field:ident: $value:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// Returns the same errors as [`data`](Self::data).
        pub async fn $field(&self) -> crate::Result<$value> {
            Ok(self.data().await?.$field)
        }
    )*};
}

pub(crate) use {getters, object_methods, setters};
