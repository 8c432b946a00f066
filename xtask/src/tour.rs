//! What `run` does where no window can be seen: the main job on a virtual desk, with pictures.

use std::path::Path;

use crate::desk::Desk;
use crate::run::{FEATURES, cargo};
use crate::{Outcome, process};

/// Written by the end-to-end test of the same name.
const FOLDER: &str = "target/tour";

/// How much of the digest is printed: its head, the keywords and the key sentences; not its long tables.
const SHOWN: usize = 24;

pub fn take() -> Outcome {
    println!(
        "\nThere is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so nobody would see the window.\n\
         Instead, Flowdeck now opens on a virtual display of its own: it starts the demo, chooses a sample document in\n\
         the system's file dialog, runs \"Document digest\" on it, and shows here what came out.\n"
    );
    let _ = std::fs::remove_dir_all(FOLDER);
    // Built before the desk stands: a build that fails has nothing to clear away.
    process::run(cargo().args(["build", "--test", "e2e"]).args(FEATURES))?;
    let desk = Desk::set_up()?;
    let mut test = cargo();
    test.args(["test", "--quiet"]).args(FEATURES).args(["--test", "e2e", "--", "--ignored", "--exact", "--nocapture"]);
    process::run(desk.command(&mut test).arg("tour::a_tour_from_the_first_start_to_the_history"))?;
    drop(desk);
    show()
}

fn show() -> Outcome {
    let folder = Path::new(FOLDER);
    let digest = std::fs::read_to_string(folder.join("digest.txt")).map_err(|error| format!("No digest: {error}"))?;
    println!("\n───── Document digest ─────");
    let lines: Vec<&str> = digest.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.iter().take(SHOWN).for_each(|line| println!("{line}"));
    if lines.len() > SHOWN {
        println!("… and {} more lines, in {FOLDER}/digest.txt", lines.len() - SHOWN);
    }
    println!("───────────────────────────");
    let mut pictures: Vec<_> = folder
        .read_dir()
        .map_err(|error| error.to_string())?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "png"))
        .collect();
    pictures.sort();
    println!("Pictures of the way there:");
    for picture in pictures {
        println!("  {}", picture.display());
    }
    println!("On a computer with a screen, `cargo xtask run` opens the window itself.");
    Ok(())
}
