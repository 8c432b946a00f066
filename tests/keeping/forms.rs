//! The forms of runs: each stands once as long as any run has it, and no longer.

use flowdeck::{
    model::{
        app::AppId,
        form::{Control, Entries, Field, Form},
        history::{Contents, RunOrigin},
        log::LogScope,
        preferences::Preferences,
        run::{RunHead, RunId, RunStatus},
    },
    store::{LogEntry, LogPart, RunSave},
};

use crate::{Home, NOW, backups::Archive, database};

/// Found nowhere else.
fn form(label: &str) -> Form {
    let control = Control::Text { max_length: None, default: String::new() };
    let field = Field {
        variable: "text".into(),
        label: format!("Label {label}"),
        required: false,
        hidden: false,
        hint: None,
        placeholder: None,
        control,
    };
    Form { fields: vec![field], ..Form::default() }
}

async fn run_with(home: &Home, app: &AppId, form: &Form) -> RunId {
    let store = &home.house.store;
    let head = RunHead {
        title: "租约".into(),
        ..RunHead::new(store.new_run_id().await.expect("an id"), app.clone(), RunStatus::Starting, NOW)
    };
    let run = flowdeck::runs::fold::new_run(head.clone(), Vec::new());
    store.add_run(&run, &Entries::new(), form).await.expect("added");
    let ended = RunHead { status: RunStatus::Succeeded, finished_at: Some(NOW), ..head };
    let save = RunSave { head: Some(ended.clone()), ..RunSave::default() };
    store.save_run(&ended.id, &save).await.expect("saved");
    ended.id
}

/// Labels of the forms that are stored.
async fn forms(home: &Home) -> Vec<String> {
    let mut database = database::connect(&home.house.folder.path().join("flowdeck.db")).await;
    let sql = "SELECT json_extract(form, '$.fields[0].label') FROM run_form ORDER BY 1";
    let forms = sqlx::query_scalar(sql).fetch_all(&mut database).await.expect("the forms");
    sqlx::Connection::close(database).await.expect("closed");
    forms
}

async fn goes(home: &Home, id: &RunId) {
    let ids = std::slice::from_ref(id);
    assert_eq!(home.house.store.delete_runs(ids, 1).await.expect("hidden").runs, ids);
    home.house.store.purge(ids, 0).await.expect("taken away");
}

async fn form_of(home: &Home, id: &RunId) -> Option<Form> {
    home.house.store.run_filled(id).await.expect("what it was filled in with").form
}

#[tokio::test]
async fn a_form_stays_while_any_run_has_it_and_goes_with_the_last() {
    let home = Home::new().await;
    let (app, other) = (home.add_app("a").await, home.add_app("b").await);
    let (shared, own) = (form("shared"), form("own"));
    let first = run_with(&home, &app, &shared).await;
    let second = run_with(&home, &other, &shared).await;
    let third = run_with(&home, &app, &own).await;
    assert_eq!(forms(&home).await, ["Label own", "Label shared"], "one for two runs, of whichever app");
    goes(&home, &first).await;
    assert_eq!(forms(&home).await, ["Label own", "Label shared"], "another run has it");
    assert_eq!(form_of(&home, &second).await, Some(shared.clone()));
    home.house.store.delete_runs(std::slice::from_ref(&second), 1).await.expect("hidden");
    assert_eq!(forms(&home).await, ["Label own", "Label shared"], "what is only hidden can come back");
    home.house.store.undelete_runs(std::slice::from_ref(&second)).await.expect("brought back");
    assert_eq!(form_of(&home, &second).await, Some(shared.clone()), "with its form");
    goes(&home, &second).await;
    assert_eq!(forms(&home).await, ["Label own"], "nobody has it any more");
    // Refused before it began.
    let refused = run_with(&home, &app, &shared).await;
    assert_eq!(forms(&home).await, ["Label own", "Label shared"], "it comes again with a run");
    home.house.store.delete_run(&refused).await.expect("forgotten");
    assert_eq!(forms(&home).await, ["Label own"]);
    // All at once.
    let many = [run_with(&home, &app, &shared).await, run_with(&home, &app, &shared).await, third];
    home.house.store.delete_runs(&many, 1).await.expect("hidden");
    home.house.store.purge(&many, 0).await.expect("taken away");
    assert_eq!(forms(&home).await, [""; 0]);
    home.house.store.leave_no_trace().await.expect("cleared");
    for name in ["flowdeck.db", "flowdeck.db-wal"] {
        let bytes = std::fs::read(home.house.folder.path().join(name)).unwrap_or_default();
        assert!(!bytes.windows(12).any(|window| window == b"Label shared"), "{name}: nor does any byte of it stand");
    }
}

