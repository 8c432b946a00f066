//! Who is sent when.

use tokio::sync::watch;

use super::*;
use server::Step;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_files_are_sent_at_a_time_and_the_others_wait_for_their_turn() {
    let (open, gate) = watch::channel(false);
    let server = Server::start(move |_| [vec![Step::Gate(gate.clone())], taken(1)].concat()).await;
    let (house, client) = (House::new().await, client_of(&server));
    let ids: Vec<StagedId> = (0..8).map(|n| chosen(&house, &format!("{n}.txt"), b"text")).collect();
    let all: Vec<Sending> = ids.iter().map(|id| send(&house, &client, id)).collect();
    let queued = || ids.iter().filter(|id| state(&house, id) == StagedState::Queued).count();
    until("three are at the server, the others wait", || server.requests().len() == 3 && queued() == 5).await;

    // One that waits is put away, and one that is being sent: its turn is the next one's.
    let waiting = ids.iter().position(|id| state(&house, id) == StagedState::Queued).expect("one waits");
    house.files.forget(&ids[waiting]);
    let under_way = |id: &StagedId| matches!(house.files.get(id), Some(file) if matches!(file.state, StagedState::Uploading { .. }));
    let cancelled = ids.iter().position(under_way).expect("one is sent");
    house.files.forget(&ids[cancelled]);
    until("a fourth has the turn of the one that was put away", || server.requests().len() == 4).await;

    open.send_replace(true);
    let mut broken_off = Vec::new();
    for (place, sending) in all.into_iter().enumerate() {
        match ended(sending).await {
            Ok(_) => {}
            Err(files::Error::Cancelled) => broken_off.push(place),
            Err(error) => panic!("{place}: {error:?}"),
        }
    }
    broken_off.sort_unstable();
    let mut put_away = [waiting, cancelled];
    put_away.sort_unstable();
    assert_eq!(broken_off, put_away, "all others arrived");
    assert_eq!(server.requests().len(), 7, "what was put away while it waited was never sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_hears_how_far_a_file_is() {
    let (open, gate) = watch::channel(false);
    let server = Server::start(move |_| [vec![Step::Gate(gate.clone())], taken(1)].concat()).await;
    let (mut house, client) = (House::new().await, client_of(&server));
    let content = vec![b'x'; 3_000_000];
    let id = chosen(&house, "large.txt", &content);
    let sending = send(&house, &client, &id);
    let whole = |state: &StagedState| matches!(state, StagedState::Uploading { sent, .. } if *sent == 3_000_000);
    until("all of it is at the server, which has not answered", || whole(&state(&house, &id))).await;
    open.send_replace(true);
    sent(sending).await;
    let mut told = Vec::new();
    while let Ok(event) = house.events.try_recv() {
        if let flowdeck::model::event::AppEvent::FileChanged { file } = event
            && let StagedState::Uploading { sent, .. } = file.state
        {
            told.push(sent);
        }
    }
    assert_eq!(told.first(), Some(&0), "from the beginning: {told:?}");
    assert!(told.is_sorted() && told.last() == Some(&3_000_000), "it only grows, to the whole: {told:?}");
    // 46 pieces were handed over; what is told follows the clock.
    assert!(told.len() < 40, "not with every piece: {told:?}");
}
