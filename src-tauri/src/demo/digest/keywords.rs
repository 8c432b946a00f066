//! Keywords: the words and the two-word terms that a text keeps coming back to.

use std::collections::HashMap;

use super::extract::Block;
use super::words::{Word, meaningful};
use super::{Document, readable};

#[derive(Default)]
struct Count {
    times: usize,
    /// In how many documents.
    documents: usize,
    last_document: usize,
    /// How it was written, to show the most frequent form.
    forms: HashMap<String, usize>,
    first: usize,
}

impl Count {
    fn see(&mut self, form: &str, document: usize, position: usize) {
        if self.times == 0 {
            self.first = position;
        }
        if self.times == 0 || self.last_document != document {
            self.documents += 1;
            self.last_document = document;
        }
        self.times += 1;
        *self.forms.entry(form.to_owned()).or_default() += 1;
    }

    fn form(&self) -> String {
        // The most frequent way of writing it; between equals the one in lower case.
        let best = self.forms.iter().max_by(|a, b| a.1.cmp(b.1).then_with(|| a.0.cmp(b.0)));
        best.map(|(form, _)| form.clone()).unwrap_or_default()
    }
}

pub(in super::super) fn find(documents: &[Document], wanted: usize) -> Vec<String> {
    let mut single: HashMap<String, Count> = HashMap::new();
    let mut pairs: HashMap<(String, String), Count> = HashMap::new();
    let mut position = 0;
    for (number, (_, read)) in readable(documents).enumerate() {
        // Tables repeat their words a lot: they count only where there is little else.
        let prose = read.counts.sentences > 4;
        for block in &read.blocks {
            if prose && matches!(block, Block::Row(_)) {
                continue;
            }
            let words = meaningful(block.text());
            for (at, word) in words.iter().enumerate() {
                position += 1;
                single.entry(word.key.clone()).or_default().see(&word.written, number, position);
                if at > 0 && word.follows {
                    let before = &words[at - 1];
                    let key = (before.key.clone(), word.key.clone());
                    pairs.entry(key).or_default().see(&joined(before, word), number, position);
                }
            }
        }
    }
    let weight = |count: &Count| count.times as f64 * (1.0 + 0.25 * (count.documents as f64 - 1.0));
    let mut terms: Vec<(String, f64, usize)> = Vec::new();
    let mut absorbed: HashMap<String, usize> = HashMap::new();
    for ((left, right), count) in &pairs {
        let rarest =
            [left, right].iter().filter_map(|key| single.get(*key)).map(|count| count.times).min().unwrap_or(0);
        // A pair is a term if its words seldom go without each other.
        if count.times >= 2 && count.times * 2 >= rarest && left != right {
            terms.push((count.form(), weight(count) * 1.7, count.first));
            for key in [left, right] {
                let taken = absorbed.entry(key.clone()).or_default();
                *taken = (*taken).max(count.times);
            }
        }
    }
    for (key, count) in &single {
        let inside = absorbed.get(key).copied().unwrap_or(0);
        // What is left of a word outside of its terms.
        let left = count.times.saturating_sub(inside);
        if inside == 0 || left * 3 > count.times * 2 {
            terms.push((count.form(), weight(count), count.first));
        }
    }
    // Equals in the order of their first appearance, so that the same text gives the same list.
    terms.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.2.cmp(&b.2)).then_with(|| a.0.cmp(&b.0)));
    let mut found: Vec<String> = Vec::new();
    for (term, ..) in terms {
        let lower = term.to_lowercase();
        let known = found.iter().any(|other| {
            let other = other.to_lowercase();
            other == lower
                || other.split(' ').any(|word| word == lower)
                || (!lower.is_ascii() && other.contains(&lower))
        });
        if !known {
            found.push(term);
        }
        if found.len() == wanted {
            break;
        }
    }
    found
}

fn joined(left: &Word, right: &Word) -> String {
    let chinese = |word: &Word| word.written.chars().all(super::language::is_chinese);
    let gap = if chinese(left) && chinese(right) { "" } else { " " };
    format!("{}{gap}{}", left.written, right.written)
}

#[cfg(test)]
mod tests {
    use super::super::extract::pasted;
    use super::super::{Document, Read};
    use super::*;

    #[test]
    fn terms_of_two_words_stand_for_their_words() {
        let text = "The Mill Lane lease ends soon. The landlord of Mill Lane disputes the lease. Mill Lane is old. \
                    Contracts were signed, and the contract was kept.";
        let content = Ok(Read::new(pasted(text)));
        let found = find(&[Document { name: "a".into(), format: "Text", size: None, content }], 4);
        assert_eq!(found[0], "Mill Lane");
        assert!(found.contains(&"lease".to_owned()), "{found:?}");
        assert!(!found.iter().any(|term| term == "Mill" || term == "Lane"), "{found:?}");
    }
}
