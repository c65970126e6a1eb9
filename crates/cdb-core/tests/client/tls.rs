//! Calls and subscriptions over TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use cdb_core::ConnectorDb;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::live::PATIENCE;
use crate::support::TestServer;

/// Puts TLS before a server, with a certificate that it has signed itself: gives where it is, and
/// the certificate.
async fn before(server: SocketAddr) -> (String, String) {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .expect("a key that fits");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut client = acceptor.accept(client).await?;
                let mut server = TcpStream::connect(server).await?;
                tokio::io::copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    (format!("https://localhost:{port}"), own.cert.pem())
}

#[tokio::test]
async fn a_server_with_a_certificate_of_its_own_is_trusted_when_that_is_given() {
    let server = TestServer::start().await;
    let (url, certificate) = before(server.server.address()).await;
    let builder = ConnectorDb::builder().url(url).password("me", "secret").retries(0);
    let refused = builder.clone().connect().await.expect_err("it is not trusted");
    assert!(refused.is_temporary(), "{refused:?}");
    let bad = builder.clone().root_certificate("no certificate").connect().await;
    assert!(bad.is_err());

    let cdb = builder.root_certificate(certificate).connect().await.expect("a connection");
    let stream = server.stream_of(0..0).await;
    let seen = cdb.stream("numbers").expect("a name");
    let mut subscription = seen.subscribe().await.expect("a subscription");
    stream.insert(1).await.expect("stored");
    let batch = timeout(PATIENCE, subscription.next()).await.expect("something comes");
    assert_eq!(batch.expect("not the end").expect("a batch")[0].d, 1);
}
