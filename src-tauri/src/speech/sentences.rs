//! A text cut into pieces that providers take, at the ends of sentences: the first one short, so that it is soon
//! heard; the others long enough that the voice keeps its tone.

use unicode_segmentation::UnicodeSegmentation as _;

/// In bytes of UTF-8, which is about how long it takes to say: a Chinese character takes as long as three letters.
const FIRST: usize = 180;
const LONGEST: usize = 480;

/// The pieces in their order; joined, with blanks in between, they are the text.
pub fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for sentence in text.lines().flat_map(str::split_sentence_bounds).flat_map(short_enough) {
        let sentence = sentence.trim();
        if sentence.is_empty() {
            continue;
        }
        let limit = if pieces.len() <= 1 { FIRST } else { LONGEST };
        match pieces.last_mut() {
            Some(piece) if piece.len() + 1 + sentence.len() <= limit => {
                let wide = |c: Option<char>| c.is_some_and(|c| c >= '\u{2e80}');
                if !wide(piece.chars().last()) {
                    piece.push(' ');
                }
                piece.push_str(sentence);
            }
            _ => pieces.push(sentence.to_owned()),
        }
    }
    // Signs alone are no speech: some providers refuse them.
    pieces.retain(|piece| piece.chars().any(char::is_alphanumeric));
    pieces
}

/// A sentence that no provider takes is cut at its commas, else between words.
fn short_enough(sentence: &str) -> Vec<&str> {
    if sentence.len() <= LONGEST {
        return vec![sentence];
    }
    let mut parts = Vec::new();
    let (mut begin, mut comma, mut word) = (0, 0, 0);
    for (at, next) in sentence.split_word_bound_indices() {
        if at + next.len() - begin > LONGEST {
            let cut = if comma > begin { comma } else { word.max(begin) };
            if cut > begin {
                parts.push(&sentence[begin..cut]);
                begin = cut;
            }
        }
        // One word without end, such as a row of letters.
        while at + next.len() - begin > LONGEST {
            let end = (begin + LONGEST..=sentence.len()).find(|end| sentence.is_char_boundary(*end));
            let end = end.unwrap_or(sentence.len());
            parts.push(&sentence[begin..end]);
            begin = end;
            if begin >= at + next.len() {
                break;
            }
        }
        let end = at + next.len();
        if matches!(next, "," | ";" | ":" | "，" | "；" | "：" | "、" | "–" | "—") {
            comma = end;
        }
        word = end;
    }
    parts.push(&sentence[begin..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_stay_whole_and_nothing_is_left_out() {
        let text = "Dr. Smith came at 3.5 p.m. today. He left. 第一句话。第二句话！第三句？\nA heading.\n".repeat(12);
        let pieces = pieces(&text);
        let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(plain(&pieces.concat()), plain(&text), "joined they are the text");
        assert!(pieces[0].len() <= FIRST, "the first is soon there: {:?}", pieces[0]);
        for piece in &pieces {
            assert!(piece.len() <= LONGEST, "{} bytes are more than providers take", piece.len());
            let last = piece.chars().last().expect("not empty");
            assert!(matches!(last, '.' | '。' | '！' | '？'), "a piece ends with a sentence: {piece:?}");
        }
    }

    #[test]
    fn a_sentence_without_end_is_cut_where_one_breathes() {
        let commas = "one two three four five, ".repeat(60);
        let chinese = "这是一个没有句号的很长的句子，".repeat(60);
        let letters = "x".repeat(3000);
        let runes = "漢".repeat(700);
        for text in [&commas, &chinese, &letters, &runes] {
            let pieces = pieces(text);
            assert!(
                pieces.iter().all(|piece| piece.len() <= LONGEST + 4),
                "{:?}",
                pieces.iter().map(String::len).collect::<Vec<_>>()
            );
            let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(plain(&pieces.concat()), plain(text), "nothing is lost");
        }
        assert!(pieces(&commas).iter().all(|piece| piece.ends_with(',')), "at commas where there are any");
        assert!(pieces(&chinese).iter().all(|piece| piece.ends_with('，')), "in Chinese too");
    }

    #[test]
    fn signs_alone_are_not_said() {
        assert_eq!(pieces("… — !\n\n"), Vec::<String>::new());
    }
}
