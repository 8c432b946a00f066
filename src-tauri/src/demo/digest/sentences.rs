//! Sentences: where they end, and which of them stand for the rest.

use std::collections::HashSet;

use super::extract::Block;
use super::language::is_chinese;
use super::words::meaningful;
use super::{Document, Length, Read, readable};

/// More candidates than this are thinned out before they are compared with each other.
const MOST_CANDIDATES: usize = 400;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Sentence {
    pub text: String,
    /// From a paragraph, not from a heading or a table.
    pub prose: bool,
}

pub(super) fn split(blocks: &[Block]) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    for block in blocks {
        match block {
            Block::Paragraph(text) => {
                sentences.extend(of_paragraph(text).into_iter().map(|text| Sentence { text, prose: true }))
            }
            Block::Heading(text) | Block::Row(text) => sentences.push(Sentence { text: text.clone(), prose: false }),
        }
    }
    sentences
}

/// Words that end with a point and do not end a sentence.
const ABBREVIATIONS: &[&str] = &[
    "e.g", "i.e", "mr", "mrs", "ms", "dr", "prof", "st", "no", "nos", "art", "arts", "sec", "para", "fig", "figs",
    "approx", "vs", "cf", "ref", "tel", "ext", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct",
    "nov", "dec", "vol", "pp", "p", "ed", "eds", "dept", "est", "incl", "max", "min", "hon", "rev", "gen", "col", "lt",
    "sgt", "capt", "viz", "al", "nr", "ca", "bzw", "z.b",
];

fn of_paragraph(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < letters.len() {
        let letter = letters[at];
        let mut end = None;
        if matches!(letter, '。' | '！' | '？' | '!' | '?' | '…') || (letter == '.' && point_ends(&letters, start, at))
        {
            let mut after = at + 1;
            while after < letters.len() && matches!(letters[after], '.' | '!' | '?' | '…' | '。' | '！' | '？') {
                after += 1;
            }
            while after < letters.len()
                && matches!(letters[after], '"' | '\'' | '”' | '’' | ')' | '）' | '」' | '』' | ']')
            {
                after += 1;
            }
            // "Really?" he asked: what goes on in lower case is the same sentence.
            let next = letters[after..].iter().find(|letter| !letter.is_whitespace());
            let goes_on = matches!(letter, '!' | '?' | '…') && next.is_some_and(|letter| letter.is_lowercase());
            if !goes_on {
                end = Some(after);
            }
        }
        if let Some(end) = end {
            push(&mut sentences, &letters[start..end]);
            start = end;
            at = end;
        } else {
            at += 1;
        }
    }
    push(&mut sentences, &letters[start..]);
    sentences
}

fn push(sentences: &mut Vec<String>, letters: &[char]) {
    let sentence: String = letters.iter().collect();
    let sentence = sentence.trim();
    if sentence.chars().any(char::is_alphanumeric) {
        sentences.push(sentence.to_owned());
    } else if let Some(last) = sentences.last_mut() {
        last.push_str(sentence);
    }
}

/// Whether the point at `at` ends a sentence that began at `start`.
fn point_ends(letters: &[char], start: usize, at: usize) -> bool {
    let mut after = at + 1;
    while after < letters.len() && matches!(letters[after], '"' | '\'' | '”' | '’' | ')' | ']') {
        after += 1;
    }
    match letters.get(after) {
        None => return true,
        Some(next) if next.is_whitespace() => {}
        Some(next) => return is_chinese(*next),
    }
    let word: String = {
        let tail: Vec<char> =
            letters[start..at].iter().rev().take_while(|letter| !letter.is_whitespace()).copied().collect();
        tail.into_iter().rev().collect()
    };
    let word = word.trim_start_matches(['(', '"', '“', '[']);
    let next = letters[after..].iter().find(|letter| !letter.is_whitespace()).copied().unwrap_or('A');
    if next.is_lowercase() {
        return false;
    }
    // An initial, as in "A. Lindqvist" or "U.S. Government".
    let initials = word.split('.').all(|part| part.chars().count() == 1 && part.chars().all(char::is_uppercase));
    if initials || ABBREVIATIONS.contains(&word.to_lowercase().as_str()) {
        return false;
    }
    // "1. Summary": the number of what follows, at the beginning only.
    let number = word.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    !(number && letters[start..at].iter().collect::<String>().trim() == word)
}

