//! Lines back into paragraphs: page furniture removed, line breaks and hyphens undone, headings recognised.

use std::collections::{HashMap, HashSet};

use super::{Block, is_wide};

/// Where the lines come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Somebody typed them: a blank line is a paragraph's end.
    Typed,
    /// They were read off pages, where a blank line may be nothing but wide spacing.
    Pages,
}

/// The paragraphs of a text that was cut into lines, and perhaps into pages.
pub(super) fn paragraphs(pages: &[String], source: Source) -> Vec<Block> {
    let pages = without_furniture(pages);
    let lines: Vec<&str> = pages.iter().flat_map(|page| page.iter().map(String::as_str)).collect();
    let full = full_width(&lines);
    let words = vocabulary(&lines);
    // Whoever breaks words does it often; a rare hyphen at the end of a line belongs to its word.
    let hyphens = lines.iter().filter(|line| line.ends_with('-')).count();
    let breaks_words = hyphens * 40 > lines.len();
    // Some readers see a blank line after every line: then blank lines say nothing.
    let blank = lines.iter().filter(|line| line.is_empty()).count();
    let filled = lines.len() - blank;
    let blanks_count = source == Source::Typed || blank * 10 < filled.saturating_sub(1) * 7;

    let mut blocks = Vec::new();
    let mut paragraph = String::new();
    let mut last_width = 0;
    let mut lines_in = 0;
    let mut blank_before = true;
    for line in lines {
        if line.is_empty() {
            blank_before = true;
            continue;
        }
        let breaks = paragraph.is_empty()
            || (blank_before && blanks_count)
            || ends_here(&paragraph, last_width, lines_in, line, full);
        if breaks {
            close(&mut paragraph, lines_in, last_width, full, &mut blocks);
            lines_in = 0;
        }
        append(&mut paragraph, line, &words, breaks_words);
        lines_in += 1;
        last_width = width(line);
        blank_before = false;
    }
    close(&mut paragraph, lines_in, last_width, full, &mut blocks);
    blocks
}

/// Chinese characters take two columns.
fn width(text: &str) -> usize {
    text.chars().map(|letter| if is_wide(letter) { 2 } else { 1 }).sum()
}

/// How wide a full line is: nine lines of ten are no wider.
fn full_width(lines: &[&str]) -> usize {
    let mut widths: Vec<usize> = lines.iter().filter(|line| !line.is_empty()).map(|line| width(line)).collect();
    widths.sort_unstable();
    widths.get(widths.len() * 9 / 10).copied().unwrap_or(0)
}

fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(['"', '\'', '”', '’', ')', '）', '」', '』', '》'])
        .ends_with(['.', '!', '?', '。', '！', '？', ':', '：', '；'])
}

/// Whether a paragraph is over before `next`: its last line is clearly short, or `next` begins something of its own.
fn ends_here(paragraph: &str, last_width: usize, lines_in: usize, next: &str, full: usize) -> bool {
    let first = next.chars().next().unwrap_or(' ');
    if bullet(next) || numbered(next) {
        return ends_sentence(paragraph) || last_width * 10 < full * 8;
    }
    // Text without long lines is verse, an address or a list: every line stands for itself.
    if full < 45 && lines_in > 0 && !ends_mid_word(paragraph) && !first.is_lowercase() {
        return true;
    }
    if ends_sentence(paragraph) {
        return last_width * 100 < full * 92;
    }
    // Not the end of a sentence and yet short: a heading, or a field of a form.
    last_width * 10 < full * 7 && !first.is_lowercase()
}

fn ends_mid_word(text: &str) -> bool {
    text.ends_with(['-', ',', '，', '、'])
}

fn bullet(line: &str) -> bool {
    ["- ", "• ", "* ", "– ", "· ", "● ", "○ ", "▪ "].iter().any(|mark| line.starts_with(mark))
}

/// "1. Summary", "2.3 Costs", "第三条 …", "一、…"
fn numbered(line: &str) -> bool {
    let digits = line.chars().take_while(|c| c.is_ascii_digit() || *c == '.').count();
    let after: String = line.chars().skip(digits).take(2).collect();
    let latin = digits > 0
        && line.chars().take(digits).any(|c| c == '.')
        && after.starts_with(' ')
        && after.chars().nth(1).is_some_and(|c| c.is_uppercase() || is_wide(c));
    let chinese_number = |c: char| "一二三四五六七八九十百零".contains(c);
    let mut letters = line.chars();
    let first = letters.next().unwrap_or(' ');
    let rest: String = letters.clone().skip_while(|c| chinese_number(*c)).take(1).collect();
    latin
        || (first == '第' && matches!(rest.as_str(), "条" | "章" | "节" | "款"))
        || (chinese_number(first) && rest == "、")
}

