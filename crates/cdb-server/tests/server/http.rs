//! The HTTP client of tests that write their own requests.

use reqwest::{Client, ClientBuilder};
use tokio_rustls::rustls::crypto::ring;

pub(crate) fn client() -> Client {
    client_builder().build().expect("a client")
}

pub(crate) fn client_builder() -> ClientBuilder {
    // reqwest needs a provider of cryptography even if TLS is not used. Setting it fails if it was set
    // before.
    let _ = ring::default_provider().install_default();
    Client::builder()
}
