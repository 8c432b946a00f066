//! The digest as Markdown, in English or Chinese.

use std::fmt::Write as _;

use super::extract::{Table, Unit};
use super::facts::{Fact, most_telling};
use super::language::Language;
use super::sentences::Picked;
use super::wording::{Say, amount, bytes, grouped, length_of};
use super::{Counts, Document, Length, readable, total};

/// Everything that stands in the digest.
pub(in super::super) struct Digest<'a> {
    pub title: &'a str,
    pub chinese: bool,
    pub length: Length,
    pub documents: &'a [Document],
    pub keywords: &'a [String],
    pub picked: &'a [Picked],
    pub dates: &'a [Fact],
    pub figures: &'a [Fact],
}

/// The language of most of the text.
pub(in super::super) fn main_language(documents: &[Document]) -> Language {
    let size = |counts: Counts| counts.words + counts.chinese / 2;
    let mut sizes: Vec<(Language, usize)> = Vec::new();
    for (_, read) in readable(documents) {
        match sizes.iter_mut().find(|(language, _)| *language == read.language) {
            Some((_, sum)) => *sum += size(read.counts),
            None => sizes.push((read.language, size(read.counts))),
        }
    }
    sizes.iter().max_by_key(|(_, sum)| *sum).map_or(Language::Unknown, |(language, _)| *language)
}

/// The title that was asked for, else the one that the documents have.
pub(in super::super) fn title(asked: &str, documents: &[Document], chinese: bool) -> String {
    let asked = asked.trim();
    if !asked.is_empty() {
        return asked.to_owned();
    }
    let mut read = readable(documents);
    match (read.next(), read.next()) {
        (Some((document, read)), None) => {
            // Only a heading at the very top is about the whole.
            let heading = read.blocks.iter().take(3).find_map(|block| match block {
                super::extract::Block::Heading(text) => Some(unnumbered(text).to_owned()),
                _ => None,
            });
            let stem = document.name.rsplit_once('.').map_or(document.name.as_str(), |(stem, _)| stem);
            // Programs fill in titles of their own, which say nothing.
            let own = read
                .title
                .clone()
                .filter(|title| !title.to_lowercase().contains("untitled") && !title.starts_with("Microsoft Word"));
            let tables_only = !read.tables.is_empty();
            let found = if tables_only { None } else { own.or(heading) };
            clipped(&found.unwrap_or_else(|| stem.to_owned()), 80)
        }
        _ => {
            let count = readable(documents).count();
            if chinese { format!("{count}份文件") } else { format!("{count} documents") }
        }
    }
}

/// "1. Summary" without its number; "2026 budget" stays as it is.
fn unnumbered(heading: &str) -> &str {
    match heading.split_once(' ') {
        Some((number, rest)) if number.contains('.') && number.chars().all(|c| c.is_ascii_digit() || c == '.') => rest,
        _ => heading,
    }
}

fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most - 1).collect();
    format!("{}…", cut.trim_end())
}

pub(in super::super) fn markdown(digest: &Digest<'_>) -> String {
    let say = Say { chinese: digest.chinese };
    let mut out = String::new();
    let _ = writeln!(out, "# {}{}\n", say.of("Digest: ", "摘要："), digest.title);
    let _ = writeln!(out, "{}\n", overview(digest, say));
    if !digest.keywords.is_empty() {
        let _ = writeln!(out, "## {}\n\n{}\n", say.of("Keywords", "关键词"), digest.keywords.join(say.of(", ", "、")));
    }
    sentences(&mut out, digest, say);
    tables(&mut out, digest, say);
    let heading = (say.of("Dates", "日期"), say.of("Date", "日期"));
    facts(&mut out, digest, digest.dates, heading, true, say);
    let heading = (say.of("Amounts and percentages", "金额与比例"), say.of("Figure", "数值"));
    facts(&mut out, digest, digest.figures, heading, false, say);
    files(&mut out, digest, say);
    let _ = writeln!(
        out,
        "*{}*",
        say.of(
            "Sentences are quoted from the documents. They were chosen with rules and statistics on this computer, without a language model.",
            "以上句子均引自原文，由本机按规则和统计方法选出，未使用语言模型。",
        )
    );
    out
}

