//! Looks into a kept result file, so that the page can show it without another program: what it is say its first
//! bytes, never its name or the server. Web pages and SVG are text here; the page draws no document of a server's.

use std::path::Path;

use super::{Error, SmallFile, read};
use crate::{
    dify,
    model::{
        check::extension_of,
        content::Content,
        file::{FileLook, ShownAs},
    },
};

/// What is read to tell what a file is, and shown of a text.
const BEGINNING: u64 = 256 * 1024;
/// Larger files are left to other programs: the page holds the bytes of what it shows.
const LARGEST: u64 = 64 * 1024 * 1024;
/// Drawing is what costs in an SVG, and grows with it.
const LARGEST_SVG: u64 = 2 * 1024 * 1024;

/// What the file is, with the beginning of its text.
pub async fn look(path: &Path) -> Result<FileLook, Error> {
    look_at_most(path, BEGINNING).await
}

/// The same with another measure of what the beginning is.
pub(super) async fn look_at_most(path: &Path, beginning: u64) -> Result<FileLook, Error> {
    let size = tokio::fs::metadata(path).await.map_err(|_| Error::Missing)?.len();
    let SmallFile { bytes, .. } = read(path, beginning).await?;
    let cut = size > bytes.len() as u64;
    if let Some((shows, mime_type)) = kind_of(&bytes) {
        // Some kilobytes may say that they are gigabytes of pixels.
        let vast = shows == ShownAs::Picture && dify::is_vast(&bytes);
        let shows = if size > LARGEST || vast { ShownAs::Nothing } else { shows };
        return Ok(FileLook { shows, mime_type: mime_type.to_owned(), size, text: None, cut: false });
    }
    let Some(text) = text_of(&bytes, cut) else {
        let mime_type = "application/octet-stream".to_owned();
        return Ok(FileLook { shows: ShownAs::Nothing, mime_type, size, text: None, cut: false });
    };
    let is_svg = extension_of(&path.to_string_lossy()) == "svg" && text.contains("<svg") && size <= LARGEST_SVG;
    // In an <img> neither its scripts nor its links live; as a document they would.
    let (shows, mime_type) = if is_svg { (ShownAs::Picture, "image/svg+xml") } else { (ShownAs::Text, "text/plain") };
    Ok(FileLook { shows, mime_type: mime_type.to_owned(), size, text: Some(text), cut })
}

/// The whole file, for what [`look`] said can be shown.
pub async fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    Ok(read(path, LARGEST).await?.bytes)
}

fn kind_of(bytes: &[u8]) -> Option<(ShownAs, &'static str)> {
    let content = Content::of(bytes)?;
    let shows = match content {
        Content::Png | Content::Jpeg | Content::Gif | Content::Webp | Content::Bmp | Content::Avif => ShownAs::Picture,
        Content::Mp3 | Content::Wav | Content::Ogg | Content::Flac | Content::Aac | Content::M4a => ShownAs::Audio,
        Content::Mp4 | Content::Webm => ShownAs::Video,
        Content::Pdf => ShownAs::Pdf,
        Content::Zip | Content::Compound => ShownAs::Nothing,
    };
    Some((shows, content.mime_type()))
}

/// The text, whatever wrote it; `None` for what is no text.
fn text_of(bytes: &[u8], cut: bool) -> Option<String> {
    let marked = encoding_rs::Encoding::for_bom(bytes);
    if marked.is_none() && bytes.iter().take(8192).any(|byte| *byte == 0) {
        return None;
    }
    let encoding = marked.map(|(encoding, _)| encoding).unwrap_or_else(|| {
        // A character may be cut in two at the end.
        let whole = |end: usize| std::str::from_utf8(&bytes[..end]).is_ok();
        let shortest = if cut { bytes.len().saturating_sub(3) } else { bytes.len() };
        if (shortest..=bytes.len()).any(whole) {
            return encoding_rs::UTF_8;
        }
        let mut guess = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
        guess.feed(bytes, !cut);
        guess.guess(None, chardetng::Utf8Detection::Deny)
    });
    let (text, _, _) = encoding.decode(bytes);
    let mut text = text.into_owned();
    if cut {
        let whole = text.trim_end_matches('\u{fffd}').len();
        text.truncate(whole);
    }
    let odd = |c: &char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{1b}');
    let controls = text.chars().take(4096).filter(odd).count();
    (controls * 50 <= text.chars().take(4096).count()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn looked(name: &str, bytes: &[u8]) -> FileLook {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        look(&path).await.expect("a look")
    }

    #[tokio::test]
    async fn a_file_is_what_its_first_bytes_say_whatever_it_is_called() {
        for (name, bytes, shows, mime) in [
            ("a.txt", &b"\x89PNG\r\n\x1a\n...."[..], ShownAs::Picture, "image/png"),
            ("a.png", b"<!doctype html><script>1</script>", ShownAs::Text, "text/plain"),
            ("a.html", b"<!doctype html><script>1</script>", ShownAs::Text, "text/plain"),
            ("a.svg", b"<svg xmlns='x' onload='alert(1)'/>", ShownAs::Picture, "image/svg+xml"),
            ("a.pdf", b"junk\n%PDF-1.7 ...", ShownAs::Pdf, "application/pdf"),
            ("a.mp3", b"ID3\x04\0", ShownAs::Audio, "audio/mpeg"),
            ("a.docx", b"PK\x03\x04....", ShownAs::Nothing, "application/zip"),
            ("a.bin", b"\x01\x02\0\x03", ShownAs::Nothing, "application/octet-stream"),
        ] {
            let look = looked(name, bytes).await;
            assert_eq!((look.shows, look.mime_type.as_str()), (shows, mime), "{name}");
        }
    }

    #[tokio::test]
    async fn a_picture_that_no_memory_holds_is_left_to_other_programs() {
        let png = |side: u32| {
            [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], &side.to_be_bytes(), &side.to_be_bytes(), &[8, 6, 0, 0, 0]].concat()
        };
        assert_eq!(looked("a.png", &png(60_000)).await.shows, ShownAs::Nothing, "it would be drawn unasked");
        assert_eq!(looked("a.png", &png(6_000)).await.shows, ShownAs::Picture, "as large as a camera's");
    }

    #[tokio::test]
    async fn text_is_read_in_whatever_it_was_written() {
        let gbk = encoding_rs::GBK.encode("姓名,部门\n张三,财务部\n李四,人力资源部\n").0.into_owned();
        assert!(looked("a.csv", &gbk).await.text.expect("text").starts_with("姓名,部门"), "as Excel in China saves it");
        let utf16 = [b"\xff\xfe".to_vec(), "Grün".encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
        assert_eq!(looked("a.txt", &utf16).await.text.as_deref(), Some("Grün"), "as Notepad once did");
        let long = "长".repeat(200_000);
        let look = looked("a.txt", long.as_bytes()).await;
        assert!(look.cut, "there is more of it");
        assert!(long.starts_with(&look.text.expect("text")), "no character is cut in two");
    }
}
