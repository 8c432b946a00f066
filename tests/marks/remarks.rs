//! Names, notes, stars and tags.

use flowdeck::{
    model::{
        event::AppEvent,
        history::{Remarks, RemarksChange},
        run::RunId,
    },
    store,
};

use super::{digest, past_runs, tagged};

#[tokio::test]
async fn what_is_said_of_runs_outlives_the_program() {
    let (_server, mut house, app) = digest().await;
    let ids = past_runs(&house, &app.id, 3, "Lease").await;
    assert_eq!(house.past.remarks(&ids[0]).await.expect("read"), Remarks::default(), "nothing was said yet");
    let change = RemarksChange {
        name: Some("  Lease,\n Hamburg ".into()),
        note: Some("Ask the notary.\n\nBefore May. ".into()),
        starred: Some(true),
        add_tags: vec!["to do".into(), "Lease".into()],
        ..RemarksChange::default()
    };
    house.past.remark(&ids[..2], &change).await.expect("said");
    let mut told = 0;
    while let Ok(event) = house.events.try_recv() {
        told += usize::from(event == AppEvent::HistoryChanged);
    }
    assert_eq!(told, 1, "lists are read anew once, however many runs it was");
    let only_star = RemarksChange { starred: Some(false), reviewed: Some(true), ..RemarksChange::default() };
    house.past.remark(&ids[1..2], &only_star).await.expect("said");

    let house = crate::House::on(house.leave().await).await;
    let said = Remarks {
        name: "Lease, Hamburg".into(),
        note: "Ask the notary.\n\nBefore May.".into(),
        starred: true,
        reviewed: false,
        tags: vec!["Lease".into(), "to do".into()],
    };
    assert_eq!(house.past.remarks(&ids[0]).await.expect("read"), said);
    let other = Remarks { starred: false, reviewed: true, ..said.clone() };
    assert_eq!(house.past.remarks(&ids[1]).await.expect("read"), other, "what was not to change stayed");
    assert_eq!(house.past.remarks(&ids[2]).await.expect("read"), Remarks::default(), "of others nothing was said");

    let nothing = RemarksChange { name: Some(" ".into()), note: Some(String::new()), ..RemarksChange::default() };
    house.past.remark(&ids[..1], &nothing).await.expect("taken back");
    let left = house.past.remarks(&ids[0]).await.expect("read");
    assert_eq!((left.name.as_str(), left.note.as_str()), ("", ""), "an empty one takes it back");
    let nobody = house.past.remark(&[RunId("nobody".into())], &only_star).await;
    assert!(matches!(nobody, Err(store::Error::NotFound)), "{nobody:?}");
}

#[tokio::test]
async fn tags_keep_their_first_spelling_and_are_counted() {
    let (_server, house, app) = digest().await;
    let ids = past_runs(&house, &app.id, 30, "Run").await;
    house.past.remark(&ids[..10], &tagged(&["Invoice"])).await.expect("tagged");
    house.past.remark(&ids[5..25], &tagged(&[" INVOICE ", "发票", "Größe"])).await.expect("tagged");
    house.past.remark(&ids[25..26], &tagged(&["GRÖSSE"])).await.expect("tagged");
    let tags = house.past.tags().await.expect("listed");
    let expected = [("Größe", 21), ("Invoice", 25), ("发票", 20)].map(|(tag, runs)| (tag.to_owned(), runs));
    assert_eq!(tags, expected, "one tag, however it is spelt");

    house.past.delete(&ids[..5]).await.expect("deleted");
    let invoices = |tags: Vec<(String, u32)>| tags.into_iter().find(|(tag, _)| tag == "Invoice").map(|(_, runs)| runs);
    assert_eq!(invoices(house.past.tags().await.expect("listed")), Some(20), "hidden runs do not count");
    house.past.undelete(&ids[..5]).await.expect("brought back");
    assert_eq!(invoices(house.past.tags().await.expect("listed")), Some(25));

    let gone = RemarksChange { remove_tags: vec!["invoice".into()], ..RemarksChange::default() };
    house.past.remark(&ids, &gone).await.expect("taken away");
    assert_eq!(invoices(house.past.tags().await.expect("listed")), None, "what nobody has is no tag");
    let many: Vec<String> = (0..25).map(|number| format!("tag {number:02}")).collect();
    house.past.remark(&ids[..1], &RemarksChange { add_tags: many, ..gone }).await.expect("tagged");
    assert_eq!(house.past.remarks(&ids[0]).await.expect("read").tags.len(), 20, "as many as a run may have");
}