#[tokio::test]
async fn a_run_whose_form_changes_lets_go_of_the_one_before() {
    let home = Home::new().await;
    let app = home.add_app("a").await;
    let store = &home.house.store;
    store.set_log_scope(&app, LogScope::Own).await.expect("set");
    let line = |id: &str| LogEntry {
        server_run_id: id.into(),
        origin: RunOrigin::Server,
        status: RunStatus::Running,
        started_at: NOW,
        finished_at: None,
        elapsed: None,
        total_tokens: None,
        total_steps: None,
        error: None,
        user: None,
    };
    let merged = store.merge_log(&app, &[line("s1"), line("s2")], |_, said| said, (LogPart::Own, "user", None)).await;
    assert_eq!(merged.expect("merged").added, 2);
    let ids = home.runs().await;
    assert_eq!(forms(&home).await, [""; 0], "a line of a log has none");
    // What is told of a run that goes on comes again and again.
    let told = async |id: &RunId, form: &Form| {
        let run = store.run(id).await.expect("a run");
        store.fill_run(&run, Contents::Head, &Entries::new(), form).await.expect("filled");
        assert_eq!(form_of(&home, id).await.as_ref(), Some(form));
        forms(&home).await
    };
    let [one, two, three] = ["one", "two", "three"].map(form);
    assert_eq!(told(&ids[0], &one).await, ["Label one"]);
    assert_eq!(told(&ids[1], &one).await, ["Label one"]);
    assert_eq!(told(&ids[0], &two).await, ["Label one", "Label two"], "the other run has it");
    assert_eq!(told(&ids[1], &two).await, ["Label two"], "nobody has the first one any more");
    assert_eq!(told(&ids[0], &two).await, ["Label two"], "the same again lets go of nothing");
    assert_eq!(told(&ids[1], &three).await, ["Label three", "Label two"]);
    assert_eq!(told(&ids[1], &one).await, ["Label one", "Label two"], "and one that was gone comes back");
    store.delete_run(&ids[1]).await.expect("forgotten");
    assert_eq!(forms(&home).await, ["Label two"]);
}

#[tokio::test]
async fn a_backup_has_the_forms_of_its_runs_and_no_others() {
    let home = Home::new().await;
    let app = home.add_app("a").await;
    let (shared, own, gone) = (form("shared"), form("own"), form("quetzalcoatl"));
    let deleted = [run_with(&home, &app, &gone).await, run_with(&home, &app, &shared).await];
    let kept = [run_with(&home, &app, &shared).await, run_with(&home, &app, &own).await];
    home.house.store.delete_runs(&deleted, 1).await.expect("hidden");
    assert_eq!(forms(&home).await.len(), 3, "the deleted ones can still come back");
    let target = home.house.folder.path().join("mine.flowdeck-backup");
    home.keeping.make_backup(&target, Preferences::default()).await.expect("made");
    let archive = Archive::read(&target);
    assert_eq!((archive.manifest.rows["run_form"], archive.manifest.rows["run_body"]), (2, 2));
    let history = &archive.files[0].1;
    let holds = |text: &[u8]| history.windows(text.len()).any(|window| window == text);
    assert!(holds(b"Label shared") && holds(b"Label own"), "those of its runs");
    assert!(!holds(b"quetzalcoatl"), "nothing of a run that was deleted");
    home.keeping.read_backup(&target).await.expect("read");
    home.keeping.take_restored(Preferences::default()).await.expect("taken");
    let home = home.again().await;
    assert_eq!(home.runs().await, kept);
    assert_eq!(form_of(&home, &kept[0]).await, Some(shared), "each run has its form");
    assert_eq!(form_of(&home, &kept[1]).await, Some(own));
    assert_eq!(forms(&home).await, ["Label own", "Label shared"]);
    // The restored database lets go of them as any other does.
    goes(&home, &kept[0]).await;
    assert_eq!(forms(&home).await, ["Label own"]);
}
