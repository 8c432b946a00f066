//! The texts of one run, as many as are indexed and looked through. A text that stands in it several times, such as a
//! document that is handed from step to step, counts once; where all is too much, the longest texts are cut.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use super::Part;
use crate::model::history::RunPart;

/// Of one run no more is indexed, in bytes of different texts. Writing as much to the index is one turn, which others
/// wait for.
const MOST: usize = 2 << 20;
/// The same with what comes again, which is looked through where it matters in which part of the run it stands.
const MOST_WITH_AGAIN: usize = 4 * MOST;
/// A text as long as this counts by itself; shorter ones go with those around them.
const LONG: usize = 512;
/// No text is cut to less than that for others.
const SHARE: usize = 4096;

/// Several texts as one, each in lines of its own.
#[derive(Debug, Default)]
pub(super) struct Joined {
    text: String,
    cuts: Vec<usize>,
}

impl Joined {
    pub fn whole(text: String) -> Self {
        Self { text, cuts: Vec::new() }
    }

    pub fn add(&mut self, text: &str) {
        self.push(text, text.len() >= LONG);
    }

    fn push(&mut self, text: &str, is_apart: bool) {
        if text.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        if is_apart {
            self.cut();
        }
        self.text.push_str(text);
        if is_apart {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let end = self.text.len();
        if end > 0 && self.cuts.last() != Some(&end) {
            self.cuts.push(end);
        }
    }

    pub fn part(self, place: RunPart) -> Part {
        Part { place, text: self.text, cuts: self.cuts }
    }
}

impl Part {
    /// The texts that count by themselves.
    pub fn pieces(&self) -> impl Iterator<Item = &str> {
        pieces(&self.text, &self.cuts)
    }
}

fn pieces<'a>(text: &'a str, cuts: &'a [usize]) -> impl Iterator<Item = &'a str> {
    let mut from = 0;
    let piece = move |to| {
        let piece: &str = text.get(from..to).unwrap_or_default();
        from = to;
        piece.trim_matches('\n')
    };
    cuts.iter().copied().chain([text.len()]).map(piece).filter(|piece| !piece.is_empty())
}

/// Which texts were there before.
#[derive(Debug, Default)]
struct Seen(HashSet<u64>);

impl Seen {
    /// Whether this one comes for the first time, as far as that is worth knowing.
    fn is_new(&mut self, piece: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        piece.hash(&mut hasher);
        piece.len() < LONG || self.0.insert(hasher.finish())
    }
}

#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub parts: Vec<Part>,
    /// Bytes of what was read for it and could not be looked at without.
    pub read: usize,
    bytes: usize,
    seen: Seen,
}

impl Gathered {
    pub fn add(&mut self, mut part: Part) {
        let is_much = self.bytes + part.text.len() > MOST_WITH_AGAIN;
        let mut kept = Joined::default();
        for piece in part.pieces() {
            if self.seen.is_new(piece) && is_much {
                kept.push(cut(piece, MOST), true);
            }
        }
        if is_much {
            part = kept.part(part.place);
        }
        if !part.text.is_empty() {
            self.bytes += part.text.len();
            self.parts.push(part);
        }
    }

    /// The parts, cut where they are too much. The short ones are whole.
    pub fn finish(self) -> Vec<Part> {
        let mut parts = self.parts;
        if self.bytes <= MOST {
            return parts;
        }
        let mut seen = Seen::default();
        let pieces = parts.iter().flat_map(Part::pieces);
        let mut lengths: Vec<usize> = pieces.filter(|piece| seen.is_new(piece)).map(str::len).collect();
        if lengths.iter().sum::<usize>() <= MOST {
            return parts;
        }
        let share = share(&mut lengths).max(SHARE);
        let (mut left, mut seen) = (MOST, Seen::default());
        // First what stands beside the texts: names, notes, tags.
        for is_first in [true, false] {
            for part in parts.iter_mut().filter(|part| is_beside(&part.place) == is_first) {
                let mut kept = Joined::default();
                for piece in part.pieces() {
                    let piece = cut(piece, share);
                    if seen.is_new(piece) {
                        let piece = cut(piece, left);
                        left -= piece.len();
                        kept.push(piece, true);
                    } else {
                        kept.push(piece, true);
                    }
                }
                *part = kept.part(part.place.clone());
            }
        }
        parts.retain(|part| !part.text.is_empty());
        parts
    }
}

