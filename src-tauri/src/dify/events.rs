//! Bytes of a run's stream to events, without any I/O: what `RunStream` reads with, and what can be measured and
//! tested without a server.

use super::{
    sse::{LARGEST_FRAME, Parser, TooLarge},
    stream::Decoder,
};
use crate::model::stream::StreamItem;

/// The incremental reader: push what arrives, then take events until there is none.
///
/// It looks at every byte once, and holds the open frame, what was last pushed, and little more.
#[derive(Debug)]
pub struct Events {
    parser: Parser,
    decoder: Decoder,
}

impl Default for Events {
    fn default() -> Self {
        Self::with_limit(LARGEST_FRAME)
    }
}

impl Events {
    /// `limit` is the bytes of one frame.
    pub fn with_limit(limit: usize) -> Self {
        Self { parser: Parser::with_limit(limit), decoder: Decoder::default() }
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.parser.push(bytes);
    }

    /// Nothing more comes: a last frame without its blank line counts.
    pub fn end(&mut self) {
        self.parser.end();
    }

    /// The next event; `None` until more bytes are pushed. After an error nothing can be read any more.
    #[expect(clippy::should_implement_trait, reason = "`None` is not the end: more may be pushed")]
    pub fn next(&mut self) -> Result<Option<StreamItem>, TooLarge> {
        while let Some(frame) = self.parser.next()? {
            if let Some(item) = self.decoder.decode(&frame) {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    /// The last `id:` line, which servers to come want back when a stream is resumed.
    pub fn last_id(&self) -> Option<&str> {
        self.parser.last_id()
    }
}
