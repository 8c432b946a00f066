//! The border to the page: commands, the one channel, and errors in the page's words.

pub mod commands;
pub mod desktop;
pub mod error;
pub mod find;
pub mod hub;
pub mod keeping;
pub mod kept;
pub mod logs;
pub mod offline;
pub mod page;
pub mod past;
pub mod preview;
pub mod questions;
pub mod sent;
pub mod speech;
pub mod ways;
