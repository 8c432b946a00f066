//! Proxies as offices have them: one that opens tunnels, and one of the SOCKS kind. Whatever they are asked for,
//! they lead to one port of this computer.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::server::{Request, read_request};

pub struct Proxy {
    pub port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// Answers `CONNECT` with what `judge` says: `Ok` opens the tunnel to `target`, `Err` is the status line.
    pub async fn tunnels(
        target: u16,
        judge: impl Fn(&Request) -> Result<(), &'static str> + Send + Sync + 'static,
    ) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, judge) = (requests.clone(), Arc::new(judge));
        Self::start(requests, move |mut socket| {
            let (seen, judge) = (seen.clone(), judge.clone());
            async move {
                let Some(request) = read_request(&mut socket).await else { return };
                let verdict = judge(&request);
                seen.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                match verdict {
                    Ok(()) => {
                        let mut there = TcpStream::connect(("127.0.0.1", target)).await.expect("the target listens");
                        let _ = socket.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
                        let _ = copy_bidirectional(&mut socket, &mut there).await;
                    }
                    Err(status) => {
                        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
                        let _ = socket.write_all(answer.as_bytes()).await;
                    }
                }
            }
        })
        .await
    }

    /// SOCKS 5 with this login and no other.
    pub async fn socks(target: u16, user: &'static str, password: &'static str) -> Self {
        Self::start(Arc::default(), move |mut socket| async move {
            let _ = socks(&mut socket, target, user, password).await;
        })
        .await
    }

    /// Takes connections and says nothing.
    pub async fn silent() -> Self {
        Self::start(Arc::default(), |mut socket| async move {
            let mut rest = [0; 64];
            while matches!(socket.read(&mut rest).await, Ok(1..)) {}
        })
        .await
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn start<F, T>(requests: Arc<Mutex<Vec<Request>>>, speak: F) -> Self
    where
        F: Fn(TcpStream) -> T + Send + Sync + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(speak(socket));
            }
        });
        Self { port, requests, task }
    }
}

/// RFC 1928 with RFC 1929, as far as a client that wants a login goes.
async fn socks(socket: &mut TcpStream, target: u16, user: &str, password: &str) -> std::io::Result<()> {
    let mut head = [0; 2];
    socket.read_exact(&mut head).await?;
    let mut methods = vec![0; usize::from(head[1])];
    socket.read_exact(&mut methods).await?;
    if !methods.contains(&2) {
        return socket.write_all(&[5, 0xFF]).await;
    }
    socket.write_all(&[5, 2]).await?;
    let version = socket.read_u8().await?;
    let mut given = [String::new(), String::new()];
    for text in &mut given {
        let mut bytes = vec![0; usize::from(socket.read_u8().await?)];
        socket.read_exact(&mut bytes).await?;
        *text = String::from_utf8_lossy(&bytes).into_owned();
    }
    let right = given == [user, password];
    socket.write_all(&[version, u8::from(!right)]).await?;
    if !right {
        return Ok(());
    }
    let mut request = [0; 4];
    socket.read_exact(&mut request).await?;
    let length = match request[3] {
        1 => 4,
        3 => usize::from(socket.read_u8().await?),
        _ => 16,
    };
    socket.read_exact(&mut vec![0; length + 2]).await?;
    let mut there = TcpStream::connect(("127.0.0.1", target)).await?;
    socket.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0]).await?;
    copy_bidirectional(socket, &mut there).await?;
    Ok(())
}
