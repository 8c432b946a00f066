//! Bytes of a `text/event-stream` answer to frames, whatever way the network cut them.
//!
//! The standard (HTML Living Standard, "Server-sent events") with two differences: a frame without data
//! but with an event name is reported, because that is how Dify sends its pings; and a last frame
//! without its blank line counts, because proxies cut there.

use std::ops::Range;

use memchr::{memchr, memchr2};

/// The largest frame that is kept. The largest one measured had 1.9 MB; outputs are limited to far less than this.
pub const LARGEST_FRAME: usize = 64 * 1024 * 1024;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// One frame, as long as the parser is not asked for the next.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The `event:` field; empty if there was none.
    pub event: &'a str,
    /// The `data:` lines, joined by line feeds.
    pub data: &'a [u8],
}

/// A frame passed the limit; the stream cannot be followed any more.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLarge;

/// What the buffer may keep between frames; after a larger frame the memory is given back.
const KEPT: usize = 1024 * 1024;

/// So much that was read may stand in front of what was not.
const READ: usize = 32 * 1024;

/// The incremental parser. Every byte is copied in and looked at once, apart from the moving of an incomplete
/// frame; the data of a frame is lent out from where it was copied to.
#[derive(Debug)]
pub struct Parser {
    buffer: Vec<u8>,
    /// Where the first unread line begins.
    line: usize,
    /// Up to where that line was searched for its end.
    searched: usize,
    /// Where the open frame's data stands in the buffer, always before `line`.
    data: Option<Range<usize>>,
    event: String,
    last_id: Option<String>,
    at_start: bool,
    /// A line ended with CR: a LF right after it belongs to the same ending.
    after_cr: bool,
    /// The frame in `data` and `event` was handed out.
    handed_out: bool,
    ended: bool,
    limit: usize,
}

impl Default for Parser {
    fn default() -> Self {
        Self::with_limit(LARGEST_FRAME)
    }
}

impl Parser {
    pub fn with_limit(limit: usize) -> Self {
        Self {
            buffer: Vec::new(),
            line: 0,
            searched: 0,
            data: None,
            event: String::new(),
            last_id: None,
            at_start: true,
            after_cr: false,
            handed_out: false,
            ended: false,
            limit,
        }
    }

    /// Takes the next bytes of the answer.
    pub fn push(&mut self, bytes: &[u8]) {
        self.close_frame();
        self.forget_read();
        self.buffer.extend_from_slice(bytes);
    }

    /// The answer is over: what is left counts as a last line and a last frame.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// The last `id:` seen, which resuming servers want back as `Last-Event-ID`.
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// The next whole frame; `None` until more bytes are pushed.
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, TooLarge> {
        self.close_frame();
        loop {
            if self.usual_frame() {
                return Ok(Some(self.hand_out()));
            }
            let Some((start, end)) = self.next_line() else {
                if self.data_length() + (self.buffer.len() - self.line) > self.limit {
                    return Err(TooLarge);
                }
                // The end of the answer closes an open frame, once.
                return Ok((self.ended && self.is_open()).then(|| self.hand_out()));
            };
            if start < end {
                self.field(start, end);
                if self.data_length() > self.limit {
                    return Err(TooLarge);
                }
            } else if self.is_open() {
                return Ok(Some(self.hand_out()));
            }
        }
    }

    fn is_open(&self) -> bool {
        self.data.is_some() || !self.event.is_empty()
    }

    fn data_length(&self) -> usize {
        self.data.as_ref().map_or(0, Range::len)
    }

