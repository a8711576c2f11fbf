//! placeholder until lanes call target::tls directly
use crate::lanes::TlsSource;
use crate::target::{Endpoint, Ssl, client_config, explain_tls, server_name};
pub struct TargetTls;
impl TlsSource for TargetTls {
    fn client_config(&self, ssl: &Ssl) -> Result<std::sync::Arc<rustls::ClientConfig>, String> {
        client_config(ssl).map_err(|e| e.to_string())
    }
    fn server_name(&self, endpoint: &Endpoint) -> rustls::pki_types::ServerName<'static> {
        server_name(endpoint)
    }
    fn explain(&self, error: &rustls::Error) -> String {
        explain_tls(error)
    }
}
