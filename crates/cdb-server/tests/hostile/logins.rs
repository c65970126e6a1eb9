//! Guesses of passwords.

use reqwest::Method;

use crate::support::{Attack, ServerProcess, over_and_over};

/// The number of attackers that guess at a time.
const GUESSING: usize = 64;

#[tokio::test]
async fn guesses_of_passwords() {
    let server = ServerProcess::start().await;
    let guess = || {
        over_and_over(GUESSING, async |attacker| {
            let user = ["test", "mallory", "nonexistent"][attacker % 3];
            let guesser = server.nobody.with_password(user, "a wrong password");
            // The server may refuse it, or the connection.
            let _ = guesser.send(Method::GET, "?q=this", "").await;
        })
    };
    Attack::on(&server).assert_bearable(guess).await;
}
