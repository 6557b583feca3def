//! TLS, for all that connect.

/// Makes sure that clients find what they encrypt with.
pub fn ready() {
    // A second call finds it installed, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
