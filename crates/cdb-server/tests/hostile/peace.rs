//! What is no attack.

use crate::support::{Attack, ServerProcess, over_and_over};

#[tokio::test]
async fn requests_of_several_clients_are_no_attack() {
    let server = ServerProcess::start().await;
    let requests = || {
        over_and_over(4, async |_| {
            assert_eq!(server.rogue.get("?q=this").await.text, "mallory/rogue");
        })
    };
    Attack::on(&server).assert_bearable(requests).await;
}
