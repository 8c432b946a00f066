//! Dates and figures: found by their form, shown with the words around them.

use std::sync::LazyLock;

use regex::Regex;

use super::extract::is_wide;
use super::sentences::Sentence;
use super::{Document, readable};

/// A date or a figure, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Fact {
    /// Dates as 2026-11-21 or 2026-11; figures as written.
    pub value: String,
    /// The words around it, before and behind.
    pub before: String,
    pub written: String,
    pub after: String,
    pub document: String,
    /// From running text, which counts for more than the row of a table.
    pub prose: bool,
}

const MONTHS: &str = "January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec";

fn pattern(text: &str) -> Regex {
    // The patterns are constants of this file; a test compiles every one.
    #[allow(clippy::expect_used)]
    Regex::new(text).expect("a constant pattern")
}

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"(?x)
        \b(?P<iso>\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}})\b
        | \b(?P<dmy>\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{MONTHS})\.?,?\s+\d{{4}})\b
        | \b(?P<mdy>(?:{MONTHS})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}})\b
        | (?P<zh>\d{{4}}\s?年\s?\d{{1,2}}\s?月(?:\s?\d{{1,2}}\s?[日号])?)
        | \b(?P<dots>\d{{1,2}}\.\d{{1,2}}\.(?:19|20)\d{{2}})\b
        | \b(?P<my>(?:{MONTHS})\.?\s+(?:19|20)\d{{2}})\b"
    ))
});

static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xi)
        (?:\b(?:EUR|USD|GBP|CHF|CNY|RMB|JPY|HKD|US\$|HK\$)\s?|[€$£¥￥]\s?|人民币)\d[\d,.]*\d?(?:\s?(?:million|billion|thousand|bn|[mk]\b)|\s?[万亿])?元?
        | \d[\d,.]*\s?(?:(?:million|billion|thousand)\s)?(?:\b(?:EUR|USD|GBP|CHF|CNY|RMB|JPY)\b|€|euros?\b|dollars?\b|pounds?\b)
        | \d[\d,.]*\s?(?:万元|亿元|元)
        | \d+(?:[.,]\d+)?\s?(?:%|％|‰|percent\b|per\scent\b|percentage\spoints?\b)",
    )
});

/// The dates of all documents, in the order of the calendar, each once.
pub(in super::super) fn dates(documents: &[Document]) -> Vec<Fact> {
    let mut found: Vec<Fact> = Vec::new();
    each_sentence(documents, |document, sentence| {
        for captures in DATE.captures_iter(&sentence.text) {
            let Some(whole) = captures.get(0) else { continue };
            let name = ["iso", "dmy", "mdy", "zh", "dots", "my"].into_iter().find(|name| captures.name(name).is_some());
            let Some(value) = name.and_then(|name| calendar(name, whole.as_str())) else { continue };
            if !found.iter().any(|fact| fact.value == value) {
                found.push(fact(value, document, sentence, whole.start(), whole.end()));
            }
        }
    });
    found.sort_by(|a, b| a.value.cmp(&b.value));
    found
}

/// Amounts of money and percentages, in the order of the documents, each once.
pub(in super::super) fn figures(documents: &[Document]) -> Vec<Fact> {
    let mut found: Vec<Fact> = Vec::new();
    each_sentence(documents, |document, sentence| {
        for found_at in FIGURE.find_iter(&sentence.text) {
            let value = found_at.as_str().trim_end().trim_end_matches([',', '.']).to_owned();
            if !found.iter().any(|fact| fact.value == value) {
                let end = found_at.start() + value.len();
                found.push(fact(value, document, sentence, found_at.start(), end));
            }
        }
    });
    found
}

fn each_sentence(documents: &[Document], mut each: impl FnMut(&Document, &Sentence)) {
    for (document, read) in readable(documents) {
        read.sentences.iter().for_each(|sentence| each(document, sentence));
    }
}

/// As many as are wanted: running text before tables, and of dates the later ones, because deadlines lie ahead.
pub(in super::super) fn most_telling(facts: &[Fact], most: usize, later: bool) -> Vec<&Fact> {
    let mut order: Vec<usize> = (0..facts.len()).collect();
    if later {
        order.reverse();
    }
    order.sort_by_key(|at| !facts[*at].prose);
    order.truncate(most);
    order.sort_unstable();
    order.into_iter().map(|at| &facts[at]).collect()
}

