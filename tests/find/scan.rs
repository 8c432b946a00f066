//! The plain scan: a search's meaning in the fewest words, without the program's own.

/// A word of letters and digits, or a run of characters of a script without spaces.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Word(String),
    Run(String),
}

/// Full-width letters, and case, make no difference. Accents are not in these tests.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut joined = false;
    for c in text.chars() {
        let c = if ('！'..='～').contains(&c) { char::from_u32(c as u32 - 0xfee0).expect("a character") } else { c };
        let c = c.to_ascii_lowercase();
        let is_run = ('ぁ'..='ヶ').contains(&c) || ('一'..='龥').contains(&c) || ('가'..='힣').contains(&c);
        match (c.is_ascii_alphanumeric(), is_run, pieces.last_mut()) {
            (true, _, Some(Piece::Word(word))) if joined => word.push(c),
            (true, _, _) => pieces.push(Piece::Word(c.into())),
            (_, true, Some(Piece::Run(run))) if joined => run.push(c),
            (_, true, _) => pieces.push(Piece::Run(c.into())),
            _ => {}
        }
        joined = c.is_ascii_alphanumeric() || is_run;
    }
    pieces
}

/// Whether `what` stands in the text: each of its pieces behind the other, the first word from its start, the last as
/// far as it goes.
pub fn holds(text: &str, what: &str, phrase: bool) -> bool {
    let (text, what) = (pieces(text), pieces(what));
    let Some(last) = what.len().checked_sub(1) else { return true };
    text.windows(what.len()).any(|window| {
        window.iter().zip(&what).enumerate().all(|(place, pair)| match pair {
            (Piece::Run(run), Piece::Run(wanted)) if last == 0 => run.contains(wanted.as_str()),
            (Piece::Run(run), Piece::Run(wanted)) if place == 0 => run.ends_with(wanted.as_str()),
            (Piece::Run(run), Piece::Run(wanted)) if place == last => run.starts_with(wanted.as_str()),
            (Piece::Word(word), Piece::Word(wanted)) if place == last && !phrase => word.starts_with(wanted.as_str()),
            (piece, wanted) => piece == wanted,
        })
    })
}
