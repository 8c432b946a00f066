//! Flowdeck measured beside its peers and beside a floor: the least that any program could do for the same result.
//!
//! The program's own sources are compiled in rather than linked: the library brings the window, the store and the
//! keychain with it, which take minutes to build and are not measured. One group of measurements per module.

#[path = "../../src-tauri/src/dify/mod.rs"]
pub mod dify;
#[path = "../../src-tauri/src/files/gauge.rs"]
pub mod gauge;
#[path = "../../src-tauri/src/model/mod.rs"]
pub mod model;
#[path = "../../src-tauri/src/store/mod.rs"]
pub mod store;

pub mod corpus;
pub mod decode;
pub mod drain;
pub mod floor;
pub mod history;
pub mod measure;
pub mod node;
pub mod page;
pub mod peers;
pub mod upload;
