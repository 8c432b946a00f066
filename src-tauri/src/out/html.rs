//! A report as one web page that holds all it needs: no scripts, nothing fetched, pictures inside.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use pulldown_cmark::{Event, HeadingLevel, Tag, TagEnd, html as writer};

use super::{
    marked,
    report::{Block, Report},
};

/// Even a browser that is not careful fetches and runs nothing.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

const STYLE: &str = "body{font:15px/1.55 system-ui,-apple-system,'Segoe UI','Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif;color:#1b1d21;max-width:46rem;margin:2.5rem auto;padding:0 1.25rem;overflow-wrap:anywhere}\
h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem}h2{font-size:1.15rem;margin:2rem 0 .6rem;padding-top:.6rem;border-top:1px solid #d9dce1}h3,h4,h5,h6{font-size:1rem;margin:1.1rem 0 .3rem}\
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.25rem;margin:0}dl.facts dt{color:#5b616b}dl.facts dd{margin:0}\
.text{white-space:pre-wrap}pre{white-space:pre-wrap;background:#f4f5f7;padding:.75rem;border-radius:6px;font-size:.85rem}code{font-family:ui-monospace,Consolas,monospace;font-size:.9em}\
table{border-collapse:collapse;margin:.5rem 0}th,td{border:1px solid #d0d4da;padding:.25rem .6rem;text-align:start;vertical-align:top}th{background:#f4f5f7}\
blockquote{margin:.5rem 0;padding-inline-start:1rem;border-inline-start:3px solid #d0d4da;color:#40454e}img{max-width:100%;height:auto}figure{margin:.75rem 0}figcaption,footer{color:#5b616b;font-size:.85rem}footer{margin-top:2.5rem}\
@page{margin:18mm}@media print{body{margin:0;max-width:none;padding:0;font-size:11pt}h2,h3,h4{break-after:avoid}tr,figure,pre{break-inside:avoid}a{color:inherit}}";

pub(super) fn page(report: &Report) -> String {
    let mut out = String::with_capacity(64 * 1024);
    let (language, title) = (escaped(&report.language), escaped(&report.title));
    out.push_str(&format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    ));
    out.push_str("<dl class=\"facts\">\n");
    for (name, value) in &report.facts {
        out.push_str(&format!("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(value)));
    }
    out.push_str("</dl>\n");
    for section in &report.sections {
        out.push_str(&format!("<section>\n<h2>{}</h2>\n", escaped(&section.heading)));
        section.blocks.iter().for_each(|block| self::block(&mut out, block));
        out.push_str("</section>\n");
    }
    out.push_str(&format!("</main>\n<footer>{}</footer>\n</body>\n</html>\n", escaped(&report.made_by)));
    out
}

fn block(out: &mut String, block: &Block) {
    match block {
        Block::Heading(text) => out.push_str(&format!("<h3>{}</h3>\n", escaped(text))),
        Block::Text(text) => {
            // Lines by marks of their own: the class is lost where the page prints it.
            let lines: Vec<String> = text.lines().map(escaped).collect();
            out.push_str(&format!("<p class=\"text\">{}</p>\n", lines.join("<br>")));
        }
        Block::Code(text) => out.push_str(&format!("<pre><code>{}</code></pre>\n", escaped(text))),
        Block::Markdown(text) => writer::push_html(out, marked::events(text).map(below_sections)),
        Block::List(items) => {
            out.push_str("<ul>\n");
            items.iter().for_each(|item| out.push_str(&format!("<li>{}</li>\n", escaped(item))));
            out.push_str("</ul>\n");
        }
        Block::Table(rows) => {
            out.push_str("<table>\n");
            for (place, row) in rows.iter().enumerate() {
                let (tag, scope) = if place == 0 { ("th", " scope=\"col\"") } else { ("td", "") };
                out.push_str("<tr>");
                row.iter().for_each(|cell| out.push_str(&format!("<{tag}{scope}>{}</{tag}>", escaped(cell))));
                out.push_str("</tr>\n");
            }
            out.push_str("</table>\n");
        }
        Block::Picture { name, mime, bytes, .. } => {
            let (name, data) = (escaped(name), STANDARD.encode(bytes));
            out.push_str(&format!(
                "<figure><img src=\"data:{mime};base64,{data}\" alt=\"{name}\"><figcaption>{name}</figcaption></figure>\n"
            ));
        }
    }
}

/// A result's first heading stands below those of the report.
fn below_sections(event: Event<'_>) -> Event<'_> {
    let lower = |level: HeadingLevel| match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    };
    match event {
        Event::Start(Tag::Heading { level, id, classes, attrs }) => {
            Event::Start(Tag::Heading { level: lower(level), id, classes, attrs })
        }
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        event => event,
    }
}

pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\0' => {}
            c => out.push(c),
        }
    }
    out
}
