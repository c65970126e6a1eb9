//! Who calls, and which objects each caller is tested with.

use crate::view::Caller;
use crate::world::{MISSING, World};

/// The users, one of each role, whose devices call.
const CALLING_USERS: [&str; 3] = ["ordinary", "chief", "inert"];

/// Devices that are no callers: `meta` cannot log in, and `shut` has the role of another device.
const PASSIVE_DEVICES: [&str; 2] = ["meta", "shut"];

/// Devices with which callers are tested, beside themselves.
const TARGET_DEVICES: [&str; 5] = ["user", "meta", "shut", "shown", MISSING];

/// A caller without credentials, and the devices of a user of each role.
pub(crate) fn callers(world: &World) -> Vec<Caller<'_>> {
    let users = CALLING_USERS.iter().filter_map(|name| world.user(name));
    let devices = users.flat_map(|user| user.devices.iter().map(move |device| (user, device)));
    let calling = devices.filter(|(_, device)| !PASSIVE_DEVICES.contains(&device.name.as_str()));
    [None].into_iter().chain(calling.map(Some)).collect()
}

/// The caller's own user, a public one, a private one, and one that does not exist.
pub(crate) fn users(caller: Caller<'_>) -> Vec<&str> {
    let own = caller.map(|(user, _)| user.name.as_str());
    own.into_iter().chain(["open", "closed", MISSING]).collect()
}

/// Devices of these users: the caller itself, built-in, private and public ones, and some that do
/// not exist.
pub(crate) fn devices<'a>(caller: Caller<'a>) -> Vec<[&'a str; 2]> {
    let own = caller.map(|(user, device)| [user.name.as_str(), device.name.as_str()]);
    let mut devices: Vec<_> = own.into_iter().collect();
    for user in users(caller) {
        match user {
            MISSING => devices.push([MISSING, MISSING]),
            user => devices.extend(TARGET_DEVICES.map(|device| [user, device])),
        }
    }
    devices.sort_unstable();
    devices.dedup();
    devices
}

/// All streams of these devices, and one that does not exist.
pub(crate) fn streams<'a>(world: &'a World, caller: Caller<'a>) -> Vec<[&'a str; 3]> {
    let of = |[user, device]: [&'a str; 2]| {
        let existing = world.user(user).and_then(|user| user.device(device));
        let existing = existing.into_iter().flat_map(|device| &device.streams);
        let names = existing.map(|stream| stream.name.as_str()).chain([MISSING]);
        names.map(move |stream| [user, device, stream]).collect::<Vec<_>>()
    };
    devices(caller).into_iter().flat_map(of).collect()
}
