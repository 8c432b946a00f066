//! A report as Markdown, for notes and tickets. What is Markdown stays as it is, a level lower; all else is escaped.

use super::report::{Block, Report};

pub(super) fn markdown(report: &Report) -> String {
    let mut out = format!("# {}\n\n", line(&report.title));
    for (name, value) in &report.facts {
        out.push_str(&format!("- **{}:** {}\n", line(name), line(value)));
    }
    for section in &report.sections {
        out.push_str(&format!("\n## {}\n", line(&section.heading)));
        for block in &section.blocks {
            out.push('\n');
            self::block(&mut out, block);
        }
    }
    out.push_str(&format!("\n---\n\n{}\n", line(&report.made_by)));
    out
}

fn block(out: &mut String, block: &Block) {
    match block {
        Block::Heading(text) => out.push_str(&format!("### {}\n", line(text))),
        // Two blanks end a line without ending its paragraph.
        Block::Text(text) => {
            text.lines().for_each(|text| {
                let text = escaped(text);
                out.push_str(&if text.trim().is_empty() { "\n".to_owned() } else { format!("{}  \n", text.trim()) });
            });
        }
        Block::Markdown(text) => {
            let mut fence: Option<char> = None;
            for text in text.lines() {
                let trimmed = text.trim_start();
                let mark = ['`', '~'].into_iter().find(|mark| trimmed.starts_with(&mark.to_string().repeat(3)));
                match (mark, fence) {
                    (Some(mark), None) => fence = Some(mark),
                    (Some(mark), Some(open)) if mark == open => fence = None,
                    _ => {}
                }
                let heading = fence.is_none().then(|| lowered(trimmed)).flatten();
                out.push_str(heading.as_deref().unwrap_or(text));
                out.push('\n');
            }
            // A block of code that never ended would swallow what follows.
            if let Some(mark) = fence {
                out.push_str(&format!("{}\n", mark.to_string().repeat(3)));
            }
        }
        Block::Code(text) => {
            let mut fence = "```".to_owned();
            while text.contains(&fence) {
                fence.push('`');
            }
            out.push_str(&format!("{fence}\n{text}\n{fence}\n"));
        }
        Block::List(items) => items.iter().for_each(|item| out.push_str(&format!("- {}\n", line(item)))),
        Block::Table(rows) => {
            for (place, row) in rows.iter().enumerate() {
                let cells: Vec<String> = row.iter().map(|cell| line(cell)).collect();
                out.push_str(&format!("| {} |\n", cells.join(" | ")));
                if place == 0 {
                    out.push_str(&format!("|{}\n", " --- |".repeat(row.len())));
                }
            }
        }
        Block::Picture { name, link: Some(link), .. } => out.push_str(&format!("![{}]({link})\n", line(name))),
        // It is named among the files.
        Block::Picture { link: None, .. } => {}
    }
}

/// A heading, two levels lower.
fn lowered(line: &str) -> Option<String> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let is_heading = (1..=6).contains(&level) && line[level..].starts_with([' ', '\t']);
    is_heading.then(|| format!("{}{}", "#".repeat((level + 2).min(6)), &line[level..]))
}

fn line(text: &str) -> String {
    escaped(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Marks are only words.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    // These mean something at the beginning of a line only.
    let first = out.trim_start().chars().next();
    if matches!(first, Some('-' | '+')) { format!("\\{}", out.trim_start()) } else { out }
}
