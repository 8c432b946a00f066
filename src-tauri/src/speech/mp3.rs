//! MP3 as it arrives: where its frames are and how long they play, so that there is a duration before the end, places
//! to seek to, and a border where one file ends and the next begins. Servers send one file per group of sentences
//! (server-1.12.1.md §17), in pieces that cut frames; a decoder that reads across such a border trims all that follows.

/// What was found in the bytes so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Found {
    /// A file begins here; its first `trim` samples are the encoder's, not the speaker's.
    Begins {
        at: u64,
        rate: u32,
        trim: u32,
    },
    Frame {
        at: u64,
        samples: u32,
    },
    /// The file ends here.
    Ends {
        at: u64,
    },
}

/// Finds frames in bytes that come in pieces.
#[derive(Debug, Default)]
pub struct Frames {
    held: Vec<u8>,
    /// Where the first held byte stands.
    at: u64,
    /// Bytes of a tag that are still to come.
    skip: u64,
    /// Of the file that is being read.
    current: Option<Header>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    length: usize,
    samples: u32,
    rate: u32,
    mono: bool,
    mpeg1: bool,
    protected: bool,
}

const HEADER: usize = 4;

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let [0xFF, second, third, fourth, ..] = *bytes else { return None };
        // Layer III only: nobody sends another.
        if second & 0xE0 != 0xE0 || second & 0x06 != 0x02 {
            return None;
        }
        let version = second >> 3 & 3;
        let mpeg1 = version == 3;
        let rates = match version {
            3 => [44_100, 48_000, 32_000],
            2 => [22_050, 24_000, 16_000],
            0 => [11_025, 12_000, 8_000],
            _ => return None,
        };
        let rate: u32 = *rates.get(usize::from(third >> 2 & 3))?;
        const MPEG1: [u32; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
        const MPEG2: [u32; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
        let kilobits = *if mpeg1 { MPEG1 } else { MPEG2 }.get(usize::from(third >> 4))?;
        if kilobits == 0 {
            return None;
        }
        let padding = u32::from(third >> 1 & 1);
        let length = (if mpeg1 { 144 } else { 72 }) * kilobits * 1000 / rate + padding;
        Some(Self {
            length: length as usize,
            samples: if mpeg1 { 1152 } else { 576 },
            rate,
            mono: fourth >> 6 == 3,
            mpeg1,
            protected: second & 1 == 0,
        })
    }

    /// Of the same file: bit rate and padding may change from frame to frame.
    fn fits(&self, other: &Self) -> bool {
        (self.rate, self.mpeg1, self.mono) == (other.rate, other.mpeg1, other.mono)
    }

    /// A frame that says something of the file instead of sounding; the samples to leave out, where it says.
    fn info(&self, frame: &[u8]) -> Option<u32> {
        let side = match (self.mpeg1, self.mono) {
            (true, false) => 32,
            (true, true) | (false, false) => 17,
            (false, true) => 9,
        };
        let begin = HEADER + side + if self.protected { 2 } else { 0 };
        let tag = frame.get(begin..)?;
        if tag.starts_with(b"VBRI") || frame.get(HEADER + 32..).is_some_and(|tag| tag.starts_with(b"VBRI")) {
            return Some(0);
        }
        if !tag.starts_with(b"Xing") && !tag.starts_with(b"Info") {
            return None;
        }
        let flags = tag.get(7).copied().unwrap_or(0);
        let fields = [(1, 4), (2, 4), (4, 100), (8, 4)];
        let lame = 8 + fields.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, bytes)| bytes).sum::<usize>();
        let Some(&[a, b, c]) = tag.get(lame + 21..lame + 24) else { return Some(0) };
        // Without the number of frames a decoder cannot know where the padding is, and trims nothing.
        let counted = flags & 1 != 0 && tag.get(lame).is_some_and(u8::is_ascii_alphanumeric);
        let (delay, padding) = (u32::from(a) << 4 | u32::from(b) >> 4, u32::from(b & 15) << 8 | u32::from(c));
        Some(if counted { delay + padding } else { 0 })
    }
}

