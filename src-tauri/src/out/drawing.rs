//! The pictures of a Word document: each as a part of its own, as wide as the page at most.

use std::io::{Seek, Write};

use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

use crate::files::Figure;

/// What is within the margins of the page, in Word's units; below a picture its name has room.
const WIDEST: u64 = 9638 * 635;
const HIGHEST: u64 = 13_400 * 635;
/// A dot, as on a screen of 96 to the inch.
const DOT: u64 = 9525;

pub(super) const NAMESPACES: &str = "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
    xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\" \
    xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
    xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"";

/// How the parts are told apart, for the list of types.
pub(super) const TYPES: &str = "<Default Extension=\"png\" ContentType=\"image/png\"/><Default Extension=\"jpeg\" \
    ContentType=\"image/jpeg\"/><Default Extension=\"gif\" ContentType=\"image/gif\"/>";

#[derive(Default)]
pub(super) struct Drawings(Vec<Figure>);

impl Drawings {
    /// What stands for it in a paragraph. `name` is escaped already.
    pub fn put(&mut self, figure: Figure, name: &str) -> String {
        let (width, height) = fitting(u64::from(figure.width) * DOT, u64::from(figure.height) * DOT);
        self.0.push(figure);
        let number = self.0.len();
        format!(
            "<w:r><w:drawing><wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\"><wp:extent cx=\"{width}\" \
             cy=\"{height}\"/><wp:docPr id=\"{number}\" name=\"Picture {number}\" descr=\"{name}\"/>\
             <wp:cNvGraphicFramePr><a:graphicFrameLocks noChangeAspect=\"1\"/></wp:cNvGraphicFramePr><a:graphic>\
             <a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic><pic:nvPicPr>\
             <pic:cNvPr id=\"{number}\" name=\"Picture {number}\" descr=\"{name}\"/><pic:cNvPicPr/></pic:nvPicPr>\
             <pic:blipFill><a:blip r:embed=\"rIdPicture{number}\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>\
             <pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"{width}\" cy=\"{height}\"/></a:xfrm><a:prstGeom \
             prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline>\
             </w:drawing></w:r>"
        )
    }

    /// Where the parts are.
    pub fn relations(&self) -> String {
        let relation = |(number, figure): (usize, &Figure)| {
            format!(
                "<Relationship Id=\"rIdPicture{number}\" \
                 Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/image\" \
                 Target=\"media/image{number}.{}\"/>",
                figure.extension
            )
        };
        (1..).zip(&self.0).map(relation).collect()
    }

    pub fn write<W: Write + Seek>(&self, zip: &mut ZipWriter<W>) -> Result<(), ZipError> {
        // They are as small as they get.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for (number, figure) in (1..).zip(&self.0) {
            zip.start_file(format!("word/media/image{number}.{}", figure.extension), options)?;
            zip.write_all(&figure.bytes)?;
        }
        Ok(())
    }
}

/// As large as it is, or as the page takes it.
fn fitting(width: u64, height: u64) -> (u64, u64) {
    let (mut fit_width, mut fit_height) = (width, height);
    if fit_width > WIDEST {
        (fit_width, fit_height) = (WIDEST, height * WIDEST / width.max(1));
    }
    if fit_height > HIGHEST {
        (fit_width, fit_height) = (width * HIGHEST / height.max(1), HIGHEST);
    }
    (fit_width.max(1), fit_height.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_proportions_and_stays_on_the_page() {
        assert_eq!(fitting(100 * DOT, 50 * DOT), (100 * DOT, 50 * DOT), "small ones stay small");
        let (width, height) = fitting(4000 * DOT, 2000 * DOT);
        assert_eq!((width, height), (WIDEST, WIDEST / 2));
        let (width, height) = fitting(2000 * DOT, 8000 * DOT);
        assert_eq!((width, height), (HIGHEST / 4, HIGHEST));
        assert_eq!(fitting(u64::from(u32::MAX) * DOT, DOT), (WIDEST, 1), "a line is a line");
    }
}
