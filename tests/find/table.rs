//! A table of searches, each with exactly the runs it has to find, newest first.

use flowdeck::model::{
    app::AppId,
    history::{QueryRemarkKind, RunFilter, RunPart},
    run::RunStatus,
};

use crate::desk::{Desk, Given};

fn given(id: &str, app: &str, at: i64) -> Given {
    Given { id: id.into(), app: app.into(), at, ..Given::default() }
}

/// From the oldest to the newest: r1 … r9.
fn corpus() -> Vec<Given> {
    let all = vec![
        Given {
            input: "Office lease, Hamburg: notice period of 60 days".into(),
            output: "The cap is set at 24 months of fees. Café naïve Straße".into(),
            file: "Lease Hamburg 2026.pdf".into(),
            tokens: Some(1200),
            elapsed: Some(68.0),
            ..given("r1", "a", 10)
        },
        Given {
            input: "房屋租赁合同（终稿）".into(),
            output: "通知期为六十天，GPT-4模型认为合理".into(),
            file: "租赁合同.docx".into(),
            tokens: Some(900),
            elapsed: Some(12.5),
            ..given("r2", "a", 20)
        },
        Given {
            input: "Invoice INV-2026-00042 from ACME_corp".into(),
            error: "Connection refused by upstream".into(),
            status: Some(RunStatus::Failed),
            tokens: Some(0),
            ..given("r3", "b", 30)
        },
        Given {
            text: "ＦＵＬＬ　ＷＩＤＴＨ　１２３ and notices of period work".into(),
            status: Some(RunStatus::PartlySucceeded),
            elapsed: Some(200.0),
            ..given("r4", "b", 40)
        },
        Given { input: "東京タワーのレポートを要約する ﾃｽﾄ".into(), ..given("r5", "c", 50) },
        Given { step: "한국어 문서 요약, 계약서 검토".into(), ..given("r6", "c", 60) },
        Given {
            input: "same words: period … notice".into(), status: Some(RunStatus::Stopped), ..given("r7", "a", 70)
        },
        Given {
            output: "用户投诉：物流太慢，合同违约".into(), file: "scan_07.png".into(), ..given("r8", "c", 80)
        },
        Given {
            title: "Weekly report 👍🏽".into(), text: "สวัสดีครับ and mañana".into(), ..given("r9", "b", 90)
        },
    ];
    all
}

async fn desk() -> Desk {
    let desk = Desk::new().await;
    desk.add_all(&corpus()).await;
    desk.sql(
        "UPDATE run SET starred = 1 WHERE id IN ('r2', 'r3'); UPDATE run SET reviewed = 1 WHERE id = 'r1'; \
         UPDATE run SET name = 'Der Mietvertrag' WHERE id = 'r1'; \
         INSERT INTO run_note VALUES ('r7', 'ask the landlord again'); \
         INSERT INTO run_tag VALUES ('r1', 'Hamburg'), ('r7', 'Hamburg'), ('r7', 'urgent'), ('r8', '客户');",
    )
    .await;
    desk
}

