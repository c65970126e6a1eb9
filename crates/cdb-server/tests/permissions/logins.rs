//! The ways in which a caller shows who it is. What it may do does not depend on them.

use reqwest::Method;
use reqwest::header::SET_COOKIE;

use crate::expected::Expected;
use crate::run::{Login, Request, Run};
use crate::support::Answer;
use crate::view::Caller;
use crate::world::World;
use crate::{devices, users, whole_server, writing};

/// The logins of a device, except by its key. Only the device `user` logs in by a password.
pub(crate) async fn of(world: &World, caller: Caller<'_>) -> Vec<Login> {
    let Some((user, device)) = caller else { return Vec::new() };
    let mut logins = vec![
        Login::KeyInUrl(device.key().to_owned()),
        Login::Cookie(cookie(world, device.key()).await),
    ];
    if device.name == "user" {
        logins.push(Login::Password(user.name.clone(), user.name.clone()));
    }
    logins
}

/// The cookie of a new session.
async fn cookie(world: &World, key: &str) -> String {
    let request = world.server.request(Method::GET, "login").basic_auth("", Some(key));
    let response = request.send().await.expect("an answer");
    let cookie = response.headers().get(SET_COOKIE).cloned();
    let answer = Answer::of(response).await;
    let cookie = cookie.unwrap_or_else(|| panic!("no cookie: {answer:?}"));
    cookie.to_str().expect("a text").split(';').next().expect("a cookie").to_owned()
}

/// Requests in which each relation to the caller occurs.
pub(crate) async fn check(run: &mut Run<'_>) {
    let Some((user, device)) = run.view.caller else { return };
    whole_server::read(run).await;
    for name in [user.name.as_str(), "open"] {
        users::read(run, name).await;
    }
    devices::read(run, [&user.name, &device.name]).await;
    for device in [device.name.as_str(), "shut"] {
        writing::check(run, None, [&user.name, device, "asked"]).await;
    }
}

/// A login with the e-mail address is the same as one with the name.
pub(crate) async fn check_address(run: &mut Run<'_>) {
    let Some((user, device)) = run.view.caller else { return };
    if device.name == "user" {
        let address = user.fields["email"].as_str().expect("a text");
        run.login = Login::Password(address.to_owned(), user.name.clone());
        let expected = Expected::Text(format!("{}/user", user.name));
        run.check("server", "this", &Request::get("?q=this"), &expected).await;
    }
}
