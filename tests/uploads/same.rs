//! A file that the server has is not sent again, and one that changed is.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

use super::*;
use server::Step;

async fn counting() -> Server {
    let asked = AtomicUsize::new(0);
    Server::start(move |_| taken(asked.fetch_add(1, Ordering::SeqCst))).await
}

/// Chooses the same file once more.
fn again(house: &House, name: &str) -> StagedId {
    house.files.stage(vec![house.folder.path().join(name)]).remove(0).id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_chosen_again_is_not_sent_again_also_after_a_restart() {
    let server = counting().await;
    let (house, client) = (House::new().await, client_of(&server));
    let first = chosen(&house, "note.txt", b"A note.");
    assert_eq!(sent(send(&house, &client, &first)).await, "upload-0");
    assert_eq!(sent(send(&house, &client, &again(&house, "note.txt"))).await, "upload-0", "in another field");
    let house = House::on(house.leave().await).await;
    let third = again(&house, "note.txt");
    assert_eq!(sent(send(&house, &client, &third)).await, "upload-0", "on another day");
    assert_eq!(server.requests().len(), 1, "one upload for all of them");

    let theirs = super::client(&server.url("/v1"), "somebody else");
    assert_eq!(sent(send(&house, &theirs, &again(&house, "note.txt"))).await, "upload-1", "files have owners");
    std::fs::write(house.folder.path().join("note.txt"), "Another note.").expect("written");
    assert_eq!(sent(send(&house, &client, &again(&house, "note.txt"))).await, "upload-2", "it is another file now");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_chosen_twice_at_once_is_sent_once() {
    let server = counting().await;
    let (house, client) = (House::new().await, client_of(&server));
    let first = chosen(&house, "note.txt", b"A note.");
    // More of them than turns: who waits for the other must not hold one.
    let ids = [first].into_iter().chain((0..5).map(|_| again(&house, "note.txt")));
    let all: Vec<Sending> = ids.map(|id| send(&house, &client, &id)).collect();
    for sending in all {
        assert_eq!(sent(sending).await, "upload-0");
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_that_the_server_forgot_is_forgotten_for_every_choice_of_the_file() {
    let server = counting().await;
    let (house, client) = (House::new().await, client_of(&server));
    let first = chosen(&house, "note.txt", b"A note.");
    sent(send(&house, &client, &first)).await;
    let second = again(&house, "note.txt");
    sent(send(&house, &client, &second)).await;
    assert!(house.files.forget_upload(&second).await, "it can be sent again");
    assert_eq!(state(&house, &first), StagedState::Ready, "the other one goes by the same id");
    assert_eq!(sent(send(&house, &client, &second)).await, "upload-1", "a dead id is not used again");
    let house = House::on(house.leave().await).await;
    assert_eq!(sent(send(&house, &client, &again(&house, "note.txt"))).await, "upload-1", "nor after a restart");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_written_to_while_it_is_sent_is_sent_anew() {
    let (open, gate) = watch::channel(false);
    let server = Server::start(move |_| [vec![Step::Gate(gate.clone())], taken(0)].concat()).await;
    let (house, client) = (House::new().await, client_of(&server));
    let id = chosen(&house, "minutes.txt", b"Half of the");
    let sending = send(&house, &client, &id);
    until("it is at the server", || server.requests().len() == 1).await;
    std::fs::write(house.folder.path().join("minutes.txt"), "Half of the minutes, and the rest.").expect("written");
    open.send_replace(true);
    sent(sending).await;
    let requests = server.requests();
    let has =
        |place: usize, text: &str| requests[place].body.windows(text.len()).any(|window| window == text.as_bytes());
    assert_eq!(requests.len(), 2, "once more");
    assert!(has(1, "and the rest."), "as it is now");
    assert_eq!(house.files.get(&id).expect("chosen").size, 34, "and so says its row");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_edited_and_kept_its_length_is_sent_anew() {
    let server = counting().await;
    let (house, client) = (House::new().await, client_of(&server));
    let first = chosen(&house, "figures.csv", b"1,2,3");
    house.files.look_into(vec![first.clone()]).await;
    assert_eq!(sent(send(&house, &client, &first)).await, "upload-0");
    let path = house.folder.path().join("figures.csv");
    std::fs::write(&path, b"1,2,4").expect("written");
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    std::fs::File::options().append(true).open(&path).and_then(|file| file.set_modified(later)).expect("set");
    let second = again(&house, "figures.csv");
    // Both are compared now, the first one with what it says by now.
    house.files.look_into(vec![second.clone()]).await;
    assert_eq!(sent(send(&house, &client, &second)).await, "upload-1", "the server has the old figures");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_in_another_folder_is_not_sent_again_but_under_another_name_it_is() {
    let server = counting().await;
    let (house, client) = (House::new().await, client_of(&server));
    let copy_as = |folder: &str, name: &str| {
        std::fs::create_dir_all(house.folder.path().join(folder)).expect("made");
        chosen(&house, &format!("{folder}/{name}"), b"A note.")
    };
    let first = chosen(&house, "note.txt", b"A note.");
    sent(send(&house, &client, &first)).await;
    let unread = copy_as("unread", "note.txt");
    assert_eq!(sent(send(&house, &client, &unread)).await, "upload-1", "nobody waits until it is read");
    house.files.forget(&unread);

    let (same, renamed) = (copy_as("elsewhere", "note.txt"), copy_as("elsewhere", "minutes.txt"));
    house.files.look_into(vec![first.clone(), same.clone(), renamed.clone()]).await;
    let was_read = |id| house.files.get(id).and_then(|file| file.found).is_some_and(|found| found.alike.is_some());
    until("their contents were read", || [&first, &same, &renamed].into_iter().all(was_read)).await;
    assert_eq!(sent(send(&house, &client, &same)).await, "upload-0");
    assert_eq!(
        sent(send(&house, &client, &renamed)).await,
        "upload-2",
        "apps and people read the name it was sent with"
    );

    std::fs::write(house.folder.path().join("elsewhere/note.txt"), b"A word.").expect("written");
    assert_eq!(sent(send(&house, &client, &same)).await, "upload-3", "what was read is not what stands there now");
}
