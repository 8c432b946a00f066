//! Another program that has something on the clipboard.

use std::fs;

use tempfile::NamedTempFile;

use crate::flowdeck::root;
use crate::page::wait_for;
use crate::processes::Helper;

/// It has it until this is dropped.
pub struct Copied {
    _source: Helper,
    /// What it says.
    log: NamedTempFile,
}

impl Copied {
    pub async fn by(arguments: &[&str]) -> Self {
        let log = NamedTempFile::new().expect("a scratch file");
        let script = root().join("tests/e2e/clipboard_source.py");
        let source = Helper::start("/usr/bin/python3", |command| {
            command.arg(script).args(arguments).stdout(log.reopen().expect("the same scratch file"));
        });
        let copied = Self { _source: source, log };
        wait_for("something to be copied", async || (copied.says("ready") > 0).then_some(())).await;
        copied
    }

    /// How often somebody has got it.
    pub fn given(&self) -> usize {
        self.says("given")
    }

    fn says(&self, word: &str) -> usize {
        fs::read_to_string(self.log.path()).map_or(0, |text| text.lines().filter(|line| *line == word).count())
    }
}
