//! The tables of a Word document.

use pulldown_cmark::Alignment;

/// The page within its margins, in twentieths of a point.
const WIDTH: usize = 9638;
/// A column of names beside what they mean.
const NAMES: usize = 2400;

/// A table that is being written, cell by cell; each cell is the runs of one paragraph.
#[derive(Default)]
pub(super) struct Grid {
    alignments: Vec<Alignment>,
    row: Vec<String>,
}

impl Grid {
    /// The table's beginning.
    pub fn begin(alignments: Vec<Alignment>) -> (Self, String) {
        let columns = alignments.len().max(1);
        let start = start(&vec![WIDTH / columns; columns]);
        (Self { alignments, row: Vec::new() }, start)
    }

    /// With names in its first of two columns.
    pub fn of_facts() -> (Self, String) {
        (Self::default(), start(&[NAMES, WIDTH - NAMES]))
    }

    pub fn cell(&mut self, runs: String) {
        self.row.push(runs);
    }

    /// Ends the row. `head`: it stands on each page that the table goes over.
    pub fn end_row(&mut self, head: bool) -> String {
        let mut out = format!("<w:tr><w:trPr><w:cantSplit/>{}</w:trPr>", if head { "<w:tblHeader/>" } else { "" });
        for (column, runs) in self.row.drain(..).enumerate() {
            let side = match self.alignments.get(column) {
                Some(Alignment::Center) => "<w:pPr><w:jc w:val=\"center\"/></w:pPr>",
                Some(Alignment::Right) => "<w:pPr><w:jc w:val=\"right\"/></w:pPr>",
                _ => "",
            };
            out.push_str(&format!(
                "<w:tc><w:tcPr><w:tcW w:w=\"0\" w:type=\"auto\"/></w:tcPr><w:p>{side}{runs}</w:p></w:tc>"
            ));
        }
        out.push_str("</w:tr>");
        out
    }
}

/// Two tables without anything between them would be one.
pub(super) const END: &str = "</w:tbl><w:p/>";

fn start(widths: &[usize]) -> String {
    let columns: String = widths.iter().map(|width| format!("<w:gridCol w:w=\"{width}\"/>")).collect();
    format!(
        "<w:tbl><w:tblPr><w:tblStyle w:val=\"Grid\"/><w:tblW w:w=\"0\" w:type=\"auto\"/></w:tblPr><w:tblGrid>{columns}\
         </w:tblGrid>"
    )
}
