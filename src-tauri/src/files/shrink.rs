//! Pictures that are too large for a server, made smaller: a new file with the same name and proportions. The original
//! is not touched.

use std::{
    io::Cursor,
    path::{Path, PathBuf},
    sync::Arc,
};

use image::{
    DynamicImage, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Limits,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
        webp::WebPEncoder,
    },
    imageops,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{Error, Files};
use crate::model::{
    Millis,
    file::{FileFinding, StagedFile, StagedId},
};

/// One at a time: an opened picture may fill half a gigabyte.
static TURN: Semaphore = Semaphore::const_new(1);
const LARGEST_OPENED: u64 = 768 << 20;
const QUALITY: u8 = 88;
/// How often the picture is drawn anew until it is small enough.
const TRIES: u32 = 8;
/// Smaller pictures show nothing.
const SMALLEST_SIDE: u32 = 16;

impl Files {
    /// A smaller copy of a picture, of at most `limit` bytes, in a folder of its own under `folder`.
    pub async fn shrink(self: &Arc<Self>, id: &StagedId, limit: u64, folder: PathBuf) -> Result<StagedFile, Error> {
        let source = self.staged().get(id).and_then(|staged| staged.path.clone()).ok_or(Error::Missing)?;
        let _turn = TURN.acquire().await;
        let files = Arc::clone(self);
        let made = tokio::task::spawn_blocking(move || {
            let before = std::fs::metadata(&source)?.len();
            let bytes = smaller(&source, limit)?;
            let name = source.file_name().ok_or(Error::Missing)?;
            let own = folder.join(Uuid::new_v4().to_string());
            std::fs::create_dir_all(&own)?;
            let target = own.join(name);
            // What is half-written is nobody's picture.
            if let Err(error) = std::fs::write(&target, bytes) {
                let _ = std::fs::remove_dir_all(&own);
                return Err(Error::from(error));
            }
            let file = files.stage(vec![target]).pop().ok_or(Error::Missing)?;
            let found = Some(FileFinding { shrunk_from: Some(before), ..FileFinding::default() });
            if let Some(staged) = files.staged().get_mut(&file.id) {
                staged.file.found = found;
            }
            Ok(StagedFile { found, ..file })
        });
        let file = made.await.map_err(|_| Error::Unreadable)??;
        self.keep(std::slice::from_ref(&file.id)).await;
        Ok(file)
    }

    /// Removes smaller copies that nothing names any more. What was made since `begun` may still be wanted.
    pub async fn clear_shrunk(&self, folder: &Path, begun: Millis) -> Result<(), Error> {
        self.clear_unnamed(folder, begun).await
    }
}

/// The picture in its own format with at most `limit` bytes.
fn smaller(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let mut reader = ImageReader::open(path)?.with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(LARGEST_OPENED);
    reader.limits(limits);
    let format = reader.format().filter(|format| can_write(*format)).ok_or(Error::Unreadable)?;
    let unreadable = |_| Error::Unreadable;
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let orientation = decoder.orientation().map_err(unreadable)?;
    let colours = decoder.icc_profile().ok().flatten();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    // The note how a camera was held does not come along.
    picture.apply_orientation(orientation);
    let picture = eight_bits(picture, format);
    let mut written = write(&picture, format, colours.as_deref())?;
    let mut scale = 1.0;
    for _ in 0..TRIES {
        if written.len() as u64 <= limit {
            return Ok(written);
        }
        // Bytes grow with the area; a little less, so that one try is enough for most.
        scale *= (limit as f64 / written.len() as f64).sqrt() * 0.97;
        let side = |length: u32| (f64::from(length) * scale).round() as u32;
        let (width, height) = (side(picture.width()), side(picture.height()));
        if width.max(height) < SMALLEST_SIDE {
            break;
        }
        let drawn = picture.resize(width.max(1), height.max(1), imageops::FilterType::Lanczos3);
        written = write(&drawn, format, colours.as_deref())?;
    }
    Err(Error::CannotShrink)
}

fn can_write(format: ImageFormat) -> bool {
    matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)
}

/// What the format can hold, and models look at.
fn eight_bits(picture: DynamicImage, format: ImageFormat) -> DynamicImage {
    match (format, picture.color().has_alpha(), picture.color().has_color()) {
        (ImageFormat::Jpeg, _, false) => DynamicImage::ImageLuma8(picture.into_luma8()),
        (ImageFormat::Jpeg, ..) | (_, false, true) => DynamicImage::ImageRgb8(picture.into_rgb8()),
        (ImageFormat::Png, false, false) => DynamicImage::ImageLuma8(picture.into_luma8()),
        (_, false, false) => DynamicImage::ImageRgb8(picture.into_rgb8()),
        (_, true, _) => DynamicImage::ImageRgba8(picture.into_rgba8()),
    }
}

