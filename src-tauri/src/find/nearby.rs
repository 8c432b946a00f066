//! "Did you mean": where nothing was found, the same search with what was perhaps meant, if that finds something.

use std::time::{Duration, Instant};

use super::Find;
use crate::{
    model::{
        history::Search,
        query::{self, Doubtful},
    },
    store::{self, Near},
};

/// The most that are proposed.
const PROPOSED: usize = 2;
/// The most that are tried.
const TRIED: usize = 8;
/// How long all of it may take.
const PATIENCE: Duration = Duration::from_millis(250);
/// More mistyped words are no slip.
const SLIPS: usize = 3;
/// A word that so many runs hold is meant; one that fewer hold and that is near to one of many runs may be a slip that
/// was made before.
const RARE: u32 = 2;
const MORE: u32 = 4;

/// Words in places of the text: from, to, and what is put there.
type Change<'a> = Vec<(u32, u32, &'a str)>;

impl Find {
    /// Searches near to one that finds nothing, as texts to be searched for instead; each finds something. Empty where
    /// nothing is near.
    pub async fn nearby(&self, search: &Search) -> Result<Vec<String>, store::Error> {
        let deadline = Instant::now() + PATIENCE;
        let mended = self.with_near_fields(&search.text).await?;
        if let Some(text) = &mended
            && self.finds(search, text).await?
        {
            return Ok(vec![text.clone()]);
        }
        let text = mended.as_deref().unwrap_or(&search.text);
        let words = query::doubtful(&self.understood(text).await?);
        let doubts = self.doubts(words, deadline).await?;
        let mut proposals = Vec::new();
        for change in changes(&doubts) {
            let proposal = query::replaced(text, &change);
            if !proposals.contains(&proposal) && self.finds(search, &proposal).await? {
                proposals.push(proposal);
            }
            if proposals.len() >= PROPOSED || Instant::now() >= deadline {
                break;
            }
        }
        Ok(proposals)
    }

    async fn with_near_fields(&self, text: &str) -> Result<Option<String>, store::Error> {
        if !super::has_fields(text) {
            return Ok(None);
        }
        let (apps, tags) = self.store.names().await?;
        Ok(super::around(&apps, &tags, |around| query::with_near_fields(text, around)))
    }

    async fn finds(&self, search: &Search, text: &str) -> Result<bool, store::Error> {
        let search = Search { text: text.to_owned(), filter: search.filter.clone() };
        Ok(!self.find(&search, None, 1).await?.runs.is_empty())
    }

    /// The words that are to blame, with what is near to them: those that nothing holds; where each occurs, those that
    /// are rare beside their like.
    async fn doubts(&self, words: Vec<Doubtful>, deadline: Instant) -> Result<Doubts, store::Error> {
        let mut missing = Vec::new();
        for word in &words {
            if !self.store.occurs(&word.word, word.open).await? {
                missing.push(word.clone());
            }
        }
        let together = !missing.is_empty();
        let asked = if together { missing } else { words };
        let mut doubts = Doubts { together, words: Vec::new() };
        if together && asked.len() > SLIPS {
            return Ok(doubts);
        }
        for word in asked {
            if Instant::now() >= deadline {
                break;
            }
            let mut near = self.store.words_near(&word.word).await?;
            if !together {
                let least = near.own.max(1) * MORE;
                near.words.retain(|other| near.own <= RARE && other.runs >= least);
            }
            doubts.words.push((word, near));
        }
        if together && doubts.words.iter().any(|(_, near)| near.words.is_empty()) {
            doubts.words.clear();
        }
        Ok(doubts)
    }
}

struct Doubts {
    /// Each of them has to be another word.
    together: bool,
    words: Vec<(Doubtful, Near)>,
}

/// What is tried, the likeliest first.
fn changes(doubts: &Doubts) -> Vec<Change<'_>> {
    let mut changes: Vec<Change<'_>> = Vec::new();
    if doubts.together && !doubts.words.is_empty() {
        changes.push(doubts.words.iter().filter_map(|(word, near)| place(word, near, 0)).collect());
    }
    for rank in usize::from(doubts.together)..TRIED {
        for (at, (word, near)) in doubts.words.iter().enumerate() {
            let Some(other) = place(word, near, rank) else { continue };
            changes.push(match doubts.together {
                false => vec![other],
                true => {
                    let each = doubts.words.iter().enumerate();
                    each.filter_map(|(n, (word, near))| if n == at { Some(other) } else { place(word, near, 0) })
                        .collect()
                }
            });
        }
    }
    changes.truncate(TRIED);
    changes
}

fn place<'a>(word: &Doubtful, near: &'a Near, rank: usize) -> Option<(u32, u32, &'a str)> {
    near.words.get(rank).map(|other| (word.from, word.to, &other.word[..]))
}
