//! What users entered comes back: drafts, saved inputs, files and past runs, over restarts, against the built-in server
//! and real database files; and the rule for forms that changed.

mod house;

#[path = "kept/changes.rs"]
mod changes;
#[path = "kept/files.rs"]
mod files;
#[path = "kept/presets.rs"]
mod presets;
#[path = "kept/twins.rs"]
mod twins;

use flowdeck::{
    demo::DemoServer,
    model::{
        app::{App, KeepKey},
        changes::{Change, FormChanges, WhyAside},
        file::{Since, StagedId, StagedState},
        form::{Control, Entries, Entry, FileEntry, Form},
        kept::Draft,
        run::{InputShown, RunId, RunStatus},
    },
    runs, store,
};
use house::House;

fn text(value: &str) -> Entry {
    Entry::Text(value.into())
}

fn documents(ids: &[StagedId]) -> (String, Entry) {
    ("documents".into(), Entry::Files(ids.iter().cloned().map(FileEntry::Staged).collect()))
}

fn draft(entries: Entries, form: &Form, revision: u32) -> Draft {
    Draft { entries, form: form.clone(), changes: FormChanges::default(), revision }
}

/// Ends the program and starts it again; the key was kept for one session, so it is entered once more.
async fn restart(house: House, server: &DemoServer, app: &App) -> House {
    let house = House::on(house.leave().await).await;
    let key = &server.apps().iter().find(|known| known.name == app.branding.title).expect("the app").key;
    house.apps.replace_key(&app.id, key, KeepKey::Session, None).await.expect("the key is entered again");
    house
}

