//! How near two words are: what a slip of the finger changes.

/// Words are no longer, and what is looked through stays small.
const LONGEST: usize = 32;

/// How many slips a word may have before it is another one: letters that are missing, too many, wrong, or two that
/// changed places. None in what is too short, too long, or has digits: the next number is never what was meant.
pub fn most_slips(word: &str) -> usize {
    if !word.chars().all(char::is_alphabetic) {
        return 0;
    }
    match word.chars().count() {
        3..=5 => 1,
        6..=LONGEST => 2,
        _ => 0,
    }
}

/// How many slips lie between two words.
pub fn slips(one: &str, other: &str) -> usize {
    strsim::osa_distance(one, other)
}

/// Every word that is one slip away, by the letters of English and those of the word itself.
pub fn one_slip_away(word: &str) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    let mut letters: Vec<char> = ('a'..='z').chain(chars.iter().copied()).collect();
    letters.sort_unstable();
    letters.dedup();
    let with = |from: usize, to: usize, put: &[char]| chars[..from].iter().chain(put).chain(&chars[to..]).collect();
    let mut all: Vec<String> = Vec::new();
    for at in 0..=chars.len() {
        all.extend(letters.iter().map(|letter| with(at, at, &[*letter])));
        if at < chars.len() {
            all.push(with(at, at + 1, &[]));
            all.extend(letters.iter().map(|letter| with(at, at + 1, &[*letter])));
        }
        if let [one, other] = chars[at.saturating_sub(1)..(at + 1).min(chars.len())] {
            all.push(with(at - 1, at + 1, &[other, one]));
        }
    }
    all.sort_unstable();
    all.dedup();
    all.retain(|one| one != word && !one.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_one_slip_away_is_there_and_nothing_else() {
        let all = one_slip_away("notise");
        for near in ["notice", "otise", "notis", "notisec", "anotise", "ontise", "notsie", "notiise"] {
            assert!(all.iter().any(|one| one == near), "{near}");
        }
        assert!(all.iter().all(|one| slips(one, "notise") == 1), "each by one slip");
        assert!(one_slip_away("срок").contains(&"соок".to_owned()), "letters of the word itself");
    }

    #[test]
    fn short_words_and_numbers_are_not_guessed_at() {
        let most = ["at", "cap", "lease", "notice", "inv2026", "2026", &"x".repeat(33)].map(most_slips);
        assert_eq!(most, [0, 1, 1, 2, 0, 0, 0]);
    }
}
