//! Whether a document opens with a password only, by its structure. Little is read, whatever its size.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use memchr::memmem;

use crate::model::content::Content;

/// A PDF with more than that is not judged: whether its password is empty can be told only with all of it in memory.
const LARGEST_PDF: u64 = 128 << 20;
/// Where a PDF may say that it is encrypted: at its beginning, at its end, and where its end points to.
const ENDS: u64 = 64 << 10;
/// A manifest of a document is smaller.
const LARGEST_MANIFEST: u64 = 4 << 20;
/// Records of a workbook before the one that says it is encrypted.
const FIRST_RECORDS: usize = 8;

/// What cannot be told counts as open: the server will say so, and nobody is warned in vain.
pub fn is_locked(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut first = Vec::new();
    file.by_ref().take(1024).read_to_end(&mut first)?;
    file.rewind()?;
    match Content::of(&first) {
        Some(Content::Compound) => Ok(is_locked_office(file).unwrap_or(false)),
        Some(Content::Zip) => Ok(is_locked_package(file).unwrap_or(false)),
        Some(Content::Pdf) => is_locked_pdf(file, size),
        _ => Ok(false),
    }
}

/// Today's Office files are packages, put into a container of the old kind once they are locked; old ones say it in
/// their first bytes ([MS-DOC] 2.5.2, [MS-XLS] 2.4.117, [MS-PPT] 2.3.2).
fn is_locked_office(file: File) -> Option<bool> {
    let mut container = cfb::CompoundFile::open(file).ok()?;
    if container.is_stream("/EncryptedPackage") {
        return Some(true);
    }
    let mut start = |name: &str, most: u64| -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        container.open_stream(name).ok()?.take(most).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    if let Some(word) = start("/WordDocument", 32) {
        return Some(u16_at(&word, 10)? & 0x0100 != 0);
    }
    if let Some(book) = start("/Workbook", 64 << 10).or_else(|| start("/Book", 64 << 10)) {
        return Some(has_file_pass(&book));
    }
    let slides = start("/Current User", 16)?;
    Some(slides.get(12..16)? == [0xdf, 0xc4, 0xd1, 0xf3])
}

