//! Words of English and Chinese text, and which of them say nothing.

use std::collections::HashSet;
use std::sync::LazyLock;

use jieba_rs::Jieba;

use super::language::is_chinese;

/// Built when it is first needed: the dictionary takes a moment and some memory.
static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

static STOP_WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| ENGLISH.split_whitespace().collect());
static CHINESE_STOP_WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| CHINESE.split_whitespace().collect());

/// The words of alphabetic scripts, as they are written.
pub(super) fn latin(text: &str) -> impl Iterator<Item = &str> {
    let apart = |letter: char| {
        !(letter.is_alphanumeric() || matches!(letter, '\'' | '’' | '-')) || super::extract::is_wide(letter)
    };
    text.split(apart).map(|word| word.trim_matches(['\'', '’', '-'])).filter(|word| !word.is_empty())
}

/// A word that carries meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// As written.
    pub written: String,
    /// Lower case and singular, for comparing.
    pub key: String,
    /// Directly behind the word before it, so that the two may be one term.
    pub follows: bool,
}

/// The meaningful words of a sentence, in order, English and Chinese mixed as they come.
pub(super) fn meaningful(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut follows = false;
    for part in parts(text) {
        match part {
            Part::Chinese(run) => {
                for piece in JIEBA.cut(run, true) {
                    let word = piece.word;
                    let telling = word.chars().count() > 1
                        && word.chars().all(is_chinese)
                        && !CHINESE_STOP_WORDS.contains(word)
                        && !word.chars().all(|letter| "零一二三四五六七八九十百千万亿两第年月日个".contains(letter));
                    if telling {
                        words.push(Word { written: word.to_owned(), key: word.to_owned(), follows });
                    }
                    follows = telling;
                }
            }
            Part::Latin(word) => {
                let key = singular(&word.to_lowercase().replace('’', "'"));
                let bare = key.trim_end_matches("'s").to_owned();
                let telling = bare.chars().count() > 2
                    && bare.chars().any(char::is_alphabetic)
                    && bare.chars().filter(char::is_ascii_digit).count() * 2 < bare.len()
                    && !STOP_WORDS.contains(bare.as_str())
                    && !STOP_WORDS.contains(word.to_lowercase().as_str());
                if telling {
                    words.push(Word {
                        written: word.trim_end_matches("'s").trim_end_matches("’s").to_owned(),
                        key: bare,
                        follows,
                    });
                }
                follows = telling;
            }
            Part::Break => follows = false,
        }
    }
    words
}

enum Part<'a> {
    Chinese(&'a str),
    Latin(&'a str),
    /// Punctuation, over which no term reaches.
    Break,
}

fn parts(text: &str) -> Vec<Part<'_>> {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Class {
        Chinese,
        Latin,
        Space,
        Other,
    }
    let class = |letter: char| {
        if is_chinese(letter) {
            Class::Chinese
        } else if letter.is_alphanumeric() || matches!(letter, '\'' | '’' | '-') {
            Class::Latin
        } else if letter == ' ' {
            Class::Space
        } else {
            Class::Other
        }
    };
    let mut parts = Vec::new();
    let mut start = 0;
    let mut current = Class::Space;
    for (at, letter) in text.char_indices().chain([(text.len(), '\n')]) {
        let next = class(letter);
        if next != current || at == text.len() {
            let run = &text[start..at];
            match current {
                Class::Chinese => parts.push(Part::Chinese(run)),
                Class::Latin => parts.push(Part::Latin(run.trim_matches(['\'', '’', '-']))),
                Class::Other => parts.push(Part::Break),
                Class::Space => {}
            }
            start = at;
            current = next;
        }
    }
    parts
}

/// A plural and its singular are one word; the rules are few on purpose.
fn singular(word: &str) -> String {
    let length = word.chars().count();
    if length > 4 && word.ends_with("ies") {
        return format!("{}y", &word[..word.len() - 3]);
    }
    if length > 4 && ["sses", "xes", "ches", "shes"].iter().any(|ending| word.ends_with(ending)) {
        return word[..word.len() - 2].to_owned();
    }
    let keeps = ["ss", "us", "is", "ous", "'s"].iter().any(|ending| word.ends_with(ending));
    if length > 3 && word.ends_with('s') && !keeps { word[..word.len() - 1].to_owned() } else { word.to_owned() }
}

