//! Which language a text is in, and which language the digest is written in.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Language {
    English,
    Chinese,
    /// Read with less knowledge: no stop words are known for it.
    Other(&'static str),
    Unknown,
}

/// Han characters; Japanese and Korean letters are not among them.
pub(in super::super) fn is_chinese(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

impl Language {
    pub fn of(text: &str) -> Self {
        let sample: String = text.chars().take(20_000).collect();
        let letters = sample.chars().filter(|letter| letter.is_alphabetic()).count();
        let chinese = sample.chars().filter(|letter| is_chinese(*letter)).count();
        let kana = sample.chars().filter(|letter| matches!(letter, '\u{3040}'..='\u{30ff}')).count();
        if letters < 3 {
            Self::Unknown
        } else if kana * 20 > letters {
            Self::Other("Japanese")
        } else if chinese * 4 > letters {
            // A Chinese character says about as much as a word of several letters.
            Self::Chinese
        } else {
            match whatlang::detect(&sample) {
                Some(info) if info.lang() == whatlang::Lang::Eng => Self::English,
                Some(info) if info.is_reliable() => Self::Other(info.lang().eng_name()),
                // Short texts and tables are hard to tell; plain letters are most often English.
                _ if sample.is_ascii() || letters < 200 => Self::English,
                Some(info) => Self::Other(info.lang().eng_name()),
                None => Self::Unknown,
            }
        }
    }

    pub fn english_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "Chinese",
            Self::Other(name) => name,
            Self::Unknown => "unknown",
        }
    }

    pub fn chinese_name(self) -> &'static str {
        match self {
            Self::English => "英文",
            Self::Chinese => "中文",
            Self::Other(name) => name,
            Self::Unknown => "未知",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_apart() {
        assert_eq!(
            Language::of("The lease ends on 28 February and the rooms must be handed over empty."),
            Language::English
        );
        assert_eq!(Language::of("甲方应当在安装完成后七个工作日内组织验收。"), Language::Chinese);
        assert_eq!(Language::of("请使用 Flow 系统提交 annual report 申请表，谢谢"), Language::Chinese);
        let german = "Der Mietvertrag endet am Ende des Monats, und die Räume müssen leer und sauber übergeben werden.";
        assert_eq!(Language::of(german), Language::Other("German"));
        assert_eq!(Language::of("12 34 / 56"), Language::Unknown);
    }
}
