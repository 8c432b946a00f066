//! A table on the clipboard: found in what spreadsheets, word processors and browsers put there, and written as CSV.

use scraper::{ElementRef, Html, Selector};

use super::Error;

pub type Rows = Vec<Vec<String>>;

/// More cells than anybody selects; beyond them it is taken as the text it is.
const MOST_CELLS: usize = 2_000_000;

/// The table that was copied; `None` where it was a text, even one with a table in it.
pub fn table_of(html: Option<&str>, text: Option<&str>) -> Option<Rows> {
    // Spreadsheets write both; the text tells apart what the page's markup joins, and is smaller.
    text.and_then(of_tabs).or_else(|| html.and_then(of_html))
}

/// As spreadsheets and browsers copy: a line for each row, with as many tabs in each.
fn of_tabs(text: &str) -> Option<Rows> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    if !text.contains('\t') {
        return None;
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b'\t')
        .has_headers(false)
        .flexible(true)
        // Cells with a line break come in quotes; a quotation mark within a cell is a quotation mark.
        .double_quote(true)
        .from_reader(text.as_bytes());
    let rows: Rows = reader
        .records()
        .map(|record| record.map(|record| record.iter().map(str::to_owned).collect()))
        .collect::<Result<_, _>>()
        .ok()?;
    let width = rows.first()?.len();
    let is_table = rows.len() > 1 && width > 1 && rows.iter().all(|row| row.len() == width);
    (is_table && rows.len() * width <= MOST_CELLS).then_some(rows)
}

/// A page that is one table and hardly anything else.
fn of_html(html: &str) -> Option<Rows> {
    let select = |css: &str| Selector::parse(css).ok();
    let page = Html::parse_document(html);
    let mut tables = page.select(&select("table")?).collect::<Vec<_>>().into_iter();
    let table = tables.next()?;
    let (rows, cells) = (select("tr")?, select("th, td")?);
    if tables.next().is_some() || signs(page.root_element()) > signs(table) + 20 {
        return None;
    }
    let rows: Rows = table
        .select(&rows)
        .map(|row| {
            row.select(&cells)
                .flat_map(|cell| {
                    let span = cell.attr("colspan").and_then(|span| span.parse::<usize>().ok()).unwrap_or(1);
                    // A cell over several columns keeps those behind it in their place.
                    let empty = std::iter::repeat_n(String::new(), span.clamp(1, 1000) - 1);
                    std::iter::once(plain(cell)).chain(empty)
                })
                .collect()
        })
        .filter(|row: &Vec<String>| !row.is_empty())
        .collect();
    let width = rows.iter().map(Vec::len).max()?;
    (width * rows.len() > 1 && width * rows.len() <= MOST_CELLS).then_some(rows)
}

/// Letters that are seen: styles and scripts are no text.
fn signs(element: ElementRef<'_>) -> usize {
    let seen = element.descendants().filter(|node| {
        let parent = node.parent().and_then(|parent| parent.value().as_element().map(|element| element.name()));
        !matches!(parent, Some("style" | "script" | "title"))
    });
    seen.filter_map(|node| node.value().as_text()).flat_map(|text| text.chars()).filter(|c| !c.is_whitespace()).count()
}

fn plain(cell: ElementRef<'_>) -> String {
    let text: String = cell.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Rows as CSV in UTF-8, each as long as the longest.
pub fn csv_of(rows: &Rows) -> Result<Vec<u8>, Error> {
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let padding = std::iter::repeat_n("", width - row.len());
        writer.write_record(row.iter().map(String::as_str).chain(padding)).map_err(|_| Error::Unreadable)?;
    }
    writer.into_inner().map_err(|_| Error::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(html: Option<&str>, text: Option<&str>) -> Option<String> {
        table_of(html, text).map(|rows| String::from_utf8(csv_of(&rows).expect("CSV")).expect("UTF-8"))
    }

    #[test]
    fn rows_of_a_spreadsheet_become_csv() {
        let copied = "Name\tSum\nM\u{fc}ller, Anna\t1,200\n\"two\nlines\"\t\"5\"\"\"\n";
        assert_eq!(
            written(None, Some(copied)).as_deref(),
            Some("Name,Sum\n\"M\u{fc}ller, Anna\",\"1,200\"\n\"two\nlines\",\"5\"\"\"\n"),
            "commas, line breaks and quotation marks stay within their cells"
        );
    }

    #[test]
    fn a_text_with_a_tab_is_a_text() {
        assert_eq!(written(None, Some("Dear all,\n\tplease read.\nBest")), None, "an indented letter");
        assert_eq!(written(None, Some("a\tb")), None, "one line");
        assert_eq!(written(None, Some("a\tb\nc\td\te\n")), None, "rows of different lengths");
    }

    #[test]
    fn a_table_of_a_web_page_keeps_its_columns() {
        let page = "<html><head><style>td { color: red and very long words in here }</style></head><body>\
            <table><tr><th colspan=2>Both</th><th>Third</th></tr><tr><td>1</td><td>2 <b>x</b></td></tr></table>";
        assert_eq!(written(Some(page), None).as_deref(), Some("Both,,Third\n1,2 x,\n"));
    }

    #[test]
    fn a_page_with_a_table_in_it_is_no_table() {
        let page = "<p>A long report that has a table somewhere in the middle of it.</p><table><tr><td>1</td><td>2</td></tr></table>";
        assert_eq!(written(Some(page), None), None);
        assert_eq!(written(Some("<table><tr><td>layout</td></tr></table>"), None), None, "one cell is a frame");
        assert_eq!(
            written(
                Some("<table><tr><td>a</td><td>b</td></tr></table><table><tr><td>c</td><td>d</td></tr></table>"),
                None
            ),
            None
        );
    }
}
