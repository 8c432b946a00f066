//! Rules, what they spare, and the clock.

use flowdeck::{
    demo::DemoServer,
    find::Find,
    model::{
        file::LocalCopy,
        history::{RemarksChange, Search},
        keeping::{KeepRule, Swept},
        run::RunStatus,
        sent::SentCopy,
    },
    store::{ClockSeen, Goes},
};

use crate::{DAY, Home, NOW};

fn days(days: u32) -> Option<KeepRule> {
    Some(KeepRule { days: Some(days), files_days: None })
}

#[tokio::test]
async fn without_a_rule_everything_is_kept() {
    let home = Home::new().await;
    let app = home.add_app("a").await;
    home.add_run(&app, RunStatus::Succeeded, 9000).await;
    home.steady().await;
    assert_eq!(home.keeping.sweep(NOW).await.expect("swept"), Swept::default(), "for ever is the default");
    assert_eq!(home.runs().await.len(), 1);
}

#[tokio::test]
async fn old_runs_go_and_what_the_user_marked_stays() {
    let home = Home::new().await;
    let app = home.add_app("a").await;
    let mut old = Vec::new();
    for status in [RunStatus::Succeeded, RunStatus::Failed, RunStatus::Unknown, RunStatus::Running, RunStatus::Waiting]
    {
        old.push(home.add_run(&app, status, 40).await);
    }
    let mut marked = Vec::new();
    for _ in 0..4 {
        marked.push(home.add_run(&app, RunStatus::Succeeded, 40).await);
    }
    home.sql(&format!("UPDATE run SET starred = 1 WHERE id = '{}'", marked[0].0)).await;
    home.sql(&format!("UPDATE run SET name = 'Mine' WHERE id = '{}'", marked[1].0)).await;
    home.sql(&format!("INSERT INTO run_note VALUES ('{}', 'ask')", marked[2].0)).await;
    home.sql(&format!("INSERT INTO run_tag VALUES ('{}', 'lease')", marked[3].0)).await;
    let young = home.add_run(&app, RunStatus::Succeeded, 29).await;
    for run in old.iter().chain(&marked) {
        home.add_files(run, "c").await;
    }
    home.steady().await;
    let foreseen = home.keeping.preview(None, days(30), NOW).await.expect("counted");
    assert_eq!(foreseen, Swept { runs: 3, ..Swept::default() }, "it is said before the rule is set");
    home.keeping.set_rule(None, days(30)).await.expect("set");
    assert_eq!(home.keeping.sweep(NOW).await.expect("swept"), foreseen, "and so many go");
    let mut kept = old.split_off(3);
    kept.extend(marked);
    kept.push(young);
    assert_eq!(home.runs().await, kept, "runs under way stay, however long they take");
    for run in &old {
        assert!(!home.run_folder(run).exists(), "the files of what went are gone, too");
    }
    assert!(home.run_folder(&kept[0]).join("sent/租约.pdf").exists(), "and those of others are not");
    for table in ["run_body", "run_text", "run_file", "sent_file", "sound"] {
        let left =
            flowdeck_count(&home, &format!("SELECT count(*) FROM {table} WHERE run_id NOT IN (SELECT id FROM run)"))
                .await;
        assert_eq!(left, 0, "{table}");
    }
}

async fn flowdeck_count(home: &Home, sql: &str) -> i64 {
    let mut database = crate::database::connect(&home.house.folder.path().join("flowdeck.db")).await;
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&mut database).await.expect("counted")
}

#[tokio::test]
async fn an_app_of_its_own_rule_goes_by_that() {
    let home = Home::new().await;
    let (kept, short, usual) = (home.add_app("a").await, home.add_app("b").await, home.add_app("c").await);
    for app in [&kept, &short, &usual] {
        for age in [5, 50, 500] {
            home.add_run(app, RunStatus::Succeeded, age).await;
        }
    }
    home.steady().await;
    home.keeping.set_rule(None, days(100)).await.expect("set");
    home.keeping.set_rule(Some(&kept), Some(KeepRule::default())).await.expect("set");
    home.keeping.set_rule(Some(&short), days(10)).await.expect("set");
    let gives_up = home.keeping.preview(Some(&kept), None, NOW).await.expect("counted");
    assert_eq!(gives_up.runs, 1, "what goes where an app goes by the rule of all again");
    let swept = home.keeping.sweep(NOW).await.expect("swept");
    assert_eq!(swept.runs, 3, "two of ten days, one of a hundred, none of for ever");
    let now = home.keeping.now().await.expect("counted");
    let runs = |id: &str| now.apps.iter().find(|app| app.app_id.0 == id).map(|app| app.runs);
    assert_eq!((runs("a"), runs("b"), runs("c")), (Some(3), Some(1), Some(2)));
}

