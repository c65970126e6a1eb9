//! Scripts that are expensive to compile, that take long, or that need much memory.

use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Attack, Caller, ServerProcess, Socket, over_and_over};

/// Makes an object of all words so far, for each word: the work is quadratic.
const LONG: &str = "imap($, count) | if last";

/// Keeps an entry for each word, which is about the memory that one script may hold for [`MANY`] words.
const LARGE: &str = "map($, count)";
const MANY: i32 = 5_000;

/// Keeps a dozen maps for each word.
const TOO_LARGE: &str = "map($, map($, map($, map($, map($, map($, map($, map($, map($, map($, \
                         map($, map($, count))))))))))))";

/// The number of words in the stream of the attacker.
const WORDS: u32 = 15_000;

/// A script whose regular expressions are about as large as they may be.
fn costly_to_compile() -> String {
    let expressions: Vec<_> = (0..40).map(|i| format!("regex('[^{i}]{{30}}')")).collect();
    expressions.join(" or ")
}

/// Datapoints with different words, 0.8 MB of them.
fn words() -> String {
    let words = (1..=WORDS).map(|i| json!({"t": i, "d": format!("a word with the number {i:07}")}));
    Value::from_iter(words).to_string()
}

/// Gives the attacker a stream of words.
pub(crate) async fn insert_words(server: &ServerProcess) {
    let owner = &server.rogue;
    owner.create("mallory/rogue/words", json!({})).await;
    owner.insert("mallory/rogue/words", words()).await;
}

/// Reads the words with scripts that take long or need much memory.
pub(crate) async fn read_words(server: &ServerProcess) {
    over_and_over(8, async |attacker| {
        let query = [("i1", "0"), ("transform", [LONG, TOO_LARGE][attacker % 2])];
        let request = server.rogue.request(Method::GET, "crud/mallory/rogue/words/data");
        let _ = request.query(&query).send().await;
    })
    .await;
}

/// Sends a query in a body, whatever the answer.
async fn query(caller: &Caller, path: &str, body: &Value) {
    // The server may refuse it, or the connection.
    let _ = caller.send(Method::POST, path, body.to_string()).await;
}

/// A merge of ten streams with a transform: all of each, or its end.
fn merge(stream: &str, transform: &str) -> Value {
    Value::from_iter((0..10).map(|i| {
        let first = [0, -MANY][i % 2];
        json!({"stream": stream, "i1": first, "i2": 0, "transform": transform})
    }))
}

#[tokio::test]
async fn scripts_of_callers_without_rights_are_not_compiled() {
    let server = ServerProcess::start().await;
    let (stream, script) = ("test/meter/temperature", costly_to_compile());
    let merge = merge(stream, &script);
    let columns = (0..20).map(|i| {
        let column = json!({"stream": stream, "transform": script, "interpolator": "closest"});
        (format!("column{i}"), column)
    });
    let dataset = json!({"stream": stream, "dataset": Value::from_iter(columns)});
    let attack = || {
        over_and_over(3, async |attacker| match attacker {
            0 => query(&server.nobody, "query/merge", &merge).await,
            1 => query(&server.nobody, "query/dataset", &dataset).await,
            _ => {
                let path = format!("crud/{stream}/data");
                let read = server.nobody.request(Method::GET, &path);
                let _ = read.query(&[("i1", "0"), ("transform", &script)]).send().await;
            }
        })
    };
    Attack::on(&server).assert_bearable(attack).await;
}

#[tokio::test]
async fn scripts_that_are_costly_to_compile() {
    let server = ServerProcess::start().await;
    insert_words(&server).await;
    let body = merge("mallory/rogue/words", &costly_to_compile());
    let attack = || over_and_over(2, async |_| query(&server.rogue, "query/merge", &body).await);
    Attack::on(&server).assert_bearable(attack).await;
}

#[tokio::test]
async fn reads_with_long_and_large_scripts() {
    let server = ServerProcess::start().await;
    insert_words(&server).await;
    Attack::on(&server).assert_bearable(|| read_words(&server)).await;
}

#[tokio::test]
async fn merges_with_long_and_large_scripts() {
    let server = ServerProcess::start().await;
    insert_words(&server).await;
    let bodies = [LONG, LARGE].map(|script| merge("mallory/rogue/words", script));
    let attack = || {
        over_and_over(4, async |attacker| {
            query(&server.rogue, "query/merge", &bodies[attacker % 2]).await;
        })
    };
    Attack::on(&server).assert_bearable(attack).await;
}

#[tokio::test]
async fn datasets_with_large_scripts() {
    let server = ServerProcess::start().await;
    insert_words(&server).await;
    let stream = "mallory/rogue/words";
    let sources = (0..10).map(|_| json!({"stream": stream, "i1": -MANY, "transform": LARGE}));
    let column = json!({"merge": Value::from_iter(sources), "interpolator": "closest"});
    let columns = Value::from_iter((0..20).map(|i| (format!("column{i}"), column.clone())));
    let body = json!({"stream": stream, "dataset": columns, "posttransform": TOO_LARGE});
    let attack = || over_and_over(2, async |_| query(&server.rogue, "query/dataset", &body).await);
    Attack::on(&server).long().assert_bearable(attack).await;
}

#[tokio::test]
async fn subscriptions_with_long_and_large_scripts() {
    let server = ServerProcess::start().await;
    server.rogue.create("mallory/rogue/words", json!({})).await;
    let words = words();
    let attack = async || {
        let Ok(mut socket) = Socket::open(&server.rogue).await else { return };
        for script in [LONG, TOO_LARGE] {
            if socket.subscribe("mallory/rogue/words", script).await.is_err() {
                return;
            }
        }
        let inserts = over_and_over(1, async |_| {
            let path = "crud/mallory/rogue/words/data";
            let _ = server.rogue.send(Method::PUT, path, words.clone()).await;
        });
        let reads = async { while socket.message().await.is_ok() {} };
        join(inserts, reads).await;
    };
    Attack::on(&server).assert_bearable(attack).await;
}
