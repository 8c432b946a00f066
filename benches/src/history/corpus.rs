//! Runs as a busy user has them: 1,079 characters each, half of them Latin (50,000 made-up words, Zipf with 1.05), half
//! Chinese (jieba's 50,000 most frequent words, as often as they are). The same for the same seed, on every machine.

use std::{fs, io::Write, path::Path};

use crate::corpus::Random;

const WORDS: usize = 50_000;
const LENGTH: usize = 1079;
/// How much of a run went in; the rest came out.
const INPUT: f64 = 0.25;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    English,
    Chinese,
    Mixed,
}

impl Mix {
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "en" => Some(Self::English),
            "zh" => Some(Self::Chinese),
            "mixed" => Some(Self::Mixed),
            _ => None,
        }
    }
}

/// Words with how often they come, summed up.
pub struct Words {
    pub words: Vec<String>,
    sums: Vec<f64>,
}

impl Words {
    fn of(weighted: impl Iterator<Item = (String, f64)>) -> Self {
        let (mut words, mut sums, mut sum) = (Vec::new(), Vec::new(), 0.0);
        for (word, weight) in weighted {
            sum += weight;
            words.push(word);
            sums.push(sum);
        }
        Self { words, sums }
    }

    fn any(&self, random: &mut Random) -> &str {
        let last = self.sums.last().copied().unwrap_or_default();
        let at = random.below(1 << 30) as f64 / f64::from(1 << 30) * last;
        &self.words[self.sums.partition_point(|sum| *sum <= at).min(self.words.len() - 1)]
    }
}

pub struct Corpus {
    pub latin: Words,
    pub chinese: Words,
    mix: Mix,
    random: Random,
}

/// The text of one run.
pub struct Texts {
    pub input: String,
    pub output: String,
}

impl Corpus {
    pub fn new(seed: u64, mix: Mix) -> Result<Self, String> {
        let mut random = Random(seed);
        let latin = Words::of(made_up(&mut random).into_iter().enumerate().map(|(rank, word)| {
            let weight = 1.0 / ((rank + 1) as f64).powf(1.05);
            (word, weight)
        }));
        Ok(Self { latin, chinese: Words::of(chinese()?.into_iter()), mix, random })
    }

    /// The next run.
    pub fn texts(&mut self) -> Texts {
        let cut = (LENGTH as f64 * INPUT) as usize;
        Texts { input: self.text(cut), output: self.text(LENGTH - cut) }
    }

    /// Sentences, by turns Latin and Chinese.
    fn text(&mut self, length: usize) -> String {
        let mut text = String::new();
        let mut chars = 0;
        let mut is_chinese = self.mix == Mix::Chinese || self.mix == Mix::Mixed && self.random.below(2) == 0;
        while chars < length {
            let (mut sentence, mut count) = (String::new(), 0);
            let wanted = (60 + self.random.below(60)).min(length - chars);
            while count < wanted {
                let word = if is_chinese { &self.chinese } else { &self.latin }.any(&mut self.random);
                if is_chinese {
                    // A comma about every ten characters.
                    if count > 0 && self.random.below(5) == 0 {
                        sentence.push('，');
                        count += 1;
                    }
                } else if count > 0 {
                    sentence.push(' ');
                    count += 1;
                }
                sentence.push_str(word);
                count += word.chars().count();
            }
            sentence.push_str(if is_chinese { "。" } else { ". " });
            chars += count + 1;
            text.push_str(&sentence);
            if self.mix == Mix::Mixed {
                is_chinese = !is_chinese;
            }
        }
        text
    }
}

/// Words of syllables, the shorter ones first, as in languages.
fn made_up(random: &mut Random) -> Vec<String> {
    const BEGINS: [&str; 20] =
        ["b", "c", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "t", "v", "st", "tr", "ch", "pr", "sh", "w"];
    const MIDDLES: [&str; 9] = ["a", "e", "i", "o", "u", "ea", "ou", "ai", "io"];
    const ENDS: [&str; 10] = ["", "", "", "n", "r", "s", "t", "l", "nd", "ng"];
    let mut known = std::collections::HashSet::new();
    let mut words = Vec::with_capacity(WORDS);
    while words.len() < WORDS {
        let syllables = 1 + random.below(2) + words.len() * 2 / WORDS + usize::from(words.len() > 200);
        let word: String = (0..syllables)
            .map(|_| {
                let of = |list: &[&'static str], random: &mut Random| list[random.below(list.len())];
                [of(&BEGINS, random), of(&MIDDLES, random), of(&ENDS, random)].concat()
            })
            .collect();
        if known.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}

fn chinese() -> Result<Vec<(String, f64)>, String> {
    let path = env!("JIEBA_DICTIONARY");
    let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let mut words: Vec<(String, f64)> = text
        .lines()
        .filter_map(|line| {
            let mut parts = line.split(' ');
            let (word, count) = (parts.next()?, parts.next()?.parse().ok()?);
            let is_plain = word.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            is_plain.then(|| (word.to_owned(), count))
        })
        .collect();
    words.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    words.truncate(WORDS);
    Ok(words)
}

/// `flowdeck-bench corpus`: one run a line, as JSON.
pub fn write(runs: usize, seed: u64, mix: Mix, out: &Path) -> Result<(), String> {
    let mut corpus = Corpus::new(seed, mix)?;
    let mut save = || -> std::io::Result<()> {
        let mut file = std::io::BufWriter::new(fs::File::create(out)?);
        for number in 0..runs {
            let Texts { input, output } = corpus.texts();
            serde_json::to_writer(&mut file, &serde_json::json!({ "run": number, "input": input, "output": output }))?;
            file.write_all(b"\n")?;
        }
        file.flush()
    };
    save().map_err(|error| format!("{}: {error}", out.display()))
}
