//! PDF: the text of each page, put back into paragraphs.

use std::collections::{HashMap, HashSet};
use std::panic::catch_unwind;

use encoding_rs::UTF_16BE;
use pdf_extract::{Dictionary, Document, Object, ObjectId, Stream, extract_text_from_mem_by_pages};

use super::{Extracted, Problem, Unit, reflow};

pub(super) fn read(bytes: &[u8]) -> Result<Extracted, Problem> {
    let locked = |error: &str| if is_locked(error) { Problem::Locked } else { Problem::Damaged };
    let document = Document::load_mem(bytes).map_err(|error| locked(&error.to_string()))?;
    if document.is_encrypted() {
        return Err(Problem::Locked);
    }
    // The readers follow these references without counting, and an overflow of the stack would end the whole program.
    if has_looping_parents(&document) {
        return Err(Problem::Damaged);
    }
    // The better reader panics on fonts that it does not know, e.g. Chinese fonts that are not embedded.
    let better =
        if has_looping_forms(&document) { None } else { catch_unwind(|| extract_text_from_mem_by_pages(bytes)).ok() };
    let pages = match better {
        Some(Ok(pages)) if pages.iter().any(|page| !page.trim().is_empty()) => pages,
        _ => simpler(&document),
    };
    let pages_count = pages.len();
    let blocks = reflow::paragraphs(&pages, reflow::Source::Pages);
    Ok(Extracted { title: title(&document), blocks, pages: Some((pages_count, Unit::Pages)), ..Extracted::default() })
}

/// A plainer reader: less order, but it knows the standard Chinese encodings.
fn simpler(document: &Document) -> Vec<String> {
    let numbers: Vec<u32> = document.get_pages().into_keys().collect();
    // A page that cannot be read is an empty page; the others still are.
    numbers.iter().map(|number| document.extract_text(&[*number]).unwrap_or_default()).collect()
}

/// Whether some page is its own ancestor, or stands absurdly deep.
fn has_looping_parents(document: &Document) -> bool {
    document.get_pages().into_values().any(|page| {
        let mut at = page;
        for _ in 0..64 {
            let parent =
                document.get_dictionary(at).and_then(|node| node.get(b"Parent")).and_then(Object::as_reference);
            match parent {
                Ok(parent) => at = parent,
                Err(_) => return false,
            }
        }
        true
    })
}

/// Whether a form (a drawing that can be used inside of others) contains itself, or stands absurdly deep.
fn has_looping_forms(document: &Document) -> bool {
    let forms: HashMap<ObjectId, Vec<ObjectId>> = document
        .objects
        .iter()
        .filter_map(|(id, object)| {
            let stream = object.as_stream().ok()?;
            let is_form = stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Form");
            is_form.then(|| (*id, used_by(document, *id, stream)))
        })
        .collect();
    // Kahn: forms that use nothing unresolved are peeled off, and a loop is what remains. Each turn is one level.
    let mut left: HashMap<&ObjectId, Vec<&ObjectId>> = HashMap::new();
    for (id, uses) in &forms {
        left.insert(id, uses.iter().filter(|used| forms.contains_key(used)).collect());
    }
    for _ in 0..64 {
        let free: HashSet<&ObjectId> = left.iter().filter(|(_, uses)| uses.is_empty()).map(|(id, _)| *id).collect();
        if free.is_empty() {
            break;
        }
        left.retain(|id, _| !free.contains(id));
        left.values_mut().for_each(|uses| uses.retain(|used| !free.contains(used)));
    }
    !left.is_empty()
}

/// The drawings that a form names. One that borrows its page's names may mean any, so it counts as using itself.
fn used_by(document: &Document, id: ObjectId, form: &Stream) -> Vec<ObjectId> {
    let follow = |object: &Object| -> Option<Dictionary> {
        let (_, object) = document.dereference(object).ok()?;
        object.as_dict().ok().cloned()
    };
    let Some(resources) = form.dict.get(b"Resources").ok().and_then(follow) else {
        let content = form.decompressed_content().unwrap_or_else(|_| form.content.clone());
        let draws = content.windows(3).any(|piece| piece == b" Do");
        return if draws { vec![id] } else { Vec::new() };
    };
    let names = resources.get(b"XObject").ok().and_then(follow).unwrap_or_default();
    names.iter().filter_map(|(_, object)| object.as_reference().ok()).collect()
}

fn is_locked(error: &str) -> bool {
    let error = error.to_lowercase();
    error.contains("decrypt") || error.contains("encrypt") || error.contains("password")
}

/// The title that the writing program put into the file.
fn title(document: &Document) -> Option<String> {
    let info = document.trailer.get(b"Info").ok()?;
    let info = match info.as_reference() {
        Ok(id) => document.get_dictionary(id).ok()?,
        Err(_) => info.as_dict().ok()?,
    };
    let raw = info.get(b"Title").ok()?.as_str().ok()?;
    match raw.strip_prefix(b"\xfe\xff") {
        Some(wide) => Some(UTF_16BE.decode(wide).0.into_owned()),
        // PDFDocEncoding is Latin-1 wherever a title is likely to go.
        None => Some(raw.iter().map(|byte| char::from(*byte)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    /// A PDF file of these objects, the first being its catalogue.
    fn file(objects: &[String]) -> Vec<u8> {
        let mut out = String::from("%PDF-1.4\n");
        let mut offsets = Vec::new();
        for (at, object) in objects.iter().enumerate() {
            offsets.push(out.len());
            out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", at + 1));
        }
        let table = out.len();
        out.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
        offsets.iter().for_each(|offset| out.push_str(&format!("{offset:010} 00000 n \n")));
        out.push_str(&format!("trailer << /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF", objects.len() + 1));
        out.into_bytes()
    }

    fn stream(entries: &str, content: &str) -> String {
        format!("<< {entries} /Length {} >>\nstream\n{content}\nendstream", content.len())
    }

    #[test]
    fn a_drawing_inside_itself_does_not_end_the_program() {
        let resources = "/Resources << /Font << /F1 5 0 R >> /XObject << /X 6 0 R >> >>";
        let text = "BT /F1 24 Tf 72 720 Td (Hello on the page) Tj ET /X Do";
        for inner in [resources, ""] {
            let found = read(
                &file(&[
                    "<< /Type /Catalog /Pages 2 0 R >>".into(),
                    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".into(),
                    format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R {resources} >>"),
                    stream("", text),
                    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".into(),
                    stream(&format!("/Type /XObject /Subtype /Form /BBox [0 0 10 10] {inner}"), text),
                ]),
                "pdf",
            );
            assert!(found.is_ok_and(|found| found.text().contains("Hello on the page")));
        }
    }

    #[test]
    fn a_page_that_is_its_own_ancestor_is_damaged() {
        let objects = [
            "<< /Type /Catalog /Pages 2 0 R >>".into(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 /Parent 3 0 R >>".into(),
            "<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>".into(),
            stream("", "BT (Hello) Tj ET"),
        ];
        assert_eq!(read(&file(&objects), "pdf"), Err(Problem::Damaged));
    }
}
