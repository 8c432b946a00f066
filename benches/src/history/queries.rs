//! Searches of each kind, drawn from what the runs hold.

use std::collections::HashMap;

use super::{corpus::Corpus, world::World};
use crate::corpus::Random;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    LatinCommon,
    LatinRare,
    LatinTwo,
    Prefix1,
    Prefix2,
    Prefix3,
    Prefix4,
    ChineseOne,
    ChineseCommon,
    ChineseRare,
    ChinesePhrase,
    LatinPhrase,
    Both,
    OfApp,
    OfStatus,
    OfMonth,
    List,
    ListOfApp,
}

pub const CLASSES: [Class; 18] = [
    Class::LatinCommon,
    Class::LatinRare,
    Class::LatinTwo,
    Class::Prefix1,
    Class::Prefix2,
    Class::Prefix3,
    Class::Prefix4,
    Class::ChineseOne,
    Class::ChineseCommon,
    Class::ChineseRare,
    Class::ChinesePhrase,
    Class::LatinPhrase,
    Class::Both,
    Class::OfApp,
    Class::OfStatus,
    Class::OfMonth,
    Class::List,
    Class::ListOfApp,
];

impl Class {
    pub fn name(self) -> &'static str {
        match self {
            Self::LatinCommon => "latin_common",
            Self::LatinRare => "latin_rare",
            Self::LatinTwo => "latin_two",
            Self::Prefix1 => "prefix_1",
            Self::Prefix2 => "prefix_2",
            Self::Prefix3 => "prefix_3",
            Self::Prefix4 => "prefix_4",
            Self::ChineseOne => "zh_one",
            Self::ChineseCommon => "zh_common",
            Self::ChineseRare => "zh_rare",
            Self::ChinesePhrase => "zh_phrase",
            Self::LatinPhrase => "latin_phrase",
            Self::Both => "latin_zh",
            Self::OfApp => "of_app",
            Self::OfStatus => "of_status",
            Self::OfMonth => "of_month",
            Self::List => "list",
            Self::ListOfApp => "list_of_app",
        }
    }
}

pub struct Queries(HashMap<Class, Vec<String>>);

impl Queries {
    pub fn new(corpus: &mut Corpus, world: &World, count: usize) -> Self {
        let mut random = Random(0xcafe);
        let mut by_class: HashMap<Class, Vec<String>> = HashMap::new();
        // Ranks as words are typed: neither the very first nor any that hardly occurs.
        let latin =
            |from: usize, to: usize, random: &mut Random| corpus.latin.words[from + random.below(to - from)].clone();
        let chinese: Vec<&String> = corpus.chinese.words.iter().filter(|word| word.chars().count() == 2).collect();
        let zh = |from: usize, to: usize, random: &mut Random| {
            let to = to.min(chinese.len());
            chinese[from.min(to - 1) + random.below((to - from.min(to - 1)).max(1))].clone()
        };
        for class in CLASSES {
            let list = (0..count).map(|number| match class {
                Class::LatinCommon => format!("\"{}\"", latin(20, 400, &mut random)),
                Class::LatinRare => format!("\"{}\"", latin(20_000, 50_000, &mut random)),
                Class::LatinTwo => format!("{} {}", latin(20, 2000, &mut random), latin(200, 4000, &mut random)),
                Class::Prefix1 => latin(0, 2000, &mut random).chars().take(1).collect(),
                Class::Prefix2 => latin(0, 2000, &mut random).chars().take(2).collect(),
                Class::Prefix3 => latin(0, 4000, &mut random).chars().take(3).collect(),
                Class::Prefix4 => {
                    let long = (0..50).map(|_| latin(0, 20_000, &mut random)).find(|word| word.len() >= 4);
                    long.unwrap_or_default().chars().take(4).collect()
                }
                Class::ChineseOne => {
                    let word = zh(0, 4000, &mut random);
                    word.chars().take(1).collect()
                }
                Class::ChineseCommon => zh(0, 400, &mut random),
                Class::ChineseRare => zh(8000, 24_000, &mut random),
                Class::ChinesePhrase => part(world.sample(number), 4, &mut random),
                Class::LatinPhrase => phrase(world.sample(number), &mut random),
                Class::Both => format!("{} {}", latin(20, 2000, &mut random), zh(50, 2000, &mut random)),
                Class::OfApp => format!("app:\"App {}\" {}", random.below(30), zh(0, 400, &mut random)),
                Class::OfStatus => format!("status:failed {}", zh(0, 400, &mut random)),
                Class::OfMonth => format!("on:2025-{:02} {}", 1 + random.below(12), zh(0, 400, &mut random)),
                Class::List => String::new(),
                Class::ListOfApp => format!("app:\"App {}\"", random.below(30)),
            });
            by_class.insert(class, list.collect());
        }
        Self(by_class)
    }

    pub fn of(&self, class: Class) -> &[String] {
        self.0.get(&class).map(Vec::as_slice).unwrap_or_default()
    }
}

/// So many Chinese characters that stand side by side.
fn part(text: &str, length: usize, random: &mut Random) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_chinese = |c: &char| ('\u{4e00}'..='\u{9fff}').contains(c);
    let from = random.below(chars.len());
    let found = chars[from..].windows(length).chain(chars.windows(length)).find(|part| part.iter().all(is_chinese));
    found.map(|part| part.iter().collect()).unwrap_or_default()
}

/// Two neighbouring words.
fn phrase(text: &str, random: &mut Random) -> String {
    let words: Vec<&str> = text
        .split(|c: char| !c.is_ascii_alphabetic() && c != ' ')
        .flat_map(|part| {
            part.split(' ')
                .collect::<Vec<_>>()
                .windows(2)
                .map(|pair| (pair[0], pair[1]))
                .filter(|(a, b)| !a.is_empty() && !b.is_empty())
                .map(|(a, b)| [a, b])
                .collect::<Vec<_>>()
        })
        .flatten()
        .collect();
    let pairs = (words.len() / 2).max(1);
    let at = random.below(pairs) * 2;
    match words.get(at..at + 2) {
        Some([one, other]) => format!("\"{one} {other}\""),
        _ => String::new(),
    }
}