const ENGLISH: &str = "a about above according across actually after afterwards again against ago all almost alone along already also although \
always am among an and another any anybody anyone anything are aren't around as ask asked asks at away back be became because become becomes been \
before began begin behind being below best better between beyond both but by call called came can cannot can't case cases certain clear \
come comes could couldn't day days did didn't do does doesn't doing done don't down due during each early either else end ended ends enough etc even \
ever every everyone everything example fact far few find first five following for former found four from full further gave general get gets \
give given gives go goes going gone good got great had has hasn't have having he held help hence her here hers herself high him himself his how however \
i if in indeed inside instead instance into is isn't it it's its itself just keep kept kind know known large last later latter least left less let like \
likely little long longer look looking lot made main make makes making many may maybe me mean means meanwhile meet might mine more most mostly much must \
my myself name namely near nearly necessary need needed needs neither never new next no nobody none nor not note nothing now nowhere number \
of off often old on once one ones only onto open or order other others otherwise ought our ours ourselves out over own page part particular past \
people per perhaps place please point possible present probably put quite rather really same saw say says second see seem seemed seems seen set several \
shall she should show showed shown side since six small so some somebody someone something sometimes soon still such sure take taken takes taking than \
that that's the their theirs them themselves then there thereby therefore these they thing things think third this those though three through throughout \
thus till time times to today together too took toward towards two under unless until up upon us use used uses using usually various very via want wants was \
wasn't way ways we week weeks well went were weren't what whatever when where whereas wherever whether which while who whole whom whose why will with within \
without won't word work would wouldn't year years month months yes yet you your yours yourself yourselves able available based both certain \
january february march april june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec \
monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun am pm a.m p.m noon \
eur usd gbp chf cny rmb euro euros dollar dollars pound pounds million billion thousand hundred percent cent half \
ten seven eight nine eleven twelve fifteen twenty thirty fifty zero mr mrs ms dr prof dear regards sincerely kind hello hi thanks thank \
http https www com org net html true false null none yes no id \
include included includes including provide provided provides allow allowed allows depend depends expect expected expects concern concerned remain remains \
remaining replace replaced require required requires cover covers covered take taken place hold holds stay stays agree agreed reach send sent";

const CHINESE: &str = "的 了 和 是 在 我 有 不 这 也 就 都 而 及 与 着 或 一个 没有 我们 你们 他们 它们 自己 这个 那个 这些 那些 这样 那样 因此 因为 所以 \
但是 如果 虽然 然而 而且 并且 或者 以及 由于 关于 对于 根据 按照 通过 进行 可以 可能 应当 应该 需要 必须 能够 已经 正在 将要 之后 之前 以后 以前 以上 以下 之间 \
其中 其他 其它 任何 所有 全部 部分 各个 各种 每个 一些 一种 一次 一方 双方 上述 下列 如下 有关 相关 以及 并且 不得 不能 不是 就是 还是 只是 只有 只要 无论 除了 \
除外 为了 为止 作为 成为 认为 提出 表示 包括 包含 属于 等等 例如 比如 同时 首先 其次 最后 另外 此外 总之 目前 现在 今年 去年 明年 今天 明天 昨天 时候 时间 期间 \
第一 第二 第三 第四 第五 第六 第七 第八 第九 第十 第一条 第二条 第三条 第四条 第五条 第六条 第七条 第八条 第九条 第十条 公元 人民币 万元 亿元 元整 \
什么 怎么 如何 为什么 哪些 哪里 多少 非常 特别 十分 比较 更加 最为 予以 给予 加以 得以 使得 让 被 把 给 对 从 向 到 由 以 于 则 即 其 该 此 某 各 每 本 \
具有 同样 分别 共同 一致 同等 任意 相应 及时 认真 做好 继续 开始 结束 完成 情况 问题 方面 工作 我国 一定 一般 一样 不同 主要 重要 基本 通知 如有 无须 按期 日内 年内";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_without_meaning_are_left_out() {
        let keys = |text: &str| meaningful(text).into_iter().map(|word| word.key).collect::<Vec<_>>();
        assert_eq!(
            keys("The contracts of the company's supplier were signed in October 2026."),
            ["contract", "company", "supplier", "signed"]
        );
        assert_eq!(keys("甲方应当在安装完成后七个工作日内组织验收"), ["甲方", "安装", "工作日内", "组织", "验收"]);
    }
}
