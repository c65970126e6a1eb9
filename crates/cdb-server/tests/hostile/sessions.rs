//! Logins that start session after session.

use reqwest::Method;
use reqwest::header::{COOKIE, SET_COOKIE};

use crate::support::{Attack, Caller, ServerProcess, over_and_over};

#[tokio::test]
async fn logins_of_one_device_over_and_over() {
    let server = ServerProcess::start().await;
    let login = server.admin.request(Method::GET, "login").send().await.expect("an answer");
    let cookie = login.headers()[SET_COOKIE].to_str().expect("text");
    let cookie = cookie.split(';').next().expect("a cookie").to_owned();
    let attack = || {
        over_and_over(4, async |_| {
            // The server may refuse so many.
            let _ = server.rogue.send(Method::GET, "login", "").await;
        })
    };
    Attack::on(&server).assert_bearable(attack).await;
    // The session of another is still there.
    let request = Caller::honest(server.address).request(Method::GET, "?q=this");
    let answer = request.header(COOKIE, cookie).send().await.expect("an answer");
    assert_eq!(answer.text().await.expect("a body"), "test/user");
}