/// A sentence that may stand in the digest.
struct Candidate<'a> {
    document: usize,
    order: usize,
    text: &'a str,
    words: HashSet<String>,
    score: f64,
}

/// What was picked from one document, in its own order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Picked {
    pub document: String,
    pub sentences: Vec<String>,
}

pub(in super::super) fn pick(documents: &[Document], length: Length) -> Vec<Picked> {
    let mut candidates: Vec<Candidate<'_>> = Vec::new();
    let mut names = Vec::new();
    for (number, (document, read)) in readable(documents).enumerate() {
        names.push(document.name.clone());
        let before = candidates.len();
        candidates.extend(of_document(read, number, false));
        if candidates.len() == before {
            // A note of a few short lines still has something to say.
            candidates.extend(of_document(read, number, true));
        }
    }
    thin(&mut candidates);
    rank(&mut candidates);

    // Every document has its say, however long the others are.
    let each = length.sentences().div_ceil(names.len().max(1)).max(if length == Length::Short { 1 } else { 2 });
    let mut best: Vec<usize> = (0..candidates.len()).collect();
    best.sort_by(|a, b| candidates[*b].score.total_cmp(&candidates[*a].score).then(a.cmp(b)));
    let mut chosen: Vec<usize> = Vec::new();
    for at in best {
        let candidate = &candidates[at];
        let from_here = chosen.iter().filter(|other| candidates[**other].document == candidate.document).count();
        let of_here = candidates.iter().filter(|other| other.document == candidate.document).count();
        // A digest that repeats most of a short text would be none.
        let enough = from_here >= each.min(of_here.div_ceil(2).max(1));
        let said = chosen.iter().any(|other| alike(&candidates[*other].words, &candidate.words) > 0.6);
        if !enough && !said {
            chosen.push(at);
        }
    }
    chosen.sort_by_key(|at| (candidates[*at].document, candidates[*at].order));
    let mut picked: Vec<Picked> = Vec::new();
    for (number, name) in names.into_iter().enumerate() {
        let of_here = chosen.iter().filter(|at| candidates[**at].document == number);
        let sentences: Vec<String> = of_here.map(|at| candidates[*at].text.to_owned()).collect();
        if !sentences.is_empty() {
            picked.push(Picked { document: name, sentences });
        }
    }
    picked
}

fn of_document(read: &Read, document: usize, lenient: bool) -> Vec<Candidate<'_>> {
    let mut seen = HashSet::new();
    let sentences = read.sentences.iter().enumerate().filter(|(_, sentence)| sentence.prose || lenient);
    sentences
        .filter_map(|(order, sentence)| {
            let text = sentence.text.as_str();
            let chinese = text.chars().filter(|letter| is_chinese(*letter)).count();
            let words = text.split_whitespace().count();
            let fits = match (chinese > if lenient { 3 } else { 8 }, lenient) {
                (true, false) => (12..=160).contains(&chinese),
                (true, true) => (5..=160).contains(&chinese),
                (false, false) => (6..=55).contains(&words),
                (false, true) => (3..=55).contains(&words),
            };
            // A sentence ends; what does not is a fragment of a form or a list.
            let whole =
                text.trim_end_matches(['"', '”', '’', ')', '）']).ends_with(['.', '!', '?', '。', '！', '？', '；']);
            if !fits || !whole || !seen.insert(text) {
                return None;
            }
            let words: HashSet<String> = meaningful(text).into_iter().map(|word| word.key).collect();
            (words.len() >= if lenient { 1 } else { 2 }).then_some(Candidate {
                document,
                order,
                text,
                words,
                score: 0.0,
            })
        })
        .collect()
}

/// Keeps the sentences whose words are the most common, in order.
fn thin(candidates: &mut Vec<Candidate<'_>>) {
    if candidates.len() <= MOST_CANDIDATES {
        return;
    }
    let mut times: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for candidate in candidates.iter() {
        candidate.words.iter().for_each(|word| *times.entry(word.clone()).or_default() += 1);
    }
    let common = |candidate: &Candidate<'_>| {
        let sum: usize = candidate.words.iter().map(|word| times.get(word).copied().unwrap_or(0)).sum();
        sum as f64 / (candidate.words.len() as f64).sqrt()
    };
    let mut values: Vec<f64> = candidates.iter().map(common).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    let least = values[MOST_CANDIDATES - 1];
    candidates.retain(|candidate| common(candidate) >= least);
    candidates.truncate(MOST_CANDIDATES);
}