fn write(picture: &DynamicImage, format: ImageFormat, colours: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    let mut bytes = Cursor::new(Vec::new());
    let result = match format {
        ImageFormat::Jpeg => encode(picture, JpegEncoder::new_with_quality(&mut bytes, QUALITY), colours),
        ImageFormat::Png => {
            let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
            encode(picture, encoder, colours)
        }
        _ => encode(picture, WebPEncoder::new_lossless(&mut bytes), colours),
    };
    result.map_err(|_| Error::CannotShrink)?;
    Ok(bytes.into_inner())
}

fn encode(
    picture: &DynamicImage,
    mut encoder: impl ImageEncoder,
    colours: Option<&[u8]>,
) -> Result<(), image::ImageError> {
    if let Some(colours) = colours {
        // A picture without its profile is still the picture.
        let _ = encoder.set_icc_profile(colours.to_vec());
    }
    picture.write_with_encoder(encoder)
}

#[cfg(test)]
mod tests {
    use image::{GenericImageView, Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    /// Noise, which nothing makes small but fewer points.
    fn noise(width: u32, height: u32) -> RgbImage {
        let mut state = 7_u32;
        RgbImage::from_fn(width, height, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [a, b, c, _] = state.to_be_bytes();
            Rgb([a, b, c])
        })
    }

    fn saved(picture: &DynamicImage, name: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        picture.save(&path).expect("written");
        (folder, path)
    }

    #[test]
    fn a_picture_keeps_its_format_and_proportions_and_fits_the_limit() {
        for name in ["photo.jpg", "photo.png", "photo.webp"] {
            let (_folder, path) = saved(&DynamicImage::ImageRgb8(noise(600, 400)), name);
            let before = std::fs::read(&path).expect("read");
            let limit = before.len() as u64 / 3;
            let bytes = smaller(&path, limit).expect("made smaller");
            assert!(bytes.len() as u64 <= limit, "{name}: {} of {limit}", bytes.len());
            assert!(bytes.len() as u64 > limit / 3, "{name}: no smaller than needed, {} of {limit}", bytes.len());
            assert_eq!(
                image::guess_format(&bytes).ok(),
                ImageFormat::from_path(name).ok(),
                "{name}: a server goes by it"
            );
            let (width, height) = image::load_from_memory(&bytes).expect("a picture").dimensions();
            let tall = f64::from(width) / f64::from(height);
            assert!((tall - 1.5).abs() < 0.02, "{name}: {width} × {height}");
            assert_eq!(std::fs::read(&path).expect("read"), before, "{name}: the original is not touched");
        }
    }

    #[test]
    fn a_photo_that_is_only_written_wastefully_keeps_all_its_points() {
        let (folder, _) = saved(&DynamicImage::ImageRgb8(noise(4, 4)), "x.png");
        let path = folder.path().join("fine.jpg");
        let smooth = RgbImage::from_fn(800, 600, |x, y| Rgb([(x / 4) as u8, (y / 3) as u8, ((x * y) / 2000) as u8]));
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 100).encode_image(&smooth).expect("encoded");
        std::fs::write(&path, &bytes).expect("written");
        let smaller = smaller(&path, bytes.len() as u64 * 2 / 3).expect("made smaller");
        assert_eq!(image::load_from_memory(&smaller).expect("a picture").dimensions(), (800, 600));
    }

    #[test]
    fn what_can_be_seen_through_stays_so() {
        let mut clear = RgbaImage::from_fn(300, 300, |x, y| Rgba([x as u8, y as u8, (x ^ y) as u8, 255]));
        clear.put_pixel(0, 0, Rgba([0, 0, 0, 0]));
        for (x, _, pixel) in clear.enumerate_pixels_mut() {
            if x < 100 {
                pixel.0[3] = 0;
            }
        }
        let (_folder, path) = saved(&DynamicImage::ImageRgba8(clear), "stamp.png");
        let limit = std::fs::metadata(&path).expect("there").len() / 2;
        let drawn = image::load_from_memory(&smaller(&path, limit).expect("made smaller")).expect("a picture");
        assert_eq!(drawn.get_pixel(2, 2).0[3], 0, "a stamp on white is another stamp");
    }

    #[test]
    fn what_is_no_picture_is_said_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("photo.jpg");
        std::fs::write(&path, "%PDF-1.7 renamed").expect("written");
        assert!(matches!(smaller(&path, 10), Err(Error::Unreadable)));
        // Says of itself that it is larger than any memory.
        let mut huge = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        huge.extend([0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 8, 2, 0, 0, 0, 0, 0, 0, 0]);
        std::fs::write(&path, huge).expect("written");
        assert!(matches!(smaller(&path, 10), Err(Error::Unreadable)));
    }
}
