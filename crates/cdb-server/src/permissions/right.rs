//! The operations and fields that permissions are about, and sets of them.

use std::marker::PhantomData;
use std::ops::BitAnd;

use serde::{Deserialize, Deserializer};

/// An operation on a user, a device or a stream as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    CreateUser,
    CreateDevice,
    CreateStream,
    DeleteUser,
    DeleteDevice,
    DeleteStream,
    ListUsers,
    ListDevices,
    ListStreams,
}

/// A property of an object that is read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Field {
    CanAccessUser,
    CanAccessDevice,
    CanAccessStream,
    CanAccessStreamData,
    CanAccessStreamDownlink,
    UserName,
    UserNickname,
    UserEmail,
    UserDescription,
    UserIcon,
    UserRole,
    UserPublic,
    UserPassword,
    DeviceName,
    DeviceNickname,
    DeviceDescription,
    DeviceIcon,
    DeviceApikey,
    DeviceEnabled,
    DevicePublic,
    DeviceRole,
    DeviceVisible,
    DeviceUserEditable,
    StreamName,
    StreamNickname,
    StreamDescription,
    StreamIcon,
    StreamSchema,
    StreamDatatype,
    StreamEphemeral,
    StreamDownlink,
}

impl From<Operation> for u32 {
    fn from(operation: Operation) -> Self {
        operation as Self
    }
}

impl From<Field> for u32 {
    fn from(field: Field) -> Self {
        field as Self
    }
}

/// A set of operations or fields, of which there are at most 64.
pub(super) struct Set<T> {
    bits: u64,
    of: PhantomData<T>,
}

impl<T> Set<T> {
    pub(super) const EMPTY: Self = Self { bits: 0, of: PhantomData };
}

impl<T: Into<u32>> Set<T> {
    pub(super) fn contains(self, thing: T) -> bool {
        self.bits & (1 << thing.into()) != 0
    }
}

impl<T: Into<u32>> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(things: I) -> Self {
        let bits = things.into_iter().fold(0, |bits, thing| bits | (1 << thing.into()));
        Self { bits, of: PhantomData }
    }
}

impl<T> BitAnd for Set<T> {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self { bits: self.bits & other.bits, of: PhantomData }
    }
}

impl<T> Clone for Set<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Set<T> {}

impl<T> std::fmt::Debug for Set<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:b}", self.bits)
    }
}

impl<'de, T: Into<u32> + Deserialize<'de>> Deserialize<'de> for Set<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<T>::deserialize(deserializer).map(Self::from_iter)
    }
}