#[tokio::test]
async fn each_search_finds_exactly_its_runs() {
    let desk = desk().await;
    for (text, expected) in [
        // Words, prefixes, and all of them.
        ("notice", "r7 r4 r1"),
        ("notice period", "r7 r4 r1"),
        ("\"notice period\"", "r1"),
        ("\"notices\"", "r4"),
        ("not per", "r7 r4 r1"),
        ("n", "r7 r4 r1"),
        ("otice", ""),
        ("notice -lease", "r7 r4"),
        ("notice -\"notice period\"", "r7 r4"),
        ("-notice", "r9 r8 r6 r5 r3 r2"),
        ("NOTICE", "r7 r4 r1"),
        // Chinese by any number of characters.
        ("合", "r8 r2"),
        ("合同", "r8 r2"),
        ("赁合", "r2"),
        ("租赁合同", "r2"),
        ("同合", ""),
        ("通知期 合同", "r2"),
        ("「租赁合同」", "r2"),
        ("合同 -租赁", "r8"),
        // Mixed with Latin.
        ("gpt", "r2"),
        ("GPT-4模型", "r2"),
        ("4模", "r2"),
        ("ＧＰＴ", "r2"),
        // Other scripts, signs.
        ("タワー", "r5"),
        ("レポ", "r5"),
        ("テスト", "r5"),
        ("の", "r5"),
        ("계약서", "r6"),
        ("약", "r6"),
        ("สวัสดี", "r9"),
        ("👍", "r9"),
        // Width, accents.
        ("full width", "r4"),
        ("123", "r4"),
        ("cafe naive strasse", "r1"),
        ("CAFÉ", "r1"),
        ("manana", "r9"),
        // Numbers and identifiers.
        ("00042", "r3"),
        ("INV-2026", "r3"),
        ("inv-2026-0", "r3"),
        ("acme_corp", "r3"),
        ("acme_c", "r3"),
        ("corp acme", "r3"),
        ("\"corp acme\"", ""),
        ("24", "r1"),
        // Everything that is kept of it.
        ("refused", "r3"),
        ("landlord", "r7"),
        ("mietvertrag", "r1"),
        ("urgent", "r7"),
        ("weekly", "r9"),
        ("scan", "r8"),
        // Fields.
        ("status:failed", "r3"),
        ("状态：失败", "r3"),
        ("status:failed,stopped", "r7 r3"),
        ("-status:succeeded", "r7 r4 r3"),
        ("app:invoice", "r9 r4 r3"),
        ("app:\"Contract review\" notice", "r7 r1"),
        ("-app:contract 合同", "r8"),
        ("应用:投诉 合同", "r8"),
        ("is:starred", "r3 r2"),
        ("is:starred 合", "r2"),
        ("is:reviewed", "r1"),
        ("是：已核对", "r1"),
        ("is:\"not reviewed\" notice", "r7 r4"),
        ("是：未核对 notice", "r7 r4"),
        ("是：无星标 合", "r8"),
        ("来源：本机 合", "r8 r2"),
        ("origin:\"from a file\"", ""),
        ("-is:reviewed notice", "r7 r4"),
        ("is:starred -is:starred", ""),
        ("has:note", "r7"),
        ("has:error", "r3"),
        ("has:tag notice", "r7 r1"),
        ("has:name", "r1"),
        ("tag:hamburg", "r7 r1"),
        ("tag:hamburg tag:urgent", "r7"),
        ("-tag:hamburg notice", "r4"),
        ("标签：客户", "r8"),
        ("file:*.pdf", "r1"),
        ("file:lease*", "r1"),
        ("file:合同", "r2"),
        ("file:scan_??.png", "r8"),
        ("-file:*.pdf notice", "r7 r4"),
        ("file:*.pdf 合同", ""),
        ("tokens:>=900", "r2 r1"),
        ("tokens:>1000 notice", "r1"),
        ("duration:>60", "r4 r1"),
        ("用时:<30秒", "r2"),
        ("in:input notice", "r7 r1"),
        ("in:text notice", "r4"),
        ("in:note landlord", "r7"),
        ("in:input landlord", ""),
        ("in:file 合同", "r2"),
        ("in:step 계약", "r6"),
        ("in:error refused", "r3"),
        ("after:2020-01-01 notice", "r7 r4 r1"),
        ("before:2020-01-01", ""),
        ("after:2100 合同", ""),
        // What means nothing narrows nothing.
        ("", "r9 r8 r7 r6 r5 r4 r3 r2 r1"),
        ("--- !!!", "r9 r8 r7 r6 r5 r4 r3 r2 r1"),
        ("status:", "r9 r8 r7 r6 r5 r4 r3 r2 r1"),
        ("status:nonsense", ""),
        ("AND OR NOT NEAR(", ""),
        ("\"", "r9 r8 r7 r6 r5 r4 r3 r2 r1"),
    ] {
        for limit in [2, 50] {
            let found = desk.all(text, &RunFilter::default(), limit).await.join(" ");
            let expected: Vec<_> = {
                let mut ids: Vec<&str> = expected.split_whitespace().collect();
                ids.sort_unstable_by(|a, b| b.cmp(a));
                ids
            };
            assert_eq!(found, expected.join(" "), "{text:?}, {limit} at a time");
        }
    }
}

#[tokio::test]
async fn filters_narrow_with_and_without_words() {
    let desk = desk().await;
    let all = RunFilter::default;
    let started = |at: i64| Some(crate::desk::START + at * 1000);
    for (text, filter, expected) in [
        ("", RunFilter { apps: vec![AppId("b".into())], ..all() }, "r9 r4 r3"),
        ("notice", RunFilter { apps: vec![AppId("b".into()), AppId("c".into())], ..all() }, "r4"),
        ("app:contract", RunFilter { apps: vec![AppId("b".into())], ..all() }, ""),
        ("", RunFilter { statuses: vec![RunStatus::Failed, RunStatus::Stopped], ..all() }, "r7 r3"),
        ("notice", RunFilter { statuses: vec![RunStatus::Stopped], ..all() }, "r7"),
        ("", RunFilter { after: started(30), before: started(50), ..all() }, "r4 r3"),
        ("notice", RunFilter { after: started(11), before: started(70), ..all() }, "r4"),
        ("", RunFilter { min_elapsed: Some(68.0), max_elapsed: Some(199.0), ..all() }, "r1"),
        ("", RunFilter { min_tokens: Some(0), max_tokens: Some(900), ..all() }, "r3 r2"),
        ("", RunFilter { starred: Some(true), ..all() }, "r3 r2"),
        ("合", RunFilter { starred: Some(false), ..all() }, "r8"),
        ("", RunFilter { reviewed: Some(true), ..all() }, "r1"),
        ("", RunFilter { tags: vec!["Hamburg".into(), "urgent".into()], ..all() }, "r7"),
        ("notice", RunFilter { tags: vec!["Hamburg".into()], ..all() }, "r7 r1"),
    ] {
        assert_eq!(desk.all(text, &filter, 2).await.join(" "), expected, "{text:?} with {filter:?}");
    }
}

