//! Names of saved inputs: one of each, whatever the case and the blanks.

use flowdeck::{
    demo::DemoServer,
    model::{
        form::Entries,
        kept::{Preset, PresetId},
    },
};

use sqlx::Connection as _;

use super::{House, text};

fn titled(title: &str) -> Entries {
    Entries::from([("title".into(), text(title))])
}

async fn names(house: &House, app: &flowdeck::model::app::App) -> Vec<String> {
    house.kept.presets(&app.id).await.expect("listed").into_iter().map(|preset| preset.name).collect()
}

#[tokio::test]
async fn names_that_differ_in_case_or_blanks_alone_are_one() {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let first = house.kept.save_preset(&app.id, "Übersicht  Mai", &titled("one"), &app.form).await.expect("saved");
    assert_eq!(first.preset.name, "Übersicht Mai", "blanks are kept as people see them");
    let known = house.kept.preset_named(&app.id, " ÜBERSICHT mai ", None).await.expect("asked");
    assert_eq!(known.as_ref(), Some(&first.preset), "told before it is saved");
    let itself = house.kept.preset_named(&app.id, "übersicht mai", Some(&first.preset.id)).await.expect("asked");
    assert_eq!(itself, None, "a name may change its own case");

    let second = house.kept.save_preset(&app.id, "übersicht MAI ", &titled("two"), &app.form).await.expect("saved");
    assert_eq!(second.replaced, Some(first.preset.id.clone()));
    assert_eq!(names(&house, &app).await, ["übersicht MAI"], "not side by side");
    house.kept.restore_preset(&first.preset.id).await.expect("undone");
    assert_eq!(names(&house, &app).await, ["Übersicht Mai"], "what replaced it made room");

    let other = house.kept.save_preset(&app.id, "June", &titled("three"), &app.form).await.expect("saved").preset;
    assert!(house.kept.rename_preset(&other.id, "ÜBERSICHT MAI").await.is_err(), "nor by another name");
    house.kept.rename_preset(&other.id, "JUNE").await.expect("its own name in capitals");
    assert_eq!(names(&house, &app).await, ["JUNE", "Übersicht Mai"]);
}

#[tokio::test]
async fn names_that_stood_side_by_side_before_go_on_to() {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    // As earlier versions left them.
    let mut ids = Vec::new();
    for (number, name) in ["Monthly", "monthly", "Weekly"].into_iter().enumerate() {
        let saved = house.kept.save_preset(&app.id, &format!("{name} {number}"), &titled(name), &app.form).await;
        ids.push(saved.expect("saved").preset.id);
    }
    let folder = house.leave().await;
    let url = format!("sqlite://{}", folder.path().join("flowdeck.db").display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.expect("opened");
    sqlx::query("UPDATE preset SET name = substr(name, 1, 7) WHERE name LIKE 'monthly%'")
        .execute(&mut connection)
        .await
        .expect("changed");
    connection.close().await.expect("closed");

    let house = House::on(folder).await;
    assert_eq!(names(&house, &app).await, ["Monthly", "Weekly 2", "monthly"], "both are there");
    for (id, name) in [(&ids[0], "Monthly"), (&ids[1], "monthly")] {
        let named = house.kept.preset_named(&app.id, name, None).await.expect("asked");
        assert_eq!(named.map(|preset: Preset| preset.id).as_ref(), Some(id), "letter for letter first");
        assert_eq!(house.kept.apply_preset(id).await.expect("applied").entries, titled(name));
    }
    house.kept.remove_preset(&ids[0]).await.expect("removed");
    house.kept.restore_preset(&ids[0]).await.expect("undone");
    assert_eq!(names(&house, &app).await.len(), 3, "undoing takes nothing else away");
    let saved = house.kept.save_preset(&app.id, "monthly", &titled("new"), &app.form).await.expect("saved");
    assert_eq!(saved.replaced, Some(PresetId(ids[1].0.clone())), "the one of just this name is replaced");
    assert_eq!(names(&house, &app).await, ["Monthly", "Weekly 2", "monthly"]);
}