    fn hand_out(&mut self) -> Frame<'_> {
        self.handed_out = true;
        let data = self.data.clone().unwrap_or(0..0);
        Frame { event: &self.event, data: &self.buffer[data] }
    }

    fn close_frame(&mut self) {
        if self.handed_out {
            self.handed_out = false;
            self.data = None;
            self.event.clear();
        }
    }

    /// Moves what is still needed to the buffer's front, once in a while: the open frame's data, and behind it the
    /// unread line. There they stay, so that a large frame in many pieces is not moved for each of them.
    fn forget_read(&mut self) {
        if self.line < READ {
            return;
        }
        let mut front = 0;
        if let Some(data) = &mut self.data {
            front = data.len();
            if data.start > 0 {
                self.buffer.copy_within(data.clone(), 0);
                *data = 0..front;
            }
        }
        let read = self.line - front;
        if read > 0 {
            self.buffer.copy_within(self.line.., front);
            self.buffer.truncate(self.buffer.len() - read);
            self.line = front;
            self.searched -= read;
        }
        if self.buffer.capacity() > KEPT && self.buffer.len() < KEPT / 2 {
            self.buffer.shrink_to(KEPT / 2);
        }
    }

    /// Takes a whole frame of the only form Dify sends: one line of data and a blank one, ended by line feeds.
    /// The long way below gives the same, and does everything else.
    fn usual_frame(&mut self) -> bool {
        if self.at_start || self.after_cr || self.is_open() || !self.buffer[self.line..].starts_with(b"data: ") {
            return false;
        }
        let start = self.line + b"data: ".len();
        self.searched = self.searched.max(start);
        let Some(found) = memchr2(b'\n', b'\r', &self.buffer[self.searched..]) else {
            self.searched = self.buffer.len();
            return false;
        };
        self.searched += found;
        let end = self.searched;
        if end - start > self.limit || self.buffer.get(end..end + 2) != Some(b"\n\n") {
            return false;
        }
        self.data = Some(start..end);
        self.line = end + 2;
        self.searched = self.line;
        true
    }

    /// The next line's place in the buffer, without its ending.
    fn next_line(&mut self) -> Option<(usize, usize)> {
        if self.at_start {
            let seen = &self.buffer[self.line..];
            if seen.len() < BOM.len() && BOM.starts_with(seen) && !self.ended {
                return None;
            }
            if seen.starts_with(BOM) {
                self.line += BOM.len();
                self.searched = self.line;
            }
            self.at_start = false;
        }
        if self.after_cr && self.line < self.buffer.len() {
            self.after_cr = false;
            if self.buffer[self.line] == b'\n' {
                self.line += 1;
                self.searched = self.searched.max(self.line);
            }
        }
        match memchr2(b'\n', b'\r', &self.buffer[self.searched..]) {
            Some(found) => {
                let (start, end) = (self.line, self.searched + found);
                self.after_cr = self.buffer[end] == b'\r';
                self.line = end + 1;
                self.searched = self.line;
                Some((start, end))
            }
            None => {
                self.searched = self.buffer.len();
                let start = self.line;
                if !self.ended || start == self.buffer.len() {
                    return None;
                }
                self.line = self.buffer.len();
                Some((start, self.line))
            }
        }
    }

    fn field(&mut self, start: usize, end: usize) {
        let line = &self.buffer[start..end];
        let (name, value) = match memchr(b':', line) {
            // A comment.
            Some(0) => return,
            Some(colon) => {
                let value = &line[colon + 1..];
                (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (line, &b""[..]),
        };
        match name {
            b"data" => {
                let value = end - value.len()..end;
                self.data = Some(match self.data.take() {
                    None => value,
                    // Joined where the earlier lines stand: there is room, because each line had a name or an ending.
                    Some(data) => {
                        let joined = data.end + 1 + value.len();
                        self.buffer[data.end] = b'\n';
                        self.buffer.copy_within(value, data.end + 1);
                        data.start..joined
                    }
                });
            }
            b"event" => {
                self.event.clear();
                self.event.push_str(&String::from_utf8_lossy(&value[..value.len().min(256)]));
            }
            // An id goes back in a header: nothing else than visible characters, and not a long text.
            b"id" if value.len() <= 256 && value.iter().all(u8::is_ascii_graphic) => {
                self.last_id = std::str::from_utf8(value).ok().filter(|id| !id.is_empty()).map(str::to_owned);
            }
            // `retry` is for clients that reconnect by themselves; the rest is not known.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames_of<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<(String, String)> {
        let mut parser = Parser::default();
        let mut frames = Vec::new();
        let mut take = |parser: &mut Parser| {
            while let Some(frame) = parser.next().expect("no frame here is too large") {
                frames.push((frame.event.to_owned(), String::from_utf8_lossy(frame.data).into_owned()));
            }
        };
        for piece in pieces {
            parser.push(piece);
            take(&mut parser);
        }
        parser.end();
        take(&mut parser);
        frames
    }

    fn frame(event: &str, data: &str) -> (String, String) {
        (event.to_owned(), data.to_owned())
    }

    #[test]
    fn frames_are_found_whatever_the_line_endings_are() {
        for (text, expected) in [
            ("data: a\n\ndata: b\n\n", vec![frame("", "a"), frame("", "b")]),
            ("data: a\r\n\r\ndata: b\r\n\r\n", vec![frame("", "a"), frame("", "b")]),
            ("data: a\r\rdata: b\r\r", vec![frame("", "a"), frame("", "b")]),
            ("data: a\r\n\ndata: b\n\r\n", vec![frame("", "a"), frame("", "b")]),
            ("\u{feff}data: a\n\n", vec![frame("", "a")]),
            (": comment\n\ndata: a\n: another\ndata: b\n\n", vec![frame("", "a\nb")]),
            ("data\n\n", vec![frame("", "")]),
            ("data:a\n\ndata:  a\n\n", vec![frame("", "a"), frame("", " a")]),
            ("event: ping\n\n", vec![frame("ping", "")]),
            ("event: x\ndata: a\n\ndata: b\n\n", vec![frame("x", "a"), frame("", "b")]),
            ("retry: 5\nunknown: x\n\n", vec![]),
            ("\n\n\n", vec![]),
            ("data: a\u{2028}b\u{2029}c\u{85}d\n\n", vec![frame("", "a\u{2028}b\u{2029}c\u{85}d")]),
            ("data: last without its blank line\n", vec![frame("", "last without its blank line")]),
            ("data: last without any ending", vec![frame("", "last without any ending")]),
            ("", vec![]),
        ] {
            assert_eq!(frames_of([text.as_bytes()]), expected, "in one piece: {text:?}");
            let bytes = text.as_bytes();
            assert_eq!(frames_of(bytes.chunks(1)), expected, "byte by byte: {text:?}");
            for at in 0..bytes.len() {
                assert_eq!(frames_of([&bytes[..at], &bytes[at..]]), expected, "cut at {at}: {text:?}");
            }
        }
    }

    #[test]
    fn characters_cut_in_two_come_out_whole() {
        let text = "data: {\"text\":\"héllo 你好 🎉👨‍👩‍👧\"}\n\n".as_bytes();
        let whole = frames_of([text]);
        for at in 0..text.len() {
            assert_eq!(frames_of([&text[..at], &text[at..]]), whole, "cut at {at}");
        }
    }

    #[test]
    fn the_last_id_is_kept_unless_it_could_not_be_sent_back() {
        let mut parser = Parser::default();
        parser.push(b"id: 1-0\ndata: a\n\n");
        assert!(parser.next().is_ok_and(|frame| frame.is_some()), "a frame with an id is a frame");
        assert_eq!(parser.last_id(), Some("1-0"), "the id goes back as Last-Event-ID");
        parser.push(b"id: bad\x07id\ndata: b\n\n");
        assert!(parser.next().is_ok_and(|frame| frame.is_some()), "a frame with a bad id is a frame");
        assert_eq!(parser.last_id(), Some("1-0"), "control characters do not belong in a header");
    }

    #[test]
    fn a_frame_over_the_limit_is_an_error_whether_in_one_line_or_in_many() {
        let mut parser = Parser::with_limit(100);
        parser.push(&[b'x'; 101]);
        assert_eq!(parser.next(), Err(TooLarge), "a line that never ends must not fill the memory");
        let mut parser = Parser::with_limit(100);
        for _ in 0..20 {
            parser.push(b"data: 0123456789\n");
        }
        assert_eq!(parser.next(), Err(TooLarge), "nor must a frame of many lines");
    }

    #[test]
    fn a_large_frame_of_many_lines_takes_linear_time() {
        let text = [b"data: 0123456789012345678901234567890123456789\n".repeat(200_000), b"\n".to_vec()].concat();
        let begin = std::time::Instant::now();
        let frames = frames_of(text.chunks(250));
        assert_eq!(frames.len(), 1, "it is one frame");
        assert_eq!(frames[0].1.len(), 200_000 * 41 - 1, "its lines are joined by line feeds");
        assert!(begin.elapsed().as_secs() < 5, "moving the joined lines at each piece would take minutes");
    }

    #[test]
    fn memory_is_given_back_after_a_large_frame() {
        let mut parser = Parser::default();
        parser.push(b"data: ");
        for _ in 0..64 {
            parser.push(&[b'x'; 128 * 1024]);
            assert_eq!(parser.next(), Ok(None), "it is still coming");
        }
        parser.push(b"\n\ndata: a\n");
        assert!(parser.next().is_ok_and(|frame| frame.is_some_and(|frame| frame.data.len() == 8 * 1024 * 1024)));
        parser.push(b"\n");
        assert!(
            parser.buffer.capacity() <= KEPT,
            "{} bytes for the small frames that follow",
            parser.buffer.capacity()
        );
        assert!(parser.next().is_ok_and(|frame| frame.is_some_and(|frame| frame.data == b"a")), "and nothing was lost");
    }

    #[test]
    fn comments_inside_an_open_frame_do_not_fill_the_memory() {
        let mut parser = Parser::with_limit(1000);
        parser.push(b"data: a\n");
        for _ in 0..10_000 {
            parser.push(b": still here\n");
            assert_eq!(parser.next(), Ok(None), "comments are no data");
        }
        parser.push(b"data: b\n\n");
        let frame = parser.next().expect("nothing is too large");
        assert_eq!(frame.map(|frame| frame.data.to_vec()), Some(b"a\nb".to_vec()), "both lines are there");
        assert!(parser.buffer.capacity() <= 2 * READ + 1000, "{} bytes are kept", parser.buffer.capacity());
    }

    #[test]
    fn a_large_frame_in_small_pieces_takes_linear_time() {
        let mut text = b"data: ".to_vec();
        text.resize(8 * 1024 * 1024, b'x');
        text.extend_from_slice(b"\n\n");
        let begin = std::time::Instant::now();
        let frames = frames_of(text.chunks(1000));
        assert_eq!(frames.len(), 1, "it is one frame");
        assert!(begin.elapsed().as_secs() < 5, "searching from the line's start at each piece would take minutes");
    }
}
