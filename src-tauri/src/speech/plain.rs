//! Markdown as one would read it aloud: without its marks, code and addresses. Paragraphs are lines. A
//! model's thinking is left out before, by the page, which knows where it begins and ends.

use std::sync::LazyLock;

use regex::Regex;

fn rule(pattern: &'static str) -> Regex {
    Regex::new(pattern).expect("a pattern of this file")
}

/// What is said nowhere, wherever it stands: comments, code, formulas of their own.
static BLOCKS: LazyLock<[Regex; 4]> = LazyLock::new(|| {
    [
        rule(r"(?s)<!--.*?(?:-->|\z)"),
        rule(r"(?is)<(?:script|style)\b.*?(?:</(?:script|style)>|\z)"),
        rule(r"(?ms)^[ \t>]*(?:```.*?(?:^[ \t>]*```[^\n]*$|\z)|~~~.*?(?:^[ \t>]*~~~[^\n]*$|\z))"),
        rule(r"(?s)\$\$.*?\$\$"),
    ]
});

/// Within a line: what is matched, and what is said instead.
static INLINE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    vec![
        (rule(r"!\[([^\]]*)\]\([^)]*\)"), "$1"),
        (rule(r"\[\^[^\]]*\]"), ""),
        (rule(r"\[([^\]]*)\]\([^)]*\)"), "$1"),
        (rule(r"\[([^\]]+)\]\[[^\]]*\]"), "$1"),
        (rule(r"<?\b(?:https?|ftp)://[^\s<>)\]，。；！？）】]*[^\s<>)\]，。；！？）】.,;:!?]>?"), ""),
        (rule(r"(?i)<br\s*/?>"), ", "),
        (rule(r"</?[A-Za-z][^<>]*>"), ""),
        (rule(r"`+([^`]*)`+"), "$1"),
        (rule(r"\\([!-/:-@\[-`{-~])"), "$1"),
        (rule(r"(\*\*\*|\*\*|\*|~~)(\S(?:.*?\S)?)(\*\*\*|\*\*|\*|~~)"), "$2"),
        (rule(r"\b(?:__|_)(\S(?:.*?\S)?)(?:__|_)\b"), "$1"),
        (rule(r"[*#`~|]+"), " "),
    ]
});

static TABLE_RULE: LazyLock<Regex> = LazyLock::new(|| rule(r"^\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?$"));
static HEAD: LazyLock<Regex> =
    LazyLock::new(|| rule(r"^(?:>[ \t]*)*(?:#{1,6}[ \t]+|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?|\d{1,9}[.)][ \t]+)?"));
static NOTHING: LazyLock<Regex> = LazyLock::new(|| rule(r"^(?:[-*_=][ \t]*){3,}$|^\[[^\]]+\]:[ \t]+\S+.*$"));
static BLANKS: LazyLock<Regex> = LazyLock::new(|| rule(r"\s+"));
/// Blanks and brackets that stood around what is left out.
static LEFT_OVER: LazyLock<Regex> = LazyLock::new(|| rule(r"[(（\[]\s*[)）\]]|\s+([,.;:!?])"));

/// The text to read, a paragraph a line.
pub fn speakable(markdown: &str) -> String {
    let mut text = markdown.replace("\r\n", "\n");
    for block in BLOCKS.iter() {
        text = block.replace_all(&text, "\n").into_owned();
    }
    let mut lines: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        let line = line.trim();
        let is_row = line.starts_with('|') || line.matches('|').count() > 1;
        if line.is_empty() || NOTHING.is_match(line) || is_row && TABLE_RULE.is_match(line) {
            goes_on = false;
            continue;
        }
        let head = HEAD.find(line).map_or(0, |head| head.end());
        let said = if is_row { row(line) } else { inline(&line[head..]) };
        if !said.chars().any(char::is_alphanumeric) {
            continue;
        }
        let quoted = line.starts_with('>');
        match lines.last_mut() {
            // A line break inside a paragraph is a blank, in Chinese nothing.
            Some(before) if goes_on && !is_row && (head == 0 || quoted) => {
                let wide = |c: Option<char>| c.is_some_and(|c| c >= '\u{2e80}');
                if !(wide(before.chars().last()) && wide(said.chars().next())) {
                    before.push(' ');
                }
                before.push_str(&said);
            }
            _ => lines.push(said),
        }
        goes_on = !is_row && !line.starts_with('#');
    }
    lines.into_iter().map(ended).collect::<Vec<_>>().join("\n")
}

fn inline(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, instead) in INLINE.iter() {
        text = pattern.replace_all(&text, *instead).into_owned();
    }
    for (entity, sign) in
        [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
    {
        text = text.replace(entity, sign);
    }
    let text = LEFT_OVER.replace_all(&text, "$1");
    BLANKS.replace_all(&text, " ").trim().to_owned()
}

/// The cells of a table's row, one after the other.
fn row(line: &str) -> String {
    let cells = line.trim_matches('|').split('|').map(inline).filter(|cell| !cell.is_empty());
    cells.collect::<Vec<_>>().join(", ")
}

/// A heading or a line of a list ends like a sentence, so that the voice comes down.
fn ended(mut line: String) -> String {
    match line.chars().last() {
        Some(last) if last.is_alphanumeric() || matches!(last, ')' | '%' | '）') => {
            line.push(if last >= '\u{2e80}' { '。' } else { '.' });
        }
        _ => {}
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_code_and_addresses_are_not_read() {
        for (markdown, said) in [
            ("# Review\n\nIt is **good**, _really_.", "Review.\nIt is good, really."),
            ("- one\n- [x] two\n1. three", "one.\ntwo.\nthree."),
            ("Models put `<think>` before it.\n\nThe rest is read.", "Models put before it.\nThe rest is read."),
            ("Before.\n```rust\nlet x = 1;\n```\nAfter.", "Before.\nAfter."),
            ("Cut off.\n```\nlet x", "Cut off."),
            ("See [the report](https://a.example/x?y=1) and https://b.example/z.", "See the report and."),
            ("Run `cargo test` now.", "Run cargo test now."),
            ("| Clause | Finding |\n|---|:--|\n| 7.2 | Cap of 24 months |", "Clause, Finding.\n7.2, Cap of 24 months."),
            ("> Either party\n> may leave.", "Either party may leave."),
            ("one\ntwo", "one two."),
            ("第一行\n第二行", "第一行第二行。"),
            ("请看**重点**：详见 https://a.example/中文。", "请看重点：详见 。"),
            ("a<br>b &amp; c", "a, b & c."),
            ("![A cat](cat.png)\n\n---\n\nx_y_z stays.", "A cat.\nx_y_z stays."),
            ("5 * 3 * 2 is 30", "5 3 2 is 30."),
            ("Text[^1].\n\n[^1]: note\n[a]: https://x.example", "Text."),
            ("```\nonly code\n```", ""),
        ] {
            assert_eq!(speakable(markdown), said, "{markdown:?}");
        }
    }

    #[test]
    fn a_long_text_takes_no_long_time() {
        let begun = std::time::Instant::now();
        let long = "**a** [b](c) `d` *e <x ".repeat(40_000);
        assert!(!speakable(&long).is_empty());
        assert!(begun.elapsed().as_secs() < 20, "a text of a megabyte: {:?}", begun.elapsed());
    }
}
