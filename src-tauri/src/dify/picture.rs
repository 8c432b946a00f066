//! What a picture is, from its first bytes: its kind, and how large it would be once it is drawn. Half a megabyte of
//! file may stand for gigabytes of pixels.

use crate::model::content::Content;

/// Sides of an app's picture, in pixels.
const LONGEST_SIDE: u32 = 4096;
/// Width times height of what is drawn: a few bytes can stand for a picture that no memory holds.
const MOST_PIXELS: u64 = 50_000_000;

/// Of the kinds that every page draws.
pub(super) fn kind(bytes: &[u8]) -> Option<&'static str> {
    let content = Content::of(bytes)?;
    let known = matches!(content, Content::Png | Content::Jpeg | Content::Gif | Content::Webp);
    known.then(|| content.mime_type())
}

/// Whether it says how large it is, and that is fit to be drawn.
pub(super) fn is_small(bytes: &[u8]) -> bool {
    sides(bytes)
        .is_some_and(|(width, height)| (1..=LONGEST_SIDE).contains(&width) && (1..=LONGEST_SIDE).contains(&height))
}

/// Whether it says of itself that it is larger than what is drawn.
pub fn is_vast(bytes: &[u8]) -> bool {
    let vast = |(width, height)| u64::from(width) * u64::from(height) > MOST_PIXELS;
    sides(bytes).or_else(|| bmp_sides(bytes)).is_some_and(vast) || avif_sides(bytes).any(vast)
}

/// Lines that stand from top to bottom have a height below zero.
fn bmp_sides(bytes: &[u8]) -> Option<(u32, u32)> {
    let side = |at: usize| Some(i32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?).unsigned_abs());
    bytes.starts_with(b"BM").then(|| Some((side(18)?, side(22)?))).flatten()
}

/// Of every picture it is made of.
fn avif_sides(bytes: &[u8]) -> impl Iterator<Item = (u32, u32)> {
    let head = if bytes.get(4..8) == Some(b"ftyp") { &bytes[..bytes.len().min(64 * 1024)] } else { &[] };
    head.windows(16).filter(|window| window.starts_with(b"ispe")).map(|window| {
        let side = |at: usize| u32::from_be_bytes([window[at], window[at + 1], window[at + 2], window[at + 3]]);
        (side(8), side(12))
    })
}

/// Width and height.
pub(super) fn sides(bytes: &[u8]) -> Option<(u32, u32)> {
    let big = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let little = |at: usize| Some(u32::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let three = |at: usize| bytes.get(at..at + 3).map(|part| u32::from_le_bytes([part[0], part[1], part[2], 0]) + 1);
    match kind(bytes)? {
        "image/png" if bytes.get(12..16)? == b"IHDR" => Some((big(16)?, big(20)?)),
        "image/gif" => Some((little(6)?, little(8)?)),
        "image/jpeg" => jpeg_sides(bytes),
        "image/webp" => match bytes.get(12..16)? {
            b"VP8X" => Some((three(24)?, three(27)?)),
            b"VP8 " => Some((little(26)? & 0x3FFF, little(28)? & 0x3FFF)),
            b"VP8L" => {
                let bits = u32::from_le_bytes(bytes.get(21..25)?.try_into().ok()?);
                Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
            }
            _ => None,
        },
        _ => None,
    }
}

/// From segment to segment, until the one that begins a frame.
fn jpeg_sides(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        match *bytes.get(at..at + 2)? {
            [0xFF, 0xFF] => at += 1,
            // Without a length.
            [0xFF, 0x01 | 0xD0..=0xD8] => at += 2,
            [0xFF, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF] => {
                let side = |at: usize| Some(u32::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
                return Some((side(at + 7)?, side(at + 5)?));
            }
            [0xFF, 0xD9 | 0xDA] => return None,
            [0xFF, _] => at += 2 + usize::from(u16::from_be_bytes(bytes.get(at + 2..at + 4)?.try_into().ok()?)),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], &width.to_be_bytes(), &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat()
    }

    #[test]
    fn each_kind_says_how_large_it_is() {
        let jpeg = b"\xFF\xD8\xFF\xE0\0\x04ab\xFF\xC0\0\x11\x08\x01\x02\x03\x04";
        let riff = |chunk: &[u8]| [b"RIFF\0\0\0\0WEBP", chunk].concat();
        let lossless = 0x2F_u32 | 99 << 8 | 49 << 22;
        for (bytes, expected) in [
            (png(64, 32), (64, 32)),
            (jpeg.to_vec(), (0x0304, 0x0102)),
            (b"GIF89a\x40\0\x20\0".to_vec(), (64, 32)),
            (riff(b"VP8X\x0a\0\0\0\0\0\0\0\x3f\0\0\x1f\0\0"), (64, 32)),
            (riff(b"VP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x40\0\x20\0"), (64, 32)),
            (riff(&[&b"VP8L\0\0\0\0"[..], &lossless.to_le_bytes(), &[0]].concat()), (100, 50)),
        ] {
            assert_eq!(sides(&bytes), Some(expected), "{bytes:?}");
        }
    }

    #[test]
    fn what_no_memory_holds_is_vast_in_every_kind() {
        let bmp = |side: i32| {
            [&b"BM"[..], &[0; 12], &40_u32.to_le_bytes(), &side.to_le_bytes(), &(-side).to_le_bytes()].concat()
        };
        let avif =
            |side: u32| [&b"\0\0\0\x1cftypavif....ispe\0\0\0\0"[..], &side.to_be_bytes(), &side.to_be_bytes()].concat();
        assert!(is_vast(&png(60_000, 60_000)) && is_vast(&bmp(60_000)) && is_vast(&avif(60_000)));
        assert!(!is_vast(&png(7000, 7000)) && !is_vast(&bmp(7000)) && !is_vast(&avif(7000)), "photographs are drawn");
        assert!(!is_vast(b"a text"), "and what is no picture is for others to judge");
    }

    #[test]
    fn pictures_of_gigabytes_and_cut_ones_are_refused() {
        assert!(is_small(&png(4096, 4096)));
        assert!(!is_small(&png(60_000, 60_000)), "it fits the file and not the memory");
        assert!(!is_small(&png(0, 32)));
        assert!(!is_small(&png(64, 32)[..20]), "cut in its first bytes");
        assert!(!is_small(b"\xFF\xD8\xFF\xE0\xFF\xFFab"), "a length that leads out of the file");
        assert!(!is_small(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "programs are no pictures");
    }
}