/// A date in the order of ISO 8601, or nothing if there is no such day.
fn calendar(form: &str, text: &str) -> Option<String> {
    let numbers: Vec<u32> =
        text.split(|letter: char| !letter.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    let month = || {
        let word = text.split(|letter: char| !letter.is_alphabetic()).find(|word| {
            let word = word.to_lowercase();
            word.len() >= 3 && MONTHS.split('|').any(|name| name.to_lowercase() == word)
        })?;
        let at = MONTHS.split('|').take(12).position(|name| name[..3].eq_ignore_ascii_case(&word[..3]))?;
        u32::try_from(at + 1).ok()
    };
    let (year, month, day) = match (form, numbers.as_slice()) {
        ("iso" | "zh", [year, month, day]) => (*year, *month, Some(*day)),
        ("zh", [year, month]) => (*year, *month, None),
        ("dots", [day, month, year]) => (*year, *month, Some(*day)),
        ("dmy" | "mdy", [day, year]) => (*year, month()?, Some(*day)),
        ("my", [year]) => (*year, month()?, None),
        _ => return None,
    };
    if !(1000..=2999).contains(&year) || !(1..=12).contains(&month) || day.is_some_and(|day| !(1..=31).contains(&day)) {
        return None;
    }
    Some(day.map_or(format!("{year:04}-{month:02}"), |day| format!("{year:04}-{month:02}-{day:02}")))
}

/// The fact with the words around it, cut at word boundaries; Chinese needs half as many characters.
fn fact(value: String, document: &Document, sentence: &Sentence, start: usize, end: usize) -> Fact {
    let prose = sentence.prose;
    let sentence = sentence.text.as_str();
    let reach = |text: &str| if text.chars().any(is_wide) { 26 } else { 64 };
    let (before, after) = (&sentence[..start], &sentence[end..]);
    let mut left: Vec<char> = before.chars().rev().take(reach(before)).collect();
    let cut_left = left.len() < before.chars().count();
    if cut_left
        && let Some(space) = left.iter().rposition(|letter| *letter == ' ' || matches!(letter, '，' | '、' | '；'))
    {
        left.truncate(space);
    }
    let mut right: Vec<char> = after.chars().take(reach(after)).collect();
    let cut_right = right.len() < after.chars().count();
    if cut_right
        && let Some(space) = right.iter().rposition(|letter| *letter == ' ' || matches!(letter, '，' | '、' | '；'))
    {
        right.truncate(space);
    }
    let left: String = left.into_iter().rev().collect();
    let right: String = right.into_iter().collect();
    let mark = |cut: bool| if cut { "…" } else { "" };
    Fact {
        value,
        before: format!("{}{left}", mark(cut_left)),
        written: sentence[start..end].to_owned(),
        after: format!("{}{}", right.trim_end(), mark(cut_right)),
        document: document.name.clone(),
        prose,
    }
}

#[cfg(test)]
mod tests {
    use super::super::extract::pasted;
    use super::super::{Document, Read};
    use super::*;

    fn document(text: &str) -> [Document; 1] {
        [Document { name: "a".into(), format: "Text", size: None, content: Ok(Read::new(pasted(text))) }]
    }

    #[test]
    fn dates_of_both_languages_become_calendar_dates() {
        let text = "Signed 2026-11-21. Due 3rd December 2026, paid on January 5, 2027; see May 2025. 自2026年10月1日起，至2029年9月止。 Not 12 March or 2026-13-40.";
        let found: Vec<String> = dates(&document(text)).into_iter().map(|fact| fact.value).collect();
        assert_eq!(found, ["2025-05", "2026-10-01", "2026-11-21", "2026-12-03", "2027-01-05", "2029-09"]);
    }

    #[test]
    fn amounts_and_shares_of_both_languages_are_found() {
        let text = "It cost EUR 240,000, then $4.2 million and 500 euros, up 7.5 per cent or 39.2%. 总价为人民币1,286,000元，其中¥432,000，即38.58万元，税率13%。";
        let found: Vec<String> = figures(&document(text)).into_iter().map(|fact| fact.value).collect();
        let expected = [
            "EUR 240,000",
            "$4.2 million",
            "500 euros",
            "7.5 per cent",
            "39.2%",
            "人民币1,286,000元",
            "¥432,000",
            "38.58万元",
            "13%",
        ];
        assert_eq!(found, expected);
    }
}
