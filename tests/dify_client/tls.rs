//! TLS servers of an office: their certificates are signed by an authority that no system knows.

use std::sync::Arc;

use h2::server::SendResponse;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, rustls};

use crate::server::{Reply, Request, serve};

/// The office's authority.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

pub const AUTHORITY: &str = "Northwind Office CA";

impl Authority {
    pub fn new() -> Self {
        Self::until(2096)
    }

    /// Valid until that year begins.
    pub fn until(year: i32) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, AUTHORITY);
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().expect("a key pair");
        Self { issuer: CertifiedIssuer::self_signed(params, key).expect("a certificate") }
    }

    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    pub fn der(&self) -> Vec<u8> {
        self.issuer.der().to_vec()
    }

    pub fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// A server that signed its own certificate, and says of itself that it is an authority, as such commonly do.
    pub fn of_itself(names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key pair");
        Self { issuer: CertifiedIssuer::self_signed(params, key).expect("a certificate") }
    }

    /// What a server of these names needs, speaking these protocols.
    fn acceptor(&self, names: &[&str], protocols: &[&[u8]]) -> TlsAcceptor {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().expect("a key pair");
        let params = CertificateParams::new(names).expect("names");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        accepting(certificate.der().clone(), &key, protocols)
    }
}

fn accepting(
    certificate: rustls::pki_types::CertificateDer<'static>,
    key: &KeyPair,
    protocols: &[&[u8]],
) -> TlsAcceptor {
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let mut config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a sound certificate");
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

pub struct TlsServer {
    pub port: u16,
    task: JoinHandle<()>,
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TlsServer {
    /// HTTP/1.1 under the names `localhost` and `dify.test`.
    pub async fn http1(authority: &Authority, reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let reply = Arc::new(reply);
        let acceptor = authority.acceptor(&["localhost", "dify.test"], &[b"http/1.1"]);
        Self::start(acceptor, move |socket| {
            let reply = reply.clone();
            async move { serve(socket, &*reply, &std::sync::Mutex::default()).await }
        })
        .await
    }

    /// HTTP/1.1 by a server that shows the authority's own certificate.
    pub async fn showing(authority: &Authority, reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let reply = Arc::new(reply);
        let acceptor = accepting(authority.issuer.der().clone(), authority.issuer.key(), &[b"http/1.1"]);
        Self::start(acceptor, move |socket| {
            let reply = reply.clone();
            async move { serve(socket, &*reply, &std::sync::Mutex::default()).await }
        })
        .await
    }

    /// HTTP/2 and nothing else; each answer is 200 with this type and body.
    pub async fn http2(
        authority: &Authority,
        answer: impl Fn(&str) -> (&'static str, &'static str) + Send + Sync + 'static,
    ) -> Self {
        let answer = Arc::new(answer);
        let acceptor = authority.acceptor(&["localhost", "dify.test"], &[b"h2"]);
        Self::start(acceptor, move |socket| {
            let answer = answer.clone();
            async move {
                let Ok(mut connection) = h2::server::handshake(socket).await else { return };
                while let Some(Ok((request, stream))) = connection.accept().await {
                    let (kind, body) = answer(request.uri().path());
                    respond(stream, kind, body);
                }
            }
        })
        .await
    }

    async fn start<F, T>(acceptor: TlsAcceptor, speak: F) -> Self
    where
        F: Fn(tokio_rustls::server::TlsStream<TcpStream>) -> T + Send + Sync + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();
        let speak = Arc::new(speak);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, speak) = (acceptor.clone(), speak.clone());
                tokio::spawn(async move {
                    if let Ok(socket) = acceptor.accept(socket).await {
                        speak(socket).await;
                    }
                });
            }
        });
        Self { port, task }
    }
}

fn respond(mut stream: SendResponse<tokio_util::bytes::Bytes>, kind: &str, body: &'static str) {
    let head = axum::http::Response::builder().header("content-type", kind).body(()).expect("a head");
    let mut sending = stream.send_response(head, false).expect("the head goes out");
    sending.send_data(body.into(), true).expect("the body goes out");
}
