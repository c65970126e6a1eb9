//! Calls and subscriptions over TLS.

use cdb_core::{ConnectorDb, StreamCreate};
use cdb_server::Server;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::live::TIMEOUT;

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_if_it_is_given() {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let own = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let certificate = own.cert.pem();
    let directory = tempfile::tempdir().expect("a directory");
    let builder = Server::builder()
        .data(directory.path().join("data.db"))
        .listen("127.0.0.1:0")
        .admin("test", "test")
        .tls(&*certificate, own.signing_key.serialize_pem());
    assert!(!format!("{builder:?}").contains("PRIVATE"));
    let server = builder.start().await.expect("the server starts");
    assert!(server.url().starts_with("https://127.0.0.1:"));
    // A client that does not start the handshake must not block others.
    let _silent = TcpStream::connect(server.address()).await.expect("a connection");

    let builder = ConnectorDb::builder().url(server.url()).password("test", "test").retries(0);
    let refused = builder.clone().connect().await.expect_err("the certificate is not trusted");
    assert!(refused.is_temporary(), "{refused:?}");
    let damaged = certificate.replace('M', "N");
    for pem in ["no certificate", &damaged] {
        let refused = builder.clone().root_certificate(pem).connect().await.expect_err("no PEM");
        assert!(refused.is_invalid() && !refused.is_temporary(), "{refused:?}");
        assert!(refused.to_string().starts_with("TLS cannot be set up: "), "{refused}");
    }

    let cdb = builder.root_certificate(certificate).connect().await.expect("a connection");
    let stream = cdb.stream("numbers").expect("a name");
    stream.create(StreamCreate::new()).await.expect("a stream");
    let mut subscription = stream.subscribe().await.expect("a subscription");
    stream.insert(1).await.expect("stored");
    let batch = timeout(TIMEOUT, subscription.next()).await.expect("a batch");
    assert_eq!(batch.expect("not the end").expect("a batch")[0].d, 1);
    drop(subscription);
    server.shutdown().await;
}

#[tokio::test]
async fn a_bad_certificate_is_refused_before_files_are_created() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data.db");
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let other =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = other.signing_key.serialize_pem();
    for certificate in ["no certificate", &own.cert.pem()] {
        let builder = Server::builder().data(&data).listen("127.0.0.1:0").admin("test", "test");
        let refused =
            builder.tls(certificate, &*key).start().await.expect_err("the key does not fit");
        assert!(matches!(refused, cdb_server::StartError::Tls(_)), "{refused:?}");
        assert!(!data.exists());
    }
}