/// TextRank: a sentence matters if sentences that matter share its words.
fn rank(candidates: &mut [Candidate<'_>]) {
    let count = candidates.len();
    let mut weights = vec![0.0_f64; count * count];
    let mut sums = vec![0.0_f64; count];
    for left in 0..count {
        for right in left + 1..count {
            let (a, b) = (&candidates[left].words, &candidates[right].words);
            let shared = a.intersection(b).count() as f64;
            if shared > 0.0 {
                let weight = shared / ((a.len() as f64).ln() + (b.len() as f64).ln());
                weights[left * count + right] = weight;
                weights[right * count + left] = weight;
                sums[left] += weight;
                sums[right] += weight;
            }
        }
    }
    let mut scores = vec![1.0_f64; count];
    for _ in 0..30 {
        let next: Vec<f64> = (0..count)
            .map(|to| {
                let incoming = (0..count).filter(|from| sums[*from] > 0.0);
                0.15 + 0.85 * incoming.map(|from| weights[from * count + to] / sums[from] * scores[from]).sum::<f64>()
            })
            .collect();
        let change: f64 = next.iter().zip(&scores).map(|(a, b)| (a - b).abs()).sum();
        scores = next;
        if change < 1e-4 * count as f64 {
            break;
        }
    }
    for (candidate, score) in candidates.iter_mut().zip(scores) {
        // Beginnings introduce, and sentences with a figure or a date are what a reader looks for.
        let early = if candidate.order < 6 { 1.15 } else { 1.0 };
        let exact = if candidate.text.chars().any(|letter| letter.is_ascii_digit()) { 1.1 } else { 1.0 };
        // "This is why …" cannot be understood alone.
        let lower = candidate.text.to_lowercase();
        let dangling = [
            "this ",
            "these ",
            "it ",
            "they ",
            "he ",
            "she ",
            "both ",
            "but ",
            "however",
            "such ",
            "that ",
            "second,",
            "third,",
            "finally,",
            "therefore",
            "we therefore",
            "其",
            "该",
            "此",
            "这",
        ];
        let alone = if dangling.iter().any(|start| lower.starts_with(start)) { 0.75 } else { 1.0 };
        candidate.score = score * early * exact * alone;
    }
}

fn alike(a: &HashSet<String>, b: &HashSet<String>) -> f64 {
    let shared = a.intersection(b).count() as f64;
    let all = (a.len() + b.len()) as f64 - shared;
    if all > 0.0 { shared / all } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_does_not_always_end_a_sentence() {
        let cases: &[(&str, &[&str])] = &[
            (
                "Ms. A. Lindqvist paid EUR 1.5 million to Norling & Sons Ltd. on 3 May. It was late, e.g. by a week.",
                &[
                    "Ms. A. Lindqvist paid EUR 1.5 million to Norling & Sons Ltd. on 3 May.",
                    "It was late, e.g. by a week.",
                ],
            ),
            (
                "Open from 7.30 a.m. to 6 p.m. during the week. Closed on Sunday!",
                &["Open from 7.30 a.m. to 6 p.m. during the week.", "Closed on Sunday!"],
            ),
            (
                "1. Summary of the U.S. Government report. 2. Costs.",
                &["1. Summary of the U.S. Government report.", "2. Costs."],
            ),
            (
                "He said: “It is done.” Then he left. “Really?” she asked.",
                &["He said: “It is done.”", "Then he left.", "“Really?” she asked."],
            ),
            (
                "设备总价为128.6万元。验收合格后付款！是否同意？同意。",
                &["设备总价为128.6万元。", "验收合格后付款！", "是否同意？", "同意。"],
            ),
            ("他说：“好的。”然后离开了。", &["他说：“好的。”", "然后离开了。"]),
        ];
        for (text, expected) in cases {
            assert_eq!(of_paragraph(text), *expected, "{text}");
        }
    }
}
