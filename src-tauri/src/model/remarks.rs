//! What the user says of runs: how names, notes and tags are kept.

use super::kept::{is_same_name, name_of};

/// Characters.
pub const LONGEST_NAME: usize = 200;
pub const LONGEST_NOTE: usize = 20_000;
pub const LONGEST_TAG: usize = 40;
/// Of one run.
pub const MOST_TAGS: usize = 20;

/// On one line, without blanks around it; empty takes it back.
pub fn clean_name(typed: &str) -> String {
    clipped(&name_of(typed), LONGEST_NAME)
}

/// Its lines stay.
pub fn clean_note(typed: &str) -> String {
    clipped(typed.trim(), LONGEST_NOTE)
}

/// `None`: nothing is left of it.
pub fn clean_tag(typed: &str) -> Option<String> {
    let spoken: String = typed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Some(clipped(&name_of(&spoken), LONGEST_TAG)).filter(|tag| !tag.is_empty())
}

/// As it was spelt first, where it is known already.
pub fn spelt(tag: String, known: &[String]) -> String {
    known.iter().find(|known| is_same_name(known, &tag)).cloned().unwrap_or(tag)
}

/// A run's tags after a change: what is added comes as far as there is room.
pub fn retagged(mut tags: Vec<String>, add: &[String], remove: &[String]) -> Vec<String> {
    tags.retain(|tag| !remove.iter().any(|gone| is_same_name(gone, tag)));
    for tag in add {
        if tags.len() < MOST_TAGS && !tags.iter().any(|have| is_same_name(have, tag)) {
            tags.push(tag.clone());
        }
    }
    tags
}

/// In the order of the alphabet, whatever their case.
pub fn sort_tags(tags: &mut [String]) {
    tags.sort_by_cached_key(|tag| (tag.to_lowercase(), tag.clone()));
}

fn clipped(text: &str, most: usize) -> String {
    let clipped: String = text.chars().take(most).collect();
    clipped.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_runs_has_its_bounds() {
        assert_eq!(clean_name("  Lease,\n Hamburg "), "Lease, Hamburg");
        assert_eq!(clean_name(&"你".repeat(300)).chars().count(), LONGEST_NAME, "counted in characters, not bytes");
        assert_eq!(clean_note("\n one\n\n two \n"), "one\n\n two", "the lines of a note stay");
        assert_eq!(clean_tag(" to\tdo "), Some("to do".into()));
        assert_eq!(clean_tag(" \u{7} "), None);
        assert_eq!(clean_tag(&format!("{} x", "a".repeat(39))), Some("a".repeat(39)), "no blank at its end");
    }

    #[test]
    fn a_tag_is_one_whatever_its_case_and_keeps_its_first_spelling() {
        let known = ["Größe".to_owned(), "ΟΔΟΣ".to_owned()];
        assert_eq!(spelt("GRÖSSE".into(), &known), "Größe");
        assert_eq!(spelt("οδος".into(), &known), "ΟΔΟΣ");
        assert_eq!(spelt("Grosse".into(), &known), "Grosse", "another letter");
        let tags = retagged(vec!["Lease".into()], &["lease".into(), "2026".into()], &[]);
        assert_eq!(tags, ["Lease", "2026"]);
        assert_eq!(retagged(tags, &[], &["LEASE".into()]), ["2026"]);
    }

    #[test]
    fn a_run_has_no_more_tags_than_it_may() {
        let many: Vec<String> = (0..30).map(|number| format!("t{number}")).collect();
        let tags = retagged(Vec::new(), &many, &[]);
        assert_eq!(tags.len(), MOST_TAGS);
        let room = retagged(tags, &["late".into()], &["t0".into()]);
        assert!(room.contains(&"late".into()), "what is taken away first makes room");
    }
}
