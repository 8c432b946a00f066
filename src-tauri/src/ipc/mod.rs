//! The border to the page: commands, the one channel, and errors in the page's words.

pub mod commands;
pub mod desktop;
pub mod error;
pub mod hub;
pub mod kept;
pub mod out;
pub mod page;
pub mod preview;
pub mod questions;
pub mod sent;
pub mod speech;
pub mod ways;
