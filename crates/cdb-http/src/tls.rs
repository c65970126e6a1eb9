//! The configuration of TLS.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls_platform_verifier::Verifier;

/// Trusts what the system trusts, and some more root certificates.
///
/// # Errors
/// Returns an error if a root certificate is not valid, or if there are none at all.
pub(crate) fn config(roots: Vec<CertificateDer<'static>>) -> Result<ClientConfig, rustls::Error> {
    // Named, since rustls panics when it must choose and the program has enabled two providers.
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        // This is how a verifier of one's own is set. It is the one that reqwest sets as well.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

/// Trusts nobody: for servers without TLS, on systems without root certificates.
pub(crate) fn trusting_nobody() -> Result<ClientConfig, rustls::Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Ok(config)
}