fn is_beside(place: &RunPart) -> bool {
    use RunPart::{Error, File, Note, SentFile, Tag, Title};
    matches!(place, Title | Error | Note | Tag | File { .. } | SentFile { .. })
}

fn cut(text: &str, most: usize) -> &str {
    if text.len() > most { &text[..text.floor_char_boundary(most)] } else { text }
}

/// How long a text may be so that all together, those that are longer cut to it, are no more than allowed.
fn share(lengths: &mut [usize]) -> usize {
    lengths.sort_unstable();
    let mut left = MOST;
    for (place, length) in lengths.iter().enumerate() {
        let share = left / (lengths.len() - place);
        if *length > share {
            return share;
        }
        left -= length;
    }
    MOST
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(parts: impl IntoIterator<Item = Part>) -> Vec<Part> {
        let mut gathered = Gathered::default();
        parts.into_iter().for_each(|part| gathered.add(part));
        gathered.finish()
    }

    fn whole(place: RunPart, text: &str) -> Part {
        Joined::whole(text.into()).part(place)
    }

    fn bytes(parts: &[Part]) -> usize {
        let mut seen = Seen::default();
        parts.iter().flat_map(Part::pieces).filter(|piece| seen.is_new(piece)).map(str::len).sum()
    }

    #[test]
    fn the_longest_are_cut_and_the_short_ones_are_whole() {
        let long = |word: &str| word.repeat(MOST / 4);
        let step = |n: usize| RunPart::Step { step: n.to_string(), title: String::new() };
        let mut all = vec![whole(RunPart::Text, &long("租赁合同")), whole(step(0), &long("step "))];
        all.extend((1..500).map(|n| whole(step(n), &format!("{n} of them"))));
        all.push(whole(RunPart::Note, "ask the landlord"));
        let kept = gathered(all.clone());
        assert!(bytes(&kept) <= MOST && bytes(&kept) > MOST - 100, "as much as may be: {}", bytes(&kept));
        assert_eq!(kept.len(), all.len(), "nothing is left out");
        let is_whole = |(kept, all): (&Part, &Part)| kept.text == all.text;
        assert!(kept.iter().zip(&all).skip(2).all(is_whole), "what is short is not cut for what is long");
        assert!(kept[0].text.len().abs_diff(kept[1].text.len()) < 16, "both are cut alike");
        let many = (0..5000).map(|n| whole(step(n), &format!("{n}{}", "x".repeat(1000))));
        let kept = gathered(many.chain([whole(RunPart::Note, "the last")]));
        assert!(bytes(&kept) <= MOST, "{}", bytes(&kept));
        assert!(kept.iter().any(|part| part.text == "the last"), "what the user wrote comes before steps without end");
    }

    #[test]
    fn what_is_the_very_same_counts_once() {
        let document = "x".repeat(MOST * 2 / 3);
        let mut step = Joined::default();
        step.add("Read");
        step.add(&document);
        step.add("approved");
        assert_eq!(Joined::default().text, "", "nothing has no lines");
        let step = step.part(RunPart::Step { step: "s".into(), title: "Read".into() });
        assert_eq!(step.pieces().collect::<Vec<_>>(), ["Read", document.as_str(), "approved"]);
        let output = RunPart::Output { variable: "answer".into() };
        let all = [whole(output, &document), whole(RunPart::Text, &document), step];
        let kept = gathered(all.clone());
        let same = |(kept, all): (&Part, &Part)| kept.text == all.text;
        assert!(kept.iter().zip(&all).all(same) && kept.len() == 3, "three times two thirds, and nothing is cut");
        let without_end = gathered((0..100).flat_map(|_| all.clone()));
        assert!(without_end.iter().map(|part| part.text.len()).sum::<usize>() <= MOST_WITH_AGAIN, "it is bounded");
        assert!(without_end.len() >= 100, "what else stands in each is kept: {}", without_end.len());
    }
}
