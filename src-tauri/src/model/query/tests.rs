use super::{super::history::QueryRemarkKind, dates::Day, *};
use crate::model::{history::CompletionKind, words::Folded};

const DAY: Millis = 86_400_000;

/// Days since 1970 at the meridian, by counting.
fn begins((y, m, d): Day) -> Option<Millis> {
    let leap = |y: i32| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    let mut days: i64 = (1970..y).map(|y| if leap(y) { 366 } else { 365 }).sum();
    let lengths = [31, if leap(y) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    days += lengths[..usize::from(m) - 1].iter().sum::<i64>();
    Some((days + i64::from(d) - 1) * DAY)
}

fn apps() -> Vec<(AppId, String)> {
    [("a", "Contract review"), ("b", "Invoice intake"), ("c", "客户投诉分类")]
        .map(|(id, name)| (AppId(id.into()), name.to_owned()))
        .to_vec()
}

fn tags() -> Vec<String> {
    ["Hamburg", "lease 2026", "客户"].map(str::to_owned).to_vec()
}

fn understood(text: &str) -> Query {
    let calendar = Calendar { today: (2026, 11, 22), begins: &begins };
    parse(text, &Around { apps: &apps(), tags: &tags(), calendar: &calendar })
}

fn narrow(text: &str) -> Narrow {
    let query = understood(text);
    assert!(query.remarks.is_empty(), "{text}: {:?}", query.remarks);
    assert!(query.need.is_empty(), "{text}: nothing is left over as words");
    query.narrow
}

fn at(y: i32, m: u8, d: u8) -> Option<Millis> {
    begins((y, m, d))
}

#[test]
fn words_phrases_and_what_is_to_be_missing_are_told_apart() {
    let finds = |typed: &str, text: &str| {
        let query = understood(typed);
        let hay = Folded::of(text);
        query.need.iter().all(|needle| needle.is_in(&hay)) && !query.without.iter().any(|needle| needle.is_in(&hay))
    };
    for (typed, text, found) in [
        ("notice period", "the period of notice", true),
        ("not per", "the period of notice", true),
        ("\"notice period\"", "the period of notice", false),
        ("\"notice period\"", "a Notice-Period of", true),
        ("\"notice per\"", "a notice period of", false),
        ("“租赁 合同”", "租赁 合同", true),
        ("「租赁合同」", "房屋租赁合同", true),
        ("notice -period", "notice of termination", true),
        ("notice -period", "notice period", false),
        ("notice －period", "notice period", false),
        ("-\"notice period\" lease", "lease, period, notice", true),
        ("ＬＥＡＳＥ　合同", "lease 合同", true),
        ("e-mail", "e-mails", true),
        ("e-mail", "mail e", false),
        ("a - b", "b a", true),
        ("http://dify.ai/x", "see http://dify.ai/xy", true),
        ("\"never closed", "it is never closed", true),
        ("status", "status quo", true),
    ] {
        assert_eq!(finds(typed, text), found, "{typed:?} in {text:?}");
    }
}

#[test]
fn fields_narrow_in_both_languages_and_widths() {
    use RunOrigin::{File, Server};
    use RunStatus::{Failed, Stopped, Succeeded};
    assert_eq!(narrow("status:failed,stopped").statuses, Some(vec![Failed, Stopped]));
    assert_eq!(narrow("状态：失败 ＳＴＡＴＵＳ：成功").statuses, Some(vec![Failed, Succeeded]));
    assert_eq!(narrow("-status:failed").not_statuses, [Failed]);
    assert_eq!(narrow("is:failed is:starred -is:reviewed").statuses, Some(vec![Failed]));
    assert_eq!(narrow("is:starred").starred, Some(true));
    assert_eq!(narrow("-is:reviewed").reviewed, Some(false));
    assert!(narrow("is:starred -is:starred").nothing);
    assert_eq!(narrow("origin:server 来源:文件").origins, Some(vec![Server, File]));
    assert_eq!(narrow("app:\"contract review\"").apps, Some(vec![AppId("a".into())]));
    assert_eq!(narrow("app:inv").apps, Some(vec![AppId("b".into())]));
    assert_eq!(narrow("应用:投诉").apps, Some(vec![AppId("c".into())]));
    assert_eq!(narrow("tag:hamburg tag:\"lease 2026\"").tags, [["Hamburg"], ["lease 2026"]]);
    assert_eq!(narrow("has:note -has:tag").has, [(Has::Note, true), (Has::Tag, false)]);
    assert_eq!(narrow("in:input,note").places, [Place::Input, Place::Note]);
    assert!(understood("status:").narrow.is_empty(), "a field without a value narrows nothing");
}

#[test]
fn numbers_have_units_and_bounds() {
    let tokens = |text: &str| (narrow(text).min_tokens, narrow(text).max_tokens);
    assert_eq!(tokens("tokens:>1000"), (Some(1001), None));
    assert_eq!(tokens("tokens:>=1k"), (Some(1000), None));
    assert_eq!(tokens("tokens:＜１００"), (None, Some(99)));
    assert_eq!(tokens("令牌:1.5万"), (Some(15000), Some(15000)));
    assert_eq!(tokens("tokens:10..20"), (Some(10), Some(20)));
    assert_eq!(tokens("tokens:>5 tokens:<=9"), (Some(6), Some(9)));
    assert_eq!(tokens("-tokens:>5"), (None, Some(5)));
    let seconds = |text: &str| (narrow(text).min_elapsed, narrow(text).max_elapsed);
    assert_eq!(seconds("duration:>=2m"), (Some(120.0), None));
    assert_eq!(seconds("用时:<=1分钟"), (None, Some(60.0)));
    assert_eq!(seconds("duration:<=1:30"), (None, Some(90.0)));
    let (least, most) = seconds("duration:>30");
    assert!(least.is_some_and(|least| least > 30.0 && least < 30.001) && most.is_none());
}

#[test]
fn dates_are_days_months_years_and_ways_back() {
    let dates = |text: &str| (narrow(text).after, narrow(text).before);
    assert_eq!(dates("after:2026-01-02"), (at(2026, 1, 2), None));
    assert_eq!(dates("before:2026/1/2"), (None, at(2026, 1, 2)));
    assert_eq!(dates("on:2026-02"), (at(2026, 2, 1), at(2026, 3, 1)));
    assert_eq!(dates("日期：２０２４年２月２９日"), (at(2024, 2, 29), at(2024, 3, 1)));
    assert_eq!(dates("on:2025年"), (at(2025, 1, 1), at(2026, 1, 1)));
    assert_eq!(dates("on:11月3日"), (at(2026, 11, 3), at(2026, 11, 4)));
    assert_eq!(dates("on:20261103"), (at(2026, 11, 3), at(2026, 11, 4)));
    assert_eq!(dates("on:today"), (at(2026, 11, 22), at(2026, 11, 23)));
    assert_eq!(dates("on:昨天"), (at(2026, 11, 21), at(2026, 11, 22)));
    // The last seven days, today included, as the page's filter counts them; and all that was before these.
    for seven in ["7d", "7天", "１ｗ", "\"last 7 days\"", "\"Last 7 Days\"", "\"最近 7 天\"", "近7天"] {
        assert_eq!(dates(&format!("after:{seven}")), (at(2026, 11, 16), None), "{seven}");
        assert_eq!(dates(&format!("before:{seven}")), (None, at(2026, 11, 16)), "{seven}");
        assert_eq!(dates(&format!("-after:{seven}")), (None, at(2026, 11, 16)), "{seven}");
        assert_eq!(dates(&format!("on:{seven}")), (at(2026, 11, 16), at(2026, 11, 23)), "{seven}");
    }
    assert_eq!(dates("date:30d"), (at(2026, 10, 24), at(2026, 11, 23)));
    for today in ["0d", "1d", "today"] {
        assert_eq!(dates(&format!("on:{today}")), (at(2026, 11, 22), at(2026, 11, 23)), "{today}");
    }
    // Some days ago is one day.
    for day in ["7天前", "\"7 days ago\"", "7d_ago", "1周前"] {
        assert_eq!(dates(&format!("on:{day}")), (at(2026, 11, 15), at(2026, 11, 16)), "{day}");
        assert_eq!(dates(&format!("after:{day}")), (at(2026, 11, 15), None), "{day}");
    }
    assert_eq!(dates("on:30d..7d"), (at(2026, 10, 24), at(2026, 11, 17)), "days, not all until today");
    assert_eq!(dates("on:7d..today"), dates("on:7d"));
    assert_eq!(dates("on:week"), (at(2026, 11, 16), at(2026, 11, 23)));
    assert_eq!(dates("on:2026-01..2026-02"), (at(2026, 1, 1), at(2026, 3, 1)));
    assert_eq!(dates("after:2026-01 after:2026-03-01"), (at(2026, 3, 1), None));
}

#[test]
fn what_is_not_understood_is_looked_for_and_said() {
    for (typed, kind, from, to, words) in [
        ("x status:maybe", QueryRemarkKind::ValueNotUnderstood, 2, 14, 2),
        ("😀 after:soon", QueryRemarkKind::ValueNotUnderstood, 3, 13, 2),
        ("on:2026-02-30", QueryRemarkKind::ValueNotUnderstood, 0, 13, 1),
        ("app:nobody", QueryRemarkKind::ValueNotUnderstood, 0, 10, 1),
        ("tokens:many", QueryRemarkKind::ValueNotUnderstood, 0, 11, 1),
        ("in:nowhere", QueryRemarkKind::ValueNotUnderstood, 0, 10, 1),
        ("lease is:", QueryRemarkKind::ValueMissing, 6, 9, 1),
        ("file:\"\"", QueryRemarkKind::ValueMissing, 0, 7, 0),
        ("-lease", QueryRemarkKind::OnlyWithout, 0, 6, 0),
    ] {
        let query = understood(typed);
        let remarks: Vec<_> = query.remarks.iter().map(|remark| (remark.kind, remark.from, remark.to)).collect();
        assert_eq!(remarks, [(kind, from, to)], "{typed}");
        assert_eq!(query.need.len(), words, "{typed}");
    }
}

#[test]
fn names_of_files_fit_patterns() {
    for (pattern, name, fits) in [
        ("*.pdf", "Lease Hamburg.PDF", true),
        ("*.pdf", "lease.pdf.docx", false),
        ("lease*", "Lease Hamburg.pdf", true),
        ("lease*", "The lease.pdf", false),
        ("hamb", "Lease Hamburg.pdf", true),
        ("*合同*.docx", "租赁合同（终稿）.docx", true),
        ("scan_??.png", "scan_07.png", true),
        ("scan_??.png", "scan_7.png", false),
        ("cafe*", "Café.txt", true),
        ("*a*b*c", "xaxxbxxbc", true),
    ] {
        let glob = NameGlob::of(pattern).expect("a pattern");
        assert_eq!(glob.fits(name), fits, "{pattern} and {name}");
        let hay = Folded::of(name);
        assert!(
            !fits || glob.needles().iter().all(|needle| needle.is_in(&hay)),
            "{pattern}: the index would miss {name}"
        );
    }
    assert_eq!(NameGlob::of("*"), None);
    assert_eq!(NameGlob::of("*.pdf").map(|glob| glob.needles().len()), Some(1));
}

#[test]
fn the_word_at_the_caret_is_completed() {
    let proposed = |text: &str, caret: u32| -> Vec<(String, u32, u32)> {
        complete(text, caret, &apps(), &tags()).into_iter().map(|c| (c.text, c.from, c.to)).collect()
    };
    let one = |text: &str, from, to| vec![(text.to_owned(), from, to)];
    assert_eq!(proposed("sta", 3), one("status:", 0, 3));
    assert_eq!(proposed("lease 状", 7), one("状态：", 6, 7));
    assert_eq!(proposed("status:fa", 9), one("failed ", 7, 9));
    assert_eq!(proposed("状态：失", 4), [("失败 ".to_owned(), 3, 4), ("正在重新连接 ".to_owned(), 3, 4)]);
    assert_eq!(proposed("status:failed,sto", 17), [("stopped ".to_owned(), 14, 17), ("stopping ".to_owned(), 14, 17)]);
    assert_eq!(proposed("app:con", 7), one("\"Contract review\" ", 4, 7));
    assert_eq!(proposed("app:\"con", 8), one("\"Contract review\" ", 4, 8));
    assert_eq!(proposed("tag:客", 5), one("客户 ", 4, 5));
    assert_eq!(proposed("😀 sta", 6), one("status:", 3, 6));
    assert_eq!(proposed("lease", 5), [], "a word that begins no field");
    assert_eq!(complete("", 0, &[], &[]).len(), 13, "every field is proposed before anything is typed");
    assert!(complete("after:", 6, &[], &[]).iter().all(|c| c.kind == CompletionKind::Date && c.from == 6));
    let of_days = |text: &str, caret| complete(text, caret, &[], &[]).remove(0);
    let labels = [of_days("on:7", 4).label, of_days("after:7", 7).label, of_days("之前：7", 4).label];
    assert_eq!(labels, ["7d", "after 7d", "before 7d"], "what a word means for that field");
}

/// A value as the page shows it.
#[derive(serde::Deserialize)]
struct Label {
    field: String,
    value: String,
    lang: String,
    label: String,
}

/// Written by the page's tests out of its own texts (`ui/src/history/labels.test.ts`).
fn labels() -> Vec<Label> {
    let labels: Vec<Label> = serde_json::from_str(include_str!("labels.json")).expect("labels");
    assert!(labels.len() > 100, "all labels are there: {}", labels.len());
    labels
}

#[test]
fn what_the_page_calls_a_value_is_understood_as_that_value() {
    for Label { field, value, lang, label } in labels() {
        let plain = narrow(&format!("{field}:{value}"));
        let shown = narrow(&format!("{field}:\"{label}\""));
        let found = match label.as_str() {
            // Of two states the shorter word is shown for one, and stands for both.
            "Waiting" => shown.statuses == Some(vec![RunStatus::Waiting, RunStatus::Paused]),
            _ => shown == plain,
        };
        assert!(found, "{field}:{value} is shown as {label:?} ({lang}), which is understood as {shown:?}");
    }
}

#[test]
fn what_is_proposed_in_chinese_is_what_the_page_shows() {
    let labels = labels();
    for (field, chinese) in [("status", "状态"), ("origin", "来源"), ("is", "是"), ("has", "有"), ("in", "在")] {
        let text = format!("{chinese}：");
        let caret = u32::try_from(text.chars().count()).expect("short");
        for proposed in complete(&text, caret, &apps(), &tags()) {
            let proposed = proposed.text.trim();
            let shown = |label: &Label| label.field == field && label.label.trim_end_matches('…') == proposed;
            assert!(
                proposed == "等待" || labels.iter().any(shown),
                "{text}{proposed} is proposed, and the page shows no such {field}"
            );
        }
    }
}

#[test]
fn a_value_of_several_words_is_completed_in_quotes() {
    let proposed = |text: &str, caret: u32| -> Vec<String> {
        complete(text, caret, &apps(), &tags()).into_iter().map(|c| c.text).collect()
    };
    assert_eq!(proposed("is:\"not r", 9), ["unreviewed "]);
    assert_eq!(proposed("是：未", 3), ["无星标 ", "未核对 "], "an earlier word leads to the one that is shown");
}

#[test]
fn anything_can_be_typed() {
    for text in [
        "\"",
        "-",
        "--",
        ":",
        "：",
        "a:b:c",
        "-:",
        "status:\"",
        "「",
        "*",
        "file:*",
        "AND OR NOT NEAR(",
        "\u{0}",
        "app:''",
    ] {
        let query = understood(text);
        complete(text, 1, &[], &[]);
        drop(query);
    }
}
