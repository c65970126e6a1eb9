//! The configuration of TLS.

use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::TlsError;

/// Reads a chain of certificates, the server's own first, and its key, both in PEM.
pub(crate) fn acceptor(certificates: &[u8], key: &[u8]) -> Result<TlsAcceptor, TlsError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
    let certificates = certificates.map_err(TlsError::Certificates)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(TlsError::Key)?;
    // Named, since rustls panics when it must choose and the program has enabled two providers.
    let provider = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::crypto::CryptoProvider;

    use crate::error::TlsError;

    use super::*;

    #[test]
    fn the_provider_of_the_process_is_not_used() {
        let useless = CryptoProvider { cipher_suites: Vec::new(), ..ring::default_provider() };
        useless.install_default().expect("no other test sets a provider");
        let certificate = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let key = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        // The certificate is refused; the default provider would have caused a panic before.
        assert!(matches!(acceptor(certificate, key), Err(TlsError::Unusable(_))));
    }
}