#[tokio::test]
async fn files_go_first_and_the_run_says_so() {
    let home = Home::new().await;
    let app = home.add_app("a").await;
    let old = home.add_run(&app, RunStatus::Succeeded, 40).await;
    let young = home.add_run(&app, RunStatus::Succeeded, 4).await;
    for run in [&old, &young] {
        home.add_files(run, "c").await;
    }
    home.steady().await;
    let rule = Some(KeepRule { days: None, files_days: Some(30) });
    let foreseen = home.keeping.preview(None, rule, NOW).await.expect("counted");
    assert_eq!(foreseen, Swept { without_files: 1, ..Swept::default() });
    home.keeping.set_rule(None, rule).await.expect("set");
    assert_eq!(home.keeping.sweep(NOW).await.expect("swept"), foreseen);
    let run = home.run(&old).await;
    assert_eq!(run.texts[0].text, format!("Text of {}. 押金", old.0), "all that can be searched is there");
    assert_eq!(run.files[0].local, LocalCopy::LetGo);
    let sent = home.house.store.sent(&old).await.expect("read");
    assert_eq!((sent[0].copy, sent[0].name.as_str()), (SentCopy::LetGo, "租约.pdf"), "its name can still be searched");
    for inside in ["report.md", "sent/租约.pdf", "speech/stream.mp3"] {
        assert!(!home.run_folder(&old).join(inside).exists(), "{inside}");
        assert!(home.run_folder(&young).join(inside).exists(), "{inside}");
    }
    let again = home.keeping.sweep(NOW).await.expect("swept");
    assert_eq!(again, Swept::default(), "there is nothing left to do");
}

#[tokio::test]
async fn a_clock_set_to_another_year_deletes_nothing() {
    let home = Home::new().await;
    let app = home.add_app("a").await;
    home.add_run(&app, RunStatus::Succeeded, 1).await;
    home.keeping.set_rule(None, days(30)).await.expect("set");
    let in_2099 = NOW + 73 * 365 * DAY;
    let waits = Swept { waits: true, ..Swept::default() };
    assert_eq!(home.keeping.sweep(in_2099).await.expect("asked"), waits, "a new program believes no clock");
    home.steady().await;
    assert_eq!(home.keeping.sweep(in_2099).await.expect("asked"), waits, "nor does one that it leapt under");
    assert_eq!(home.keeping.sweep(in_2099 + DAY / 2).await.expect("asked"), waits, "nor half a day later");
    assert_eq!(home.keeping.sweep(NOW).await.expect("asked"), waits, "set right again, it has to go on for a day");
    assert_eq!(home.runs().await.len(), 1);
    let preview = home.keeping.preview(None, days(30), NOW).await.expect("counted");
    assert!(preview.waits, "and that is said with the preview");
    home.house.store.save_clock(ClockSeen { at: NOW, since: NOW - DAY }).await.expect("noted");
    let swept = home.keeping.sweep(NOW + 30 * DAY).await.expect("swept");
    assert_eq!(swept.runs, 1, "thirty days later it goes");
}

#[tokio::test]
async fn a_run_that_is_followed_stays_however_old_it_says_it_is() {
    let server = DemoServer::start().await.expect("the demo");
    let mut home = Home::new().await;
    let app = home.house.connect(&server, "every-control").await;
    let form = home.house.apps.form(&app.id).await.expect("a form");
    assert!(!form.fields.is_empty(), "a form that takes inputs");
    let left = home.house.leave_behind(&app, RunStatus::OutOfContact).await;
    home.steady().await;
    home.keeping.set_rule(None, days(1)).await.expect("set");
    home.sql(&format!("UPDATE run SET started_at = 5 WHERE id = '{}'", left.0)).await;
    home.keeping.sweep(NOW).await.expect("swept");
    assert_eq!(home.runs().await, [left], "it is not over");
    home.house.seen.clear();
}

#[tokio::test]
async fn all_runs_of_an_app_go_when_the_user_says_so() {
    let home = Home::new().await;
    let (app, other) = (home.add_app("a").await, home.add_app("b").await);
    for _ in 0..60 {
        home.add_run(&app, RunStatus::Succeeded, 1).await;
    }
    let live = home.add_run(&app, RunStatus::Running, 1).await;
    let others = home.add_run(&other, RunStatus::Succeeded, 1).await;
    assert_eq!(home.keeping.delete_runs_of(&app).await.expect("deleted"), 60);
    assert_eq!(home.runs().await, [live, others], "but those under way, and those of other apps");
}