async fn publish(house: &House, app: &App, change: impl FnOnce(&mut Form)) {
    let mut form = app.form.clone();
    change(&mut form);
    let facts = house.store.app(&app.id).await.expect("stored").facts;
    house
        .store
        .refresh_app(&app.id, &app.branding, None, &form, None, &facts, 2)
        .await
        .expect("the app has another form");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_filled_form_with_a_document_survives_a_restart_and_runs() {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let id = house.upload(&app, "Complaint about an invoice.eml").await;
    let before = house.files.get(&id).expect("staged");
    let entries = Entries::from([documents(std::slice::from_ref(&id)), ("title".into(), text("半填"))]);
    house.kept.save_draft(&app.id, &draft(entries.clone(), &app.form, 1)).await.expect("saved");

    let mut house = restart(house, &server, &app).await;
    let filled = house.kept.draft(&app.id).await.expect("read").expect("there is a draft");
    assert_eq!(filled.entries, entries);
    assert_eq!(filled.files, [before], "with its upload: the server still has it");
    assert!(filled.changes.is_empty(), "nothing changed: {:?}", filled.changes);
    let run = house.start(&app, filled.entries).await.expect("started");
    assert_eq!(house.ended(&run).await.head.status, RunStatus::Succeeded);
}

#[tokio::test]
async fn a_save_that_comes_late_does_not_undo_a_newer_one() {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    assert_eq!(house.kept.draft(&app.id).await.expect("read"), None);
    for (title, revision) in [("first", 1), ("third", 3), ("second", 2), ("third again", 3)] {
        let entries = Entries::from([("title".into(), text(title))]);
        house.kept.save_draft(&app.id, &draft(entries, &app.form, revision)).await.expect("saved");
    }
    let filled = house.kept.draft(&app.id).await.expect("read").expect("there is a draft");
    assert_eq!((filled.revision, &filled.entries["title"]), (3, &text("third")));
}

#[tokio::test]
async fn a_draft_says_what_changed_until_that_is_put_away() {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let entries = Entries::from([("title".into(), text("Lease")), ("length".into(), text("long"))]);
    house.kept.save_draft(&app.id, &draft(entries, &app.form, 1)).await.expect("saved");
    publish(&house, &app, |form| form.fields.retain(|field| field.variable != "title")).await;

    let filled = house.kept.draft(&app.id).await.expect("read").expect("there is a draft");
    assert_eq!(filled.entries, Entries::from([("length".into(), text("long"))]));
    assert_eq!(filled.changes.fields[0].change, Change::Gone);
    assert_eq!((&filled.changes.aside[0].entry, &filled.changes.aside[0].why), (&text("Lease"), &WhyAside::FieldGone));

    // The page saves what it shows, for the form of now; what was set aside is still to be read after a restart.
    let form = house.apps.form(&app.id).await.expect("read");
    let shown = Draft { entries: filled.entries, form, changes: filled.changes.clone(), revision: 2 };
    house.kept.save_draft(&app.id, &shown).await.expect("saved");
    let house = House::on(house.leave().await).await;
    let again = house.kept.draft(&app.id).await.expect("read").expect("there is a draft");
    assert_eq!(again.changes, filled.changes);
}

#[tokio::test]
async fn saved_inputs_are_kept_renamed_replaced_and_brought_back() {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let one = Entries::from([("title".into(), text("one"))]);
    let two = Entries::from([("title".into(), text("two"))]);
    let first = house.kept.save_preset(&app.id, " Standard 审查 ", &one, &app.form).await.expect("saved");
    assert_eq!((first.preset.name.as_str(), &first.replaced), ("Standard 审查", &None));
    let second = house.kept.save_preset(&app.id, "Standard 审查", &two, &app.form).await.expect("saved");
    assert_eq!(second.replaced.as_ref(), Some(&first.preset.id));
    assert_eq!(house.kept.presets(&app.id).await.expect("listed").len(), 1, "one of a name");

    house.kept.restore_preset(&first.preset.id).await.expect("undone");
    let ids: Vec<_> = house.kept.presets(&app.id).await.expect("listed").into_iter().map(|preset| preset.id).collect();
    assert_eq!(ids, std::slice::from_ref(&first.preset.id), "what replaced them made room");
    house.kept.rename_preset(&first.preset.id, "Short").await.expect("renamed");
    let third = house.kept.save_preset(&app.id, "Standard 审查", &two, &app.form).await.expect("saved").preset;
    let taken = house.kept.rename_preset(&third.id, "Short").await;
    assert!(taken.is_err(), "two of one name cannot be told apart");
    house.kept.remove_preset(&third.id).await.expect("removed");
    assert!(matches!(
        house.kept.remove_preset(&third.id).await,
        Err(flowdeck::kept::Error::Store(store::Error::NotFound))
    ));

    let house = House::on(house.leave().await).await;
    let kept = house.kept.presets(&app.id).await.expect("listed");
    assert_eq!(kept.iter().map(|preset| preset.name.as_str()).collect::<Vec<_>>(), ["Short"]);
    assert_eq!(house.kept.apply_preset(&first.preset.id).await.expect("applied").entries, one);
    assert!(house.kept.presets(&app.id).await.expect("listed")[0].used_at.is_some());
    house.kept.clear().await.expect("cleared");
    assert!(house.kept.restore_preset(&third.id).await.is_err(), "a removal can be undone until the next start");
    assert_eq!(house.kept.presets(&app.id).await.expect("listed").len(), 1, "others are not touched");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_past_run_runs_again_after_a_restart_with_its_file() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let id = house.upload(&app, "Complaint about an invoice.eml").await;
    let entries = Entries::from([documents(&[id])]);
    let run = house.start(&app, entries.clone()).await.expect("started");
    let first = house.ended(&run).await;

    let mut house = restart(house, &server, &app).await;
    house.kept.clear().await.expect("cleared");
    let filled = house.kept.refill(&run).await.expect("refilled");
    assert_eq!(filled.entries, entries);
    assert!(filled.changes.is_empty() && filled.files.iter().all(|file| file.since == Since::Same), "{filled:?}");
    let again = house.start(&app, filled.entries).await.expect("started");
    assert_eq!(house.ended(&again).await.outputs["digest"], first.outputs["digest"]);

    publish(&house, &app, |form| {
        for field in &mut form.fields {
            if field.variable == "length"
                && let Control::Select { options, .. } = &mut field.control
            {
                options.push("endless".into());
            }
        }
    })
    .await;
    let filled = house.kept.refill(&run).await.expect("refilled");
    let changed: Vec<_> = filled.changes.fields.iter().map(|change| change.variable.as_str()).collect();
    assert_eq!(changed, ["length"], "the run keeps the form it was started with");
}

#[tokio::test]
async fn a_file_that_nobody_kept_is_still_named_at_its_place() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let started = house.start(&app, Entries::from([("text".into(), text("One. Two."))])).await.expect("started");
    let mut run = house.ended(&started).await;
    run.head.id = RunId("0".into());
    run.inputs = vec![InputShown {
        variable: "documents".into(),
        label: "Documents".into(),
        value: serde_json::json!(["Lease.pdf"]),
        is_files: true,
        hidden: false,
    }];
    let lost = StagedId("of an earlier version".into());
    let entries = Entries::from([documents(std::slice::from_ref(&lost))]);
    house.store.add_run(&run, &entries, &app.form).await.expect("added");

    let filled = house.kept.refill(&run.head.id).await.expect("refilled");
    assert_eq!(filled.entries, entries, "it is not dropped");
    let file = &filled.files[0];
    assert_eq!((&file.id, file.name.as_str(), &file.state), (&lost, "Lease.pdf", &StagedState::Gone));
    let refused = house.start(&app, filled.entries).await.expect_err("the file is not there");
    assert!(matches!(refused, runs::Error::Form(problems) if problems[0].file_index == Some(0)), "said at its row");
}