#[tokio::test]
async fn counts_are_those_of_each_filter_alone() {
    let desk = desk().await;
    let filter = RunFilter { statuses: vec![RunStatus::Stopped], ..RunFilter::default() };
    let counts = desk.counts("notice", &filter).await;
    assert_eq!(counts.total, 1);
    assert_eq!(counts.apps, [(AppId("a".into()), 1)]);
    let mut statuses = counts.statuses.clone();
    statuses.sort_by_key(|(status, _)| status.as_str());
    let expected = [(RunStatus::PartlySucceeded, 1), (RunStatus::Stopped, 1), (RunStatus::Succeeded, 1)];
    assert_eq!(statuses, expected, "as if no status were chosen");
    assert_eq!(counts.tags, [("Hamburg".into(), 1), ("urgent".into(), 1)]);
    assert_eq!((counts.reviewed, counts.not_reviewed, counts.starred, counts.counted), (0, 1, 0, None));
    let all = desk.counts("", &RunFilter::default()).await;
    assert_eq!((all.total, all.starred, all.reviewed, all.not_reviewed), (9, 2, 1, 8));
    assert_eq!(desk.counts("in:input notice", &RunFilter::default()).await.total, 2, "texts are looked at, too");
}

#[tokio::test]
async fn a_row_shows_where_the_words_stand() {
    let desk = desk().await;
    let shown = async |text: &str| {
        let page = desk.page(text, &RunFilter::default(), None, 1).await;
        let snippet = page.runs[0].snippet.clone().expect("words were looked for");
        let units: Vec<u16> = snippet.text.encode_utf16().collect();
        let marks: Vec<_> =
            snippet.marks.iter().map(|m| String::from_utf16_lossy(&units[m.0 as usize..m.1 as usize])).collect();
        (snippet.place, marks.join("|"))
    };
    let input = RunPart::Input { variable: "text".into(), label: "text".into() };
    assert_eq!(shown("period lease").await, (input.clone(), "lease|period".into()));
    assert_eq!(shown("合同 -房屋").await, (RunPart::Output { variable: "answer".into() }, "合同".into()));
    assert_eq!(shown("landlord").await, (RunPart::Note, "landlord".into()));
    assert_eq!(shown("refused").await, (RunPart::Error, "refused".into()));
    assert_eq!(shown("weekly").await, (RunPart::Title, "Weekly".into()));
    assert_eq!(shown("full").await, (RunPart::Text, "ＦＵＬＬ".into()));
    assert_eq!(shown("검토").await.0, RunPart::Step { step: "s1".into(), title: String::new() });
    let page = desk.page("is:starred", &RunFilter::default(), None, 5).await;
    assert!(page.runs.iter().all(|run| run.snippet.is_none()), "no words, no place");
    let run = flowdeck::model::run::RunId("r1".into());
    let hits = desk.find.hits(&run, "hamburg").await.expect("hits");
    let places: Vec<_> = hits
        .iter()
        .map(|hit| {
            (hit.snippet.place.clone(), hit.words.iter().map(|word| &word.text[..]).collect::<Vec<_>>().join("|"))
        })
        .collect();
    let file = RunPart::SentFile { label: "documents".into() };
    assert_eq!(places, [(input, "Hamburg".into()), (file, "Hamburg".into()), (RunPart::Tag, "Hamburg".into())]);
}

#[tokio::test]
async fn what_is_typed_wrong_is_remarked_upon() {
    let desk = desk().await;
    let page = desk.page("notice status:nonsense", &RunFilter::default(), None, 5).await;
    let remarks: Vec<_> = page.remarks.iter().map(|remark| (remark.kind, remark.from, remark.to)).collect();
    assert_eq!(remarks, [(QueryRemarkKind::ValueNotUnderstood, 7, 22)]);
    let proposed = desk.find.complete("app:", 4).await.expect("completions");
    assert_eq!(proposed.len(), 3, "every app is proposed");
}
