//! Several attacks at a time.

use futures_util::future::join5;

use crate::support::{Attack, ServerProcess};
use crate::{bodies, changes, frames, schemas, scripts};

#[tokio::test]
async fn several_attacks_at_a_time() {
    let server = ServerProcess::start().await;
    scripts::insert_words(&server).await;
    let attack = async || {
        join5(
            bodies::slow_bodies(&server.nobody, &["query/dataset"]),
            changes::change_without_rights(&server),
            frames::flood_with_pings(&server),
            schemas::insert_slow_values(&server),
            scripts::read_words(&server),
        )
        .await;
    };
    Attack::on(&server).assert_bearable(attack).await;
}