fn overview(digest: &Digest<'_>, say: Say) -> String {
    let counts = total(digest.documents);
    let mut lines = Vec::new();
    let found = digest.documents.len();
    let read = readable(digest.documents).count();
    if found > 1 {
        let problem = if read < found {
            format!(
                " ({})",
                if say.chinese {
                    format!("其中{}份无法读取", found - read)
                } else {
                    format!("{} could not be read", found - read)
                }
            )
        } else {
            String::new()
        };
        lines.push(format!("- **{}** {found}{problem}", say.of("Documents:", "文件数：")));
    }
    let names: Vec<&str> = {
        let mut names = Vec::new();
        for (_, read) in readable(digest.documents) {
            let name = say.language(read.language);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    lines.push(format!("- **{}** {}", say.of("Language:", "语言："), names.join(say.of(", ", "、"))));
    let mut length = Vec::new();
    for unit in [Unit::Pages, Unit::Slides, Unit::Sheets] {
        let sum: usize = readable(digest.documents)
            .filter_map(|(_, read)| read.pages)
            .filter(|pages| pages.1 == unit)
            .map(|pages| pages.0)
            .sum();
        if sum > 0 {
            length.push(say.pages((sum, unit)));
        }
    }
    length.push(length_of(counts, say));
    length.push(say.count(counts.sentences, "sentence", "sentences", "个句子"));
    lines.push(format!("- **{}** {}", say.of("Length:", "篇幅："), length.join(say.of(", ", "，"))));
    let minutes = counts.reading_minutes();
    let minutes = match minutes {
        0..100 => say.count(minutes, "minute", "minutes", "分钟"),
        _ => say.count((minutes + 30) / 60, "hour", "hours", "小时"),
    };
    lines.push(format!("- **{}** {}{minutes}", say.of("Reading time:", "阅读时间："), say.of("about ", "约")));
    lines.join("\n")
}

fn sentences(out: &mut String, digest: &Digest<'_>, say: Say) {
    if digest.picked.is_empty() {
        return;
    }
    let _ = writeln!(out, "## {}\n", say.of("Key sentences", "重点句"));
    for picked in digest.picked {
        if digest.documents.len() > 1 {
            let _ = writeln!(out, "**{}**\n", escaped(&picked.document));
        }
        for sentence in &picked.sentences {
            let _ = writeln!(out, "- {}", escaped(sentence));
        }
        out.push('\n');
    }
}

fn tables(out: &mut String, digest: &Digest<'_>, say: Say) {
    let all: Vec<(&Document, &Table)> = readable(digest.documents)
        .flat_map(|(document, read)| read.tables.iter().map(move |table| (document, table)))
        .filter(|(_, table)| !table.columns.is_empty())
        .collect();
    if all.is_empty() {
        return;
    }
    let heads = [
        say.of("Table", "表"),
        say.of("Rows", "行数"),
        say.of("Column", "列"),
        say.of("Sum", "合计"),
        say.of("Average", "平均"),
        say.of("Smallest", "最小"),
        say.of("Largest", "最大"),
    ];
    let _ = writeln!(
        out,
        "## {}\n\n| {} |\n|---|---:|---|---:|---:|---:|---:|",
        say.of("Tables in figures", "表格数据"),
        heads.join(" | ")
    );
    for (document, table) in all {
        let name =
            if table.name.is_empty() { document.name.clone() } else { format!("{}: {}", document.name, table.name) };
        for column in &table.columns {
            let average = amount(column.sum / column.count as f64);
            // A sum of shares means nothing.
            let shares = column.least >= 0.0 && column.most <= 1.0;
            let sum = if shares { "–".to_owned() } else { amount(column.sum) };
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {average} | {} | {} |",
                cell(&name),
                table.rows,
                cell(&column.name),
                sum,
                amount(column.least),
                amount(column.most)
            );
        }
    }
    out.push('\n');
}

fn facts(
    out: &mut String,
    digest: &Digest<'_>,
    facts: &[Fact],
    (heading, column): (&str, &str),
    later: bool,
    say: Say,
) {
    if facts.is_empty() {
        return;
    }
    // With several documents it matters which one says it.
    let several = readable(digest.documents).count() > 1;
    let (head, line) = if several { (format!(" {} |", say.of("File", "文件")), "---|") } else { (String::new(), "") };
    let _ = writeln!(out, "## {heading}\n\n| {column} | {} |{head}\n|---|---|{line}", say.of("In the text", "原文"));
    let shown = most_telling(facts, digest.length.facts(), later);
    for fact in &shown {
        let file = if several { format!(" {} |", cell(&fact.document)) } else { String::new() };
        let place = |text: &str| cell(&text.replace(" | ", " · "));
        let (before, written, after) = (place(&fact.before), place(&fact.written), place(&fact.after));
        let _ = writeln!(out, "| {} | {before}**{written}**{after} |{file}", cell(&fact.value));
    }
    if facts.len() > shown.len() {
        let rest = facts.len() - shown.len();
        let file = if several { " |" } else { "" };
        let _ = writeln!(
            out,
            "| … | {} |{file}",
            if say.chinese { format!("另有{rest}项") } else { format!("{rest} more") }
        );
    }
    out.push('\n');
}

fn files(out: &mut String, digest: &Digest<'_>, say: Say) {
    let heads = [
        say.of("File", "文件"),
        say.of("Kind", "类型"),
        say.of("Size", "大小"),
        say.of("Pages", "页数"),
        say.of("Words", "字数"),
        say.of("Language", "语言"),
        say.of("Remark", "备注"),
    ];
    let _ = writeln!(
        out,
        "## {}\n\n| {} |\n|---|---|---:|---|---:|---|---|",
        say.of("Files", "文件清单"),
        heads.join(" | ")
    );
    for document in digest.documents {
        let size = document.size.map_or("–".to_owned(), bytes);
        let row = match &document.content {
            Ok(read) => [
                cell(&document.name),
                document.format.to_owned(),
                size,
                read.pages.map_or("–".to_owned(), |pages| say.pages(pages)),
                grouped(read.counts.words + read.counts.chinese),
                say.language(read.language).to_owned(),
                read.remark.as_ref().map_or("–".to_owned(), |remark| {
                    cell(&if say.chinese { remark.chinese() } else { remark.english() })
                }),
            ],
            Err(problem) => {
                let dash = || "–".to_owned();
                [
                    cell(&document.name),
                    document.format.to_owned(),
                    size,
                    dash(),
                    dash(),
                    dash(),
                    format!("⚠ {}", cell(&if say.chinese { problem.chinese() } else { problem.english() })),
                ]
            }
        };
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
    out.push('\n');
}

/// Text from a document must not become markup of ours.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '*' | '_' | '`' | '[' | ']' | '<' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

fn cell(text: &str) -> String {
    escaped(text).replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_asked_for_or_found() {
        let document = |text: &str| {
            let read = super::super::Read::new(super::super::extract::pasted(text));
            [Document { name: "minutes 4.txt".into(), format: "Text", size: None, content: Ok(read) }]
        };
        let text = "Plain words without a heading, nothing more than that.";
        assert_eq!(title(" Asked ", &document(text), false), "Asked");
        assert_eq!(title("", &document(text), false), "minutes 4");
        assert_eq!(title("", &document(&format!("# 2026 budget\n\n{text}")), false), "2026 budget");
        assert_eq!(title("", &document(&format!("# 1.2 Costs\n\n{text}")), false), "1.2 Costs");
        assert_eq!(title("", &[document(text), document(text)].concat(), true), "2份文件");
    }
}