fn has_file_pass(book: &[u8]) -> bool {
    let mut at = 0;
    for _ in 0..FIRST_RECORDS {
        let (Some(kind), Some(length)) = (u16_at(book, at), u16_at(book, at + 2)) else { return false };
        if kind == 0x2f {
            return true;
        }
        at += 4 + usize::from(length);
    }
    false
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// OpenDocument says in its manifest which parts are encrypted; other archives say it of each part.
fn is_locked_package(file: File) -> Option<bool> {
    let mut archive = zip::ZipArchive::new(file).ok()?;
    if let Ok(manifest) = archive.by_name("META-INF/manifest.xml") {
        let mut text = Vec::new();
        manifest.take(LARGEST_MANIFEST).read_to_end(&mut text).ok()?;
        return Some(memmem::find(&text, b"encryption-data").is_some());
    }
    let first = (0..archive.len().min(16)).find_map(|place| {
        let part = archive.by_index_raw(place).ok()?;
        part.is_file().then(|| part.encrypted())
    });
    Some(first.unwrap_or(false))
}

/// Many a PDF is encrypted and opens all the same: only what may be done with it is restricted.
fn is_locked_pdf(mut file: File, size: u64) -> io::Result<bool> {
    if size > LARGEST_PDF || !speaks_of_encryption(&mut file, size)? {
        return Ok(false);
    }
    let mut bytes = Vec::new();
    file.rewind()?;
    file.take(LARGEST_PDF).read_to_end(&mut bytes)?;
    // With any password at hand, a document that opens without one is opened with none.
    let opened = lopdf::Document::load_metadata_mem_with_password(&bytes, "");
    Ok(matches!(opened, Err(lopdf::Error::InvalidPassword)))
}

fn speaks_of_encryption(file: &mut File, size: u64) -> io::Result<bool> {
    let mut read = |from: u64, most: u64| -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        file.by_ref().take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let says = |bytes: &[u8]| memmem::find(bytes, b"/Encrypt").is_some();
    let end = read(size.saturating_sub(ENDS), ENDS)?;
    if says(&end) || says(&read(0, ENDS)?) {
        return Ok(true);
    }
    let points = memmem::rfind(&end, b"startxref").map(|at| &end[at + "startxref".len()..]);
    let digits = points.map(|rest| rest.iter().skip_while(|byte| byte.is_ascii_whitespace()));
    let offset = digits.map(|digits| digits.take_while(|byte| byte.is_ascii_digit()).map(|byte| char::from(*byte)));
    match offset.and_then(|digits| digits.collect::<String>().parse().ok()) {
        Some(offset) if offset < size => Ok(says(&read(offset, ENDS)?)),
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write, path::PathBuf};

    use super::*;

    fn document(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/locked").join(name)
    }

    #[test]
    fn a_password_is_seen_in_what_office_programs_write() {
        for (name, locked) in [
            ("locked.docx", true),
            ("locked.xlsx", true),
            ("locked.pptx", true),
            ("locked.doc", true),
            ("locked.xls", true),
            ("locked.odt", true),
            ("locked.pdf", true),
            ("open.docx", false),
            ("open.doc", false),
            ("open.xls", false),
            ("open.odt", false),
            ("open.pdf", false),
            // Encrypted, too, but with an empty password: it opens everywhere and may only not be printed.
            ("restricted.pdf", false),
        ] {
            assert_eq!(is_locked(&document(name)).ok(), Some(locked), "{name}");
        }
    }

    #[test]
    fn an_old_presentation_says_it_beside_its_slides() {
        let folder = tempfile::tempdir().expect("a folder");
        for (token, locked) in [(0xf3d1_c4df_u32, true), (0xe391_c05f, false)] {
            let path = folder.path().join(format!("{locked}.ppt"));
            let mut container = cfb::create(&path).expect("a container");
            let mut user = vec![0, 0, 0xf6, 0x0f, 0x24, 0, 0, 0, 0x14, 0, 0, 0];
            user.extend(token.to_le_bytes());
            container.create_stream("/Current User").expect("a stream").write_all(&user).expect("written");
            container.flush().expect("flushed");
            drop(container);
            assert_eq!(is_locked(&path).ok(), Some(locked), "the token of [MS-PPT] 2.3.2");
        }
    }

    #[test]
    fn documents_that_are_cut_or_not_what_they_say_are_not_called_locked() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cut");
        for name in ["locked.docx", "locked.doc", "locked.xls", "locked.odt", "locked.pdf"] {
            let whole = std::fs::read(document(name)).expect("a document");
            for parts in 1..8 {
                std::fs::write(&path, &whole[..whole.len() * parts / 8]).expect("written");
                // Whatever it says, it says it and does not panic.
                assert!(is_locked(&path).is_ok(), "{name}, {parts}/8");
            }
        }
        std::fs::write(&path, "%PDF-1.7\nThe word /Encrypt in a text.\nstartxref\n99999999999\n%%EOF")
            .expect("written");
        assert_eq!(is_locked(&path).ok(), Some(false));
        std::fs::write(&path, "").expect("written");
        assert_eq!(is_locked(&path).ok(), Some(false));
    }

    #[test]
    fn of_a_huge_document_only_its_ends_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("scan.pdf");
        let mut file = File::create(&path).expect("made");
        file.write_all(b"%PDF-1.7\n").expect("written");
        // Sparse: reading all of it would take minutes.
        file.set_len(5 << 30).expect("made long");
        let began = std::time::Instant::now();
        assert_eq!(is_locked(&path).ok(), Some(false));
        assert!(began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
    }
}
