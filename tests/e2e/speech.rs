//! What a run says aloud, in the real window, on a sound device at the speed of a real one that nobody hears.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use thirtyfour::Key;

use crate::controls::{choose_events, prepare_controls};
use crate::flowdeck::Flowdeck;
use crate::page::{Page, hook, wait_for};
use crate::processes::Helper;

const VOICE: &[u8] = include_bytes!("../../src-tauri/src/demo/samples/voice.mp3");

/// The scratch home, which the system's sound library looks into when a device is opened for the first time.
fn home(flowdeck: &Flowdeck) -> PathBuf {
    flowdeck.database().ancestors().nth(3).expect("the home").to_owned()
}

fn plug_in(home: &Path) -> Helper {
    let socket = home.join("sound");
    let place = socket.display();
    let device = format!(
        "pcm.!default {{ type pulse server \"unix:{place}\" }}\nctl.!default {{ type pulse server \"unix:{place}\" }}\n"
    );
    std::fs::write(home.join(".asoundrc"), device).expect("written");
    Helper::start("pulseaudio", |command| {
        let socket = format!("module-native-protocol-unix auth-anonymous=1 socket={place}");
        command.args([
            "-n",
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--use-pid-file=no",
            "--disable-shm=yes",
            "-L",
            &socket,
        ]);
        command.args(["-L", "module-null-sink sink_name=ear rate=44100"]).stdout(Stdio::null()).stderr(Stdio::null());
        for (name, folder) in [("PULSE_RUNTIME_PATH", "pulse-runtime"), ("PULSE_STATE_PATH", "pulse-state")] {
            command.env(name, home.join(folder));
        }
        command.env("HOME", home).env("PULSE_COOKIE", home.join("pulse-cookie"));
    })
}

async fn in_state(page: &Page, id: &str, state: &str) {
    page.find(&format!("{}[data-state=\"{state}\"]", hook(id))).await;
}

/// Seconds, as the player shows them.
async fn position(page: &Page) -> u32 {
    let shown = page.text_that("player-position", "be a time", |text| text.contains(':')).await;
    let (minutes, seconds) = shown.trim().split_once(':').expect("minutes and seconds");
    minutes.parse::<u32>().expect("minutes") * 60 + seconds.parse::<u32>().expect("seconds")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_run_speaks_goes_on_while_another_page_is_shown_and_is_heard_again_offline() {
    let mut flowdeck = Flowdeck::start("speech").await;
    let home = home(&flowdeck);
    let _device = plug_in(&home);
    wait_for("the sound server", async || home.join("sound").exists().then_some(())).await;
    let page = flowdeck.page();
    page.click("try-demo").await;
    page.click("app-item-Every control").await;
    prepare_controls(&page).await;
    page.fill("field-name", "Anna").await;
    // Nothing is said for four seconds: a run speaks by itself only if it is looked at by then.
    page.fill("field-pace", "8").await;
    choose_events(&page, "audio").await;
    page.run().await;

    // It is looked at, so it begins to speak by itself.
    in_state(&page, "player", "playing").await;
    // It lasts seven seconds: pictures are taken when it is heard again.
    page.click("nav-settings").await;
    in_state(&page, "player-bar", "playing").await;
    page.click("player-bar-run").await;
    page.gone(&hook("player-bar")).await;

    // With the keyboard alone.
    page.press_at("player-seek", " ").await;
    in_state(&page, "player", "paused").await;
    page.press_at("player-seek", Key::Left).await;
    wait_for("the beginning", async || (position(&page).await == 0).then_some(())).await;
    // A screen reader hears where it is.
    page.find(&format!("{}[aria-valuetext*=\"of 7 seconds\"]", hook("player-seek"))).await;
    page.press_at("player-seek", " ").await;
    in_state(&page, "player", "ended").await;
    flowdeck.picture("ended").await;

    page.click("player-save").await;
    let target = home.join("kept.mp3");
    flowdeck.save_in_dialog(&target).await;
    let saved = async || std::fs::read(&target).ok().filter(|bytes| bytes.len() == VOICE.len());
    assert!(wait_for("the saved file", saved).await == VOICE, "what is saved is what was said");
    page.click("player-stop").await;
    page.gone(&hook("player")).await;

    // After a crash, without any server.
    flowdeck.kill();
    flowdeck.open().await;
    let page = flowdeck.page();
    page.click("nav-all-runs").await;
    page.open_first_run().await;
    page.click("listen").await;
    in_state(&page, "player", "playing").await;
    page.gone(&hook("player-trouble")).await;
    flowdeck.picture("heard-again").await;
    page.click("nav-settings").await;
    page.see("player-bar").await;
    flowdeck.picture("elsewhere").await;
}