#[tokio::test]
async fn what_belongs_to_a_removed_app_and_files_that_nobody_names_are_cleared() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let (app, other) = (house.connect(&server, "document-digest").await, house.connect(&server, "every-control").await);
    let names = ["draft.txt", "aside.txt", "preset.txt", "run.txt", "nobody.txt", "removed-app.txt"];
    let paths = names.iter().map(|name| house.folder.path().join(name)).collect::<Vec<_>>();
    for path in &paths {
        std::fs::write(path, "One sentence. Another one.").expect("written");
    }
    let ids: Vec<StagedId> = house.files.stage(paths).into_iter().map(|file| file.id).collect();
    house.files.keep(&ids).await;
    let client = house.apps.client(&app.id).await.expect("a client");
    house.files.upload(&client, &ids[3]).await.expect("uploaded");
    let run = house.start(&app, Entries::from([documents(&ids[3..4])])).await.expect("started");
    house.ended(&run).await;
    let aside = flowdeck::model::changes::SetAside {
        variable: "gone".into(),
        label: "Gone".into(),
        entry: documents(&ids[1..2]).1,
        why: WhyAside::FieldGone,
    };
    let kept = Draft {
        changes: FormChanges { fields: Vec::new(), aside: vec![aside] },
        ..draft(Entries::from([documents(&ids[0..1])]), &app.form, 1)
    };
    house.kept.save_draft(&app.id, &kept).await.expect("saved");
    house.kept.save_preset(&app.id, "p", &Entries::from([documents(&ids[2..3])]), &app.form).await.expect("saved");
    house.kept.save_preset(&other.id, "p", &Entries::from([documents(&ids[5..6])]), &other.form).await.expect("saved");
    house.apps.remove(&other.id).await.expect("removed");
    assert_eq!(house.kept.clear().await.expect("cleared"), 0, "what came in this session may still be wanted");

    let house = House::on(house.leave().await).await;
    assert_eq!(house.kept.clear().await.expect("cleared"), 2);
    let mut left: Vec<String> =
        house.store.staged_files(&ids).await.expect("read").into_iter().map(|file| file.name).collect();
    left.sort();
    assert_eq!(left, ["aside.txt", "draft.txt", "preset.txt", "run.txt"]);
    assert!(house.kept.presets(&other.id).await.expect("listed").is_empty());
}
