//! Pictures as text documents hold them: of the kinds that every writer of documents knows, with their sizes.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits};

/// Nobody prints more dots, and who opens them all needs a gigabyte.
const MOST_DOTS: u64 = 100_000_000;
/// What drawing one anew may take, and what may come of it.
const MOST_MEMORY: u64 = 256 << 20;
const MOST_DRAWN: usize = 16 << 20;

/// A picture that a document can hold.
pub struct Figure {
    pub extension: &'static str,
    pub width: u32,
    pub height: u32,
    pub bytes: Vec<u8>,
}

/// `None`: it is none, or too large to be opened.
pub fn figure(bytes: Vec<u8>) -> Option<Figure> {
    let (format, (width, height)) = size(&bytes)?;
    if width == 0 || height == 0 || u64::from(width) * u64::from(height) > MOST_DOTS {
        return None;
    }
    let (extension, bytes) = match format {
        ImageFormat::Png => ("png", bytes),
        ImageFormat::Jpeg => ("jpeg", bytes),
        ImageFormat::Gif => ("gif", bytes),
        // Word learnt these late, and others never.
        ImageFormat::WebP => ("png", as_png(&bytes)?),
        _ => return None,
    };
    Some(Figure { extension, width, height, bytes })
}

fn size(bytes: &[u8]) -> Option<(ImageFormat, (u32, u32))> {
    let format = image::guess_format(bytes).ok()?;
    if format == ImageFormat::Gif {
        let side = |at: usize| Some(u32::from(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?)));
        return Some((format, (side(6)?, side(8)?)));
    }
    Some((format, ImageReader::with_format(Cursor::new(bytes), format).into_dimensions().ok()?))
}

fn as_png(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::WebP);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut drawn = Cursor::new(Vec::new());
    reader.decode().ok()?.write_to(&mut drawn, ImageFormat::Png).ok()?;
    Some(drawn.into_inner()).filter(|drawn| drawn.len() <= MOST_DRAWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(30, 20).write_to(&mut out, format).expect("drawn");
        out.into_inner()
    }

    #[test]
    fn pictures_have_their_sizes_and_kinds_that_all_know() {
        for (format, extension) in [(ImageFormat::Png, "png"), (ImageFormat::Jpeg, "jpeg"), (ImageFormat::WebP, "png")]
        {
            let figure = figure(drawn(format)).expect("a picture");
            assert_eq!((figure.extension, figure.width, figure.height), (extension, 30, 20), "{format:?}");
            let kind = image::guess_format(&figure.bytes).expect("a picture");
            assert_eq!(ImageFormat::from_extension(figure.extension), Some(kind), "it is what it says: {format:?}");
        }
        let gif = figure(b"GIF89a\x1e\0\x14\0rest".to_vec()).expect("a picture");
        assert_eq!((gif.extension, gif.width, gif.height), ("gif", 30, 20));
    }

    #[test]
    fn what_is_none_or_claims_to_be_endless_is_left_out() {
        let mut endless = drawn(ImageFormat::Png);
        endless[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        for bytes in [b"\x89PNG\r\n\x1a\n-picture-".to_vec(), b"GIF89a".to_vec(), b"<svg/>".to_vec(), endless] {
            assert!(figure(bytes).is_none());
        }
    }
}
