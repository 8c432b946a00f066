//! How the digest says things: the words of both languages, and numbers as people write them.

use super::Counts;
use super::extract::Unit;
use super::language::Language;

#[derive(Clone, Copy)]
pub(super) struct Say {
    pub chinese: bool,
}

impl Say {
    pub fn of<'a>(self, english: &'a str, chinese: &'a str) -> &'a str {
        if self.chinese { chinese } else { english }
    }

    pub fn language(self, language: Language) -> &'static str {
        if self.chinese { language.chinese_name() } else { language.english_name() }
    }

    pub fn count(self, number: usize, one: &str, many: &str, chinese: &str) -> String {
        let shown = grouped(number);
        if self.chinese {
            format!("{shown}{chinese}")
        } else {
            format!("{shown} {}", if number == 1 { one } else { many })
        }
    }

    pub fn pages(self, pages: (usize, Unit)) -> String {
        match pages {
            (number, Unit::Pages) => self.count(number, "page", "pages", "页"),
            (number, Unit::Sheets) => self.count(number, "sheet", "sheets", "个工作表"),
            (number, Unit::Slides) => self.count(number, "slide", "slides", "张幻灯片"),
        }
    }
}

/// 12345 as 12,345.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// 5477.05 as 5,477.05; whole numbers without decimals.
pub(super) fn amount(number: f64) -> String {
    let hundredths = (number.abs() * 100.0).round();
    let whole = grouped((hundredths / 100.0).floor() as usize);
    let cents = (hundredths % 100.0) as u32;
    let sign = if number < 0.0 && hundredths > 0.0 { "-" } else { "" };
    if cents == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{cents:02}") }
}

pub(super) fn length_of(counts: Counts, say: Say) -> String {
    let mut parts = Vec::new();
    if counts.words > 0 || counts.chinese == 0 {
        parts.push(say.count(counts.words, "word", "words", "个英文单词"));
    }
    if counts.chinese > 0 {
        parts.push(say.count(counts.chinese, "Chinese character", "Chinese characters", "个汉字"));
    }
    // A few words in another script are no language of their own.
    if parts.len() == 2 && counts.chinese > counts.words * 4 {
        parts.remove(0);
    } else if parts.len() == 2 && counts.words > counts.chinese * 4 {
        parts.remove(1);
    }
    parts.join(say.of(" and ", "、"))
}

pub(super) fn bytes(size: u64) -> String {
    match size {
        0..1024 => format!("{size} B"),
        1024..1_048_576 => format!("{} KB", (size + 512) / 1024),
        _ => format!("{:.1} MB", size as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_and_rounded_to_hundredths() {
        assert_eq!(amount(5_477.049_999), "5,477.05");
        assert_eq!(amount(1_286_000.0), "1,286,000");
        assert_eq!(amount(-0.5), "-0.50");
        assert_eq!(amount(0.999), "1");
    }
}
