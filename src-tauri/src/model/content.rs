//! What a file is, by its first bytes: its name and what a server calls it are often wrong.

/// A kind that its first bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Png,
    Jpeg,
    Gif,
    Webp,
    Bmp,
    Avif,
    Mp3,
    Wav,
    Ogg,
    Flac,
    /// Bare AAC.
    Aac,
    /// Sound alone.
    M4a,
    Mp4,
    Webm,
    Pdf,
    /// Also what is made of one, such as today's Office files.
    Zip,
    /// The container of old Office files, and of locked ones.
    Compound,
}

/// Bytes by which every kind but PDF can be told.
pub const SIGNATURE: usize = 12;
/// Some programs write a few bytes before a PDF, as the format allows.
const PDF_BEGINS: usize = 1024;

impl Content {
    pub fn of(bytes: &[u8]) -> Option<Self> {
        Some(match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Self::Png,
            [0xFF, 0xD8, 0xFF, ..] => Self::Jpeg,
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Self::Gif,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Self::Webp,
            [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Self::Bmp,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Self::Wav,
            // Layer III of any version; the layer bits of ADTS are 00, which no MPEG layer has.
            [0xFF, second, ..] if second & 0xE6 == 0xE2 => Self::Mp3,
            [b'I', b'D', b'3', ..] => Self::Mp3,
            [0xFF, second, ..] if second & 0xF6 == 0xF0 => Self::Aac,
            [b'f', b'L', b'a', b'C', ..] => Self::Flac,
            [b'O', b'g', b'g', b'S', ..] => Self::Ogg,
            [_, _, _, _, b'f', b't', b'y', b'p', b'M', b'4', b'A', ..] => Self::M4a,
            [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f', ..] => Self::Avif,
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => Self::Mp4,
            [0x1A, 0x45, 0xDF, 0xA3, ..] => Self::Webm,
            [b'P', b'K', 3 | 5, 4 | 6, ..] => Self::Zip,
            [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => Self::Compound,
            bytes if bytes[..bytes.len().min(PDF_BEGINS)].windows(5).any(|window| window == b"%PDF-") => Self::Pdf,
            _ => return None,
        })
    }

    pub fn mime_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Bmp => "image/bmp",
            Self::Avif => "image/avif",
            Self::Mp3 => "audio/mpeg",
            Self::Wav => "audio/wav",
            Self::Ogg => "audio/ogg",
            Self::Flac => "audio/flac",
            Self::Aac => "audio/aac",
            Self::M4a => "audio/mp4",
            Self::Mp4 => "video/mp4",
            Self::Webm => "video/webm",
            Self::Pdf => "application/pdf",
            Self::Zip => "application/zip",
            Self::Compound => "application/x-ole-storage",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_is_told_apart() {
        for (bytes, content) in [
            (&b"\xFF\xFB\x90\x64"[..], Some(Content::Mp3)),
            (b"\xFF\xE3\x18\xC4", Some(Content::Mp3)),
            (b"\xFF\xF1\x50\x80", Some(Content::Aac)),
            (b"\xFF\xF9\x50\x80", Some(Content::Aac)),
            (b"\xFF\xD8\xFF\xE0", Some(Content::Jpeg)),
            // A text in UTF-16 begins with these.
            (b"\xFF\xFEH\0i\0", None),
            (b"RIFF\x24\x08\0\0WAVEfmt ", Some(Content::Wav)),
            (b"RIFF\x24\x08\0\0WEBPVP8 ", Some(Content::Webp)),
            (b"RIFF\x24\x08\0\0AVI LIST", None),
            (b"\0\0\0\x20ftypM4A \0", Some(Content::M4a)),
            (b"\0\0\0\x20ftypavif", Some(Content::Avif)),
            (b"\0\0\0\x20ftypisom", Some(Content::Mp4)),
            (b"PK\x05\x06\0\0", Some(Content::Zip)),
            (b"", None),
        ] {
            assert_eq!(Content::of(bytes), content, "{bytes:?}");
        }
    }
}