#[tokio::test]
async fn what_is_here_is_counted() {
    let home = Home::new().await;
    let (app, idle) = (home.add_app("a").await, home.add_app("b").await);
    for _ in 0..3 {
        let run = home.add_run(&app, RunStatus::Succeeded, 1).await;
        home.add_files(&run, "shared").await;
    }
    let now = home.keeping.now().await.expect("counted");
    assert_eq!(now.apps.iter().map(|app| &app.app_id).collect::<Vec<_>>(), [&app, &idle], "most runs first");
    let of = &now.apps[0];
    assert_eq!(
        (of.runs, of.files, of.copies, of.sounds),
        (3, 30, 12, 21),
        "a document that was sent often counts once"
    );
    assert!((30..500).contains(&of.bodies), "texts, roughly, without the form that all of them share: {}", of.bodies);
    assert!(now.database > 4096 && now.backup.is_none() && now.aside.is_none());
}

#[tokio::test]
async fn what_the_user_marks_while_a_rule_is_applied_stays() {
    let home = Home::new().await;
    let app = home.add_app("a").await;
    let run = home.add_run(&app, RunStatus::Succeeded, 40).await;
    home.add_files(&run, "c").await;
    let (store, before) = (&home.house.store, NOW - 30 * DAY);
    let found = store.runs_that_go(&app, Goes::Run, before, None, 25).await.expect("looked for");
    assert_eq!(found, std::slice::from_ref(&run));
    assert!(store.files_still_go(&app, before, &run).await.expect("asked"));
    let star = RemarksChange { starred: Some(true), ..RemarksChange::default() };
    store.remark(&found, &star).await.expect("starred");
    assert_eq!(store.hide_runs_that_go(&app, before, &found, NOW).await.expect("asked"), [], "it was found before");
    assert!(!store.files_still_go(&app, before, &run).await.expect("asked"));
    let star = RemarksChange { starred: Some(false), ..RemarksChange::default() };
    store.remark(&found, &star).await.expect("taken back");
    assert_eq!(store.hide_runs_that_go(&app, before, &found, NOW).await.expect("asked"), found);
    assert_eq!(home.runs().await, [], "and nothing else keeps it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_runs_that_a_rule_lets_go_leave_the_index_at_once() {
    const SECRET: &str = "quetzalcoatl";
    let home = Home::new().await;
    let app = home.add_app("a").await;
    let find = Find::new(home.house.store.clone());
    let (old, _) = (home.add_run(&app, RunStatus::Succeeded, 40).await, home.add_run(&app, RunStatus::Failed, 1).await);
    home.sql(&format!("UPDATE run SET title = '{SECRET}' WHERE id = '{}'", old.0)).await;
    let wanted = Search { text: SECRET.into(), ..Search::default() };
    assert_eq!(find.find(&wanted, None, 10).await.expect("searched").runs.len(), 1, "it is in the index");
    let stands = || {
        ["flowdeck.db", "flowdeck.db-wal"].iter().any(|name| {
            let bytes = std::fs::read(home.house.folder.path().join(name)).unwrap_or_default();
            bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
        })
    };
    assert!(stands(), "or this shows nothing");
    home.steady().await;
    home.keeping.set_rule(None, days(30)).await.expect("set");
    assert_eq!(home.keeping.sweep(NOW).await.expect("swept").runs, 1);
    let gone = async {
        while stands() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), gone).await.expect("no byte of it is left");
    let clear = async {
        while home.house.store.trace().await.expect("read").is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), clear).await.expect("and no start looks for it again");
}

#[tokio::test]
async fn what_a_killed_download_left_goes_with_the_files() {
    let home = Home::new().await;
    let app = home.add_app("a").await;
    let run = home.add_run(&app, RunStatus::Succeeded, 40).await;
    home.add_files(&run, "c").await;
    let left = home.run_folder(&run).join(format!(".{}.part", uuid::Uuid::new_v4()));
    let other = home.run_folder(&run).join("of-somebody.part");
    for file in [&left, &other] {
        std::fs::write(file, "half").expect("written");
    }
    home.steady().await;
    home.keeping.set_rule(None, Some(KeepRule { days: None, files_days: Some(30) })).await.expect("set");
    assert_eq!(home.keeping.sweep(NOW).await.expect("swept").without_files, 1);
    assert!(!left.exists(), "its bytes go, too");
    assert!(other.exists(), "what is not ours stays");
}