impl Frames {
    /// More bytes. `last`: there are no others.
    pub fn push(&mut self, bytes: &[u8], last: bool, mut found: impl FnMut(Found)) {
        self.held.extend_from_slice(bytes);
        let mut used = 0;
        loop {
            let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(self.held.len() - used);
            self.skip -= skipped as u64;
            used += skipped;
            let at = self.at + used as u64;
            let rest = &self.held[used..];
            if rest.is_empty() || !last && rest.len() < HEADER {
                break;
            }
            if let Some(length) = tag(rest) {
                match length {
                    Some(length) => {
                        if self.current.take().is_some() {
                            found(Found::Ends { at });
                        }
                        self.skip = length;
                        continue;
                    }
                    None if !last => break,
                    None => {}
                }
            }
            let Some(header) = Header::read(rest) else {
                used += 1;
                continue;
            };
            let follows = self.current.is_some_and(|current| current.fits(&header));
            // What only looks like a header is not followed by another one.
            let next = rest.get(header.length..).filter(|next| next.len() >= HEADER);
            let sure = match next {
                Some(next) => {
                    follows || tag(next).is_some() || Header::read(next).is_some_and(|next| next.fits(&header))
                }
                None if rest.len() >= header.length && (follows || last) => true,
                None if last => false,
                None => break,
            };
            if !sure {
                used += 1;
                continue;
            }
            let info = header.info(&rest[..header.length]);
            if info.is_some() || !follows {
                if self.current.is_some() {
                    found(Found::Ends { at });
                }
                found(Found::Begins { at, rate: header.rate, trim: info.unwrap_or(0) });
            }
            if info.is_none() {
                found(Found::Frame { at, samples: header.samples });
            }
            self.current = Some(header);
            used += header.length;
        }
        self.held.drain(..used);
        self.at += used as u64;
        if last && self.current.take().is_some() {
            found(Found::Ends { at: self.at });
        }
    }
}

/// The length of the tag that begins here; `Some(None)` while that is not known yet.
fn tag(bytes: &[u8]) -> Option<Option<u64>> {
    if bytes.starts_with(b"ID3") {
        let Some(size) = bytes.get(6..10) else { return Some(None) };
        // Seven bits a byte.
        let size = size.iter().fold(0_u64, |size, byte| size << 7 | u64::from(byte & 0x7F));
        let footer = if bytes[5] & 0x10 != 0 { 10 } else { 0 };
        return Some(Some(10 + size + footer));
    }
    bytes.starts_with(b"TAG").then_some(Some(128))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOICE: &[u8] = include_bytes!("../demo/samples/voice.mp3");

    fn found_in(bytes: &[u8], size: usize) -> Vec<Found> {
        let mut frames = Frames::default();
        let mut all = Vec::new();
        for piece in bytes.chunks(size) {
            frames.push(piece, false, |found| all.push(found));
        }
        frames.push(&[], true, |found| all.push(found));
        all
    }

    fn seconds(all: &[Found]) -> f64 {
        let mut rate = 1.0;
        let mut seconds = 0.0;
        for found in all {
            match found {
                Found::Begins { rate: new, trim, .. } => {
                    rate = f64::from(*new);
                    seconds -= f64::from(*trim) / rate;
                }
                Found::Frame { samples, .. } => seconds += f64::from(*samples) / rate,
                Found::Ends { .. } => {}
            }
        }
        seconds
    }

    #[test]
    fn frames_are_the_same_however_they_are_cut() {
        let whole = found_in(VOICE, usize::MAX);
        assert!((seconds(&whole) - 7.0).abs() < 0.1, "as long as the recording: {}", seconds(&whole));
        for size in [1, 3, 417, 4096] {
            assert_eq!(found_in(VOICE, size), whole, "in pieces of {size}");
        }
    }

    #[test]
    fn two_files_behind_each_other_are_two() {
        let tag = [b"ID3\x04\0\0\0\0\x01\x00".as_slice(), &[0xFF; 128]].concat();
        let two = [&tag, VOICE, b"TAG", &[0; 125], &tag, VOICE].concat();
        let all = found_in(&two, 1000);
        let begins: Vec<_> = all.iter().filter(|found| matches!(found, Found::Begins { .. })).collect();
        assert_eq!(begins.len(), 2, "one begins behind each tag: {begins:?}");
        assert!((seconds(&all) - 2.0 * seconds(&found_in(VOICE, 1000))).abs() < 0.01, "and none loses a frame");
    }

    #[test]
    fn what_is_no_sound_has_no_frames() {
        for bytes in [b"<html>gateway timeout</html>".repeat(50), vec![0xFF; 5000], Vec::new(), b"ID3".to_vec()] {
            assert_eq!(found_in(&bytes, 700), [], "{} bytes of nothing", bytes.len());
        }
    }

    #[test]
    fn rubbish_in_between_is_passed_over() {
        let half = VOICE.len() / 2;
        let spoilt = [&VOICE[..half], &[0x55; 3000], &VOICE[half..]].concat();
        let lost = seconds(&found_in(VOICE, 999)) - seconds(&found_in(&spoilt, 999));
        assert!((0.0..0.2).contains(&lost), "a frame or two are lost, not the rest: {lost}");
    }
}
