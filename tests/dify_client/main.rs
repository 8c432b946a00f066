//! The real client against real sockets: recorded answers of a Dify 1.12.1 server, and servers that misbehave.

mod abilities;
mod connect;
mod details;
mod files;
mod human_input;
mod logs;
mod network;
mod pictures;
mod proxy;
mod recording;
mod recordings;
mod refusals;
mod server;
mod speech;
mod streams;
mod tls;
mod ways_to_run;

use std::time::Duration;

use flowdeck::dify::{Client, Connection, Key, Limits};

/// The key every test sends; no answer may ever get hold of it elsewhere.
pub const KEY: &str = "app-test-key";
pub const USER: &str = "desk-1";

/// A client of `server` that loses patience quickly.
pub fn client_of(server: &server::Server) -> Client {
    client_with(server, Limits { idle: Duration::from_secs(10), ..Limits::default() })
}

pub fn client_with(server: &server::Server, limits: Limits) -> Client {
    let connection =
        Connection { base_url: server.url("/v1"), key: Key::new(KEY).expect("a sound key"), user: USER.to_owned() };
    Client::with_limits(connection, limits).expect("a sound connection")
}