fn close(paragraph: &mut String, lines: usize, last_width: usize, full: usize, blocks: &mut Vec<Block>) {
    let text = std::mem::take(paragraph);
    if text.is_empty() {
        return;
    }
    let short = lines == 1 && last_width * 10 < full * 7 && width(&text) < 90;
    // "Date: 3 May" is a field of a form, a colon further on may stand in a title.
    let label = text
        .find([':', '：'])
        .is_some_and(|at| text[..at].split_whitespace().count() < 3 && text[..at].chars().count() < 20);
    let trimmed = text.trim_end_matches(' ');
    if short
        && full >= 45
        && !ends_sentence(trimmed)
        && !label
        && text.chars().any(char::is_alphabetic)
        && !bullet(&text)
    {
        blocks.push(Block::Heading(text));
    } else {
        let text = if bullet(&text) { text.chars().skip(2).collect() } else { text };
        blocks.push(Block::Paragraph(text));
    }
}

/// Joins a line to its paragraph: no space between Chinese characters, and a hyphen at the end may go.
fn append(paragraph: &mut String, line: &str, words: &HashSet<String>, breaks_words: bool) {
    let Some(last) = paragraph.chars().next_back() else {
        paragraph.push_str(line);
        return;
    };
    let first = line.chars().next().unwrap_or(' ');
    let before_hyphen = paragraph.chars().rev().nth(1);
    if last == '-' && before_hyphen.is_some_and(char::is_alphabetic) && first.is_lowercase() {
        let left: String = {
            let tail: Vec<char> = paragraph.chars().rev().skip(1).take_while(|c| c.is_alphabetic()).collect();
            tail.into_iter().rev().collect()
        };
        let right: String = line.chars().take_while(|c| c.is_alphabetic()).collect();
        let (left, right) = (left.to_lowercase(), right.to_lowercase());
        let joined = words.contains(&format!("{left}{right}"));
        let compound = words.contains(&format!("{left}-{right}")) || (words.contains(&left) && words.contains(&right));
        if joined || (breaks_words && !compound) {
            paragraph.pop();
        }
    } else if !(is_wide(last) && is_wide(first)) {
        paragraph.push(' ');
    }
    paragraph.push_str(line);
}

/// The words that stand whole inside a line, to tell a broken word from a compound.
fn vocabulary(lines: &[&str]) -> HashSet<String> {
    let mut words = HashSet::new();
    for line in lines {
        for word in line.split(|c: char| !c.is_alphabetic() && c != '-') {
            if !word.ends_with('-') && word.len() > 2 {
                words.insert(word.to_lowercase());
            }
        }
    }
    words
}

/// Pages as trimmed lines, without page numbers and without lines that return on most pages.
fn without_furniture(pages: &[String]) -> Vec<Vec<String>> {
    let pages: Vec<Vec<String>> =
        pages.iter().map(|page| page.lines().map(|line| line.trim().to_owned()).collect()).collect();
    if pages.len() < 2 {
        return pages;
    }
    // "Page 3 of 12" is the same line on every page.
    let shape = |line: &str| {
        line.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>().replace("00", "0")
    };
    let edges = |page: &[String]| -> Vec<usize> {
        let filled: Vec<usize> = (0..page.len()).filter(|at| !page[*at].is_empty()).collect();
        let mut edges: Vec<usize> = filled.iter().take(2).chain(filled.iter().rev().take(2)).copied().collect();
        edges.dedup();
        edges
    };
    let mut seen: HashMap<String, usize> = HashMap::new();
    for page in &pages {
        let shapes: HashSet<String> = edges(page).into_iter().map(|at| shape(&page[at])).collect();
        shapes.into_iter().for_each(|shape| *seen.entry(shape).or_default() += 1);
    }
    let many = (pages.len() * 3).div_ceil(5).max(2);
    pages
        .into_iter()
        .map(|mut page| {
            for at in edges(&page) {
                let line = &page[at];
                let number = line.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '–' | ' ' | '/'));
                if number || seen.get(&shape(line)).is_some_and(|count| *count >= many) {
                    page[at].clear();
                }
            }
            page
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pages: &[&str]) -> Vec<String> {
        let pages: Vec<String> = pages.iter().map(|page| (*page).to_owned()).collect();
        paragraphs(&pages, Source::Pages).iter().map(|block| block.text().to_owned()).collect()
    }

    #[test]
    fn broken_words_are_mended_and_compounds_kept() {
        let page = "The committee has decided that all height-\nadjustable desks will be kept and that the chairs inclu-\n\
                    ding the old ones are adjustable in height as well.";
        assert_eq!(
            texts(&[page])[0],
            "The committee has decided that all height-adjustable desks will be kept and that the chairs \
                                       including the old ones are adjustable in height as well."
        );
    }

    #[test]
    fn headers_and_page_numbers_of_pages_vanish() {
        let page = |n: usize| {
            format!("Annual report 2026\n\nThis is the text of page {n}, which is long enough to be a line.\n\n{n}")
        };
        let found = texts(&[&page(1), &page(2), &page(3)]);
        assert!(found.iter().all(|text| !text.contains("Annual") && text.len() > 10), "{found:?}");
    }

    #[test]
    fn chinese_lines_join_without_a_space() {
        let page = "甲方因办公场所搬迁，需要采购一批办公设备，并由乙方提供为期三年的维护服务。双方本着平\n\n等自愿、诚实信用的原则，经协商一致，签订本协议。";
        assert_eq!(texts(&[page]).len(), 1);
        assert!(texts(&[page])[0].contains("平等自愿"));
    }
}
