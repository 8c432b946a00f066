//! The walls of the house, kept by reading the sources: who may know whom, and the one home of each
//! outer library (ARCHITECTURE.md, "Who may know whom").

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Room → rooms it may name. `lib` and `setup` join everything and are not listed.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("dify", &["model"]),
    ("store", &["model"]),
    ("keys", &["model"]),
    ("demo", &[]),
    ("crash", &[]),
    ("network", &["dify", "keys", "model", "store"]),
    ("apps", &["demo", "dify", "keys", "model", "network", "store"]),
    ("files", &["dify", "model", "store"]),
    ("find", &["model", "store"]),
    ("keeping", &["files", "keys", "model", "runs", "store"]),
    ("kept", &["apps", "files", "model", "store"]),
    ("past", &["apps", "files", "model", "runs", "store"]),
    ("ready", &["apps", "kept", "model", "runs", "store"]),
    ("runs", &["apps", "dify", "files", "model", "store"]),
    ("logs", &["apps", "dify", "keys", "model", "runs", "store"]),
    ("speech", &["apps", "dify", "files", "model", "store"]),
    ("out", &["files", "model", "store"]),
    ("desktop", &["model", "runs"]),
    (
        "ipc",
        &[
            "apps", "desktop", "dify", "files", "find", "keeping", "kept", "keys", "logs", "model", "network", "out",
            "past", "ready", "runs", "setup", "speech", "store",
        ],
    ),
];

/// Library → rooms that may name it.
const HOMES: &[(&str, &[&str])] = &[
    ("tauri", &["lib", "main", "setup", "ipc", "desktop"]),
    ("interprocess", &["desktop"]),
    ("zbus", &["desktop"]),
    ("notify_rust", &["desktop"]),
    ("gtk", &["desktop"]),
    ("reqwest", &["dify"]),
    ("hyper_util", &["dify"]),
    ("rustls", &["dify"]),
    ("rustls_platform_verifier", &["dify"]),
    ("x509_parser", &["dify"]),
    ("sqlx", &["store"]),
    ("rusqlite", &["store"]),
    ("keyring", &["keys"]),
    ("keyring_core", &["keys"]),
    ("rfd", &["files"]),
    ("opener", &["files"]),
    ("image", &["files"]),
    ("lopdf", &["files"]),
    ("cfb", &["files"]),
    ("arboard", &["files"]),
    ("walkdir", &["files"]),
    ("fs4", &["files"]),
    ("rodio", &["speech"]),
    ("symphonia", &["speech"]),
    ("ropus", &["speech"]),
    ("timestretch", &["speech"]),
    ("rust_xlsxwriter", &["out"]),
    ("pulldown_cmark", &["out"]),
    ("axum", &["demo"]),
    ("scraper", &["demo", "files"]),
    ("jieba_rs", &["demo"]),
    ("jiff", &["find", "out"]),
    ("strsim", &["model"]),
    ("unicode_normalization", &["model"]),
];

fn sources() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/src");
    let mut rooms: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a source folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                if !entry.ends_with("tests") {
                    folders.push(entry);
                }
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let inside = entry.strip_prefix(&root).expect("inside the root");
                let first = inside.iter().next().expect("a name").to_string_lossy();
                let room = first.trim_end_matches(".rs").to_owned();
                let text = fs::read_to_string(&entry).expect("a source");
                rooms.entry(room).or_default().push((inside.to_path_buf(), code_of(&text)));
            }
        }
    }
    rooms
}

/// Without comments, and without the tests, which may use what they like.
fn code_of(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Whether `path::` or `use path` stands in the code as a path's beginning.
fn names(code: &str, path: &str) -> bool {
    let begins = |at: usize| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '.')
    };
    code.match_indices(&format!("{path}::")).any(|(at, _)| begins(at))
}

/// Rooms named by `crate::room` or inside `use crate::{ … }`.
fn rooms_named(code: &str, rooms: &[String]) -> Vec<String> {
    let mut named = Vec::new();
    for room in rooms {
        let direct = code.contains(&format!("crate::{room}::")) || code.contains(&format!("crate::{room};"));
        let grouped = code.match_indices("use crate::{").any(|(at, _)| {
            let mut depth = 0;
            let group: String = code[at + "use crate::{".len()..]
                .chars()
                .take_while(|&c| {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    depth >= 0
                })
                .collect();
            let mut depth = 0;
            let mut word = String::new();
            let mut found = false;
            for c in group.chars().chain([',']) {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    c if depth == 0 && (c.is_alphanumeric() || c == '_') => word.push(c),
                    ',' | ':' if depth == 0 => {
                        found |= word == *room;
                        // What follows `::` is not a room.
                        word = if c == ':' { "·".into() } else { String::new() };
                    }
                    _ => {}
                }
            }
            found
        });
        if direct || grouped {
            named.push(room.clone());
        }
    }
    named
}

#[test]
fn every_room_knows_only_whom_it_may() {
    let sources = sources();
    let rooms: Vec<String> = sources.keys().cloned().collect();
    let mut broken = Vec::new();
    for (room, files) in &sources {
        if ["lib", "main", "setup"].contains(&room.as_str()) {
            continue;
        }
        let (_, allowed) = MAY_KNOW
            .iter()
            .find(|(name, _)| name == room)
            .unwrap_or_else(|| panic!("{room} is a new room: say whom it may know"));
        for (file, code) in files {
            for named in rooms_named(code, &rooms) {
                if &named != room && !allowed.contains(&named.as_str()) {
                    broken.push(format!("{} names {named}", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "walls are broken:\n{}", broken.join("\n"));
}

#[test]
fn every_outer_library_has_one_home() {
    let sources = sources();
    let mut strays = Vec::new();
    for (library, homes) in HOMES {
        for (room, files) in sources.iter().filter(|(room, _)| !homes.contains(&room.as_str())) {
            for (file, code) in files {
                if names(code, library) || code.contains(&format!("use {library};")) {
                    strays.push(format!("{library} in {} (room {room})", file.display()));
                }
            }
        }
    }
    assert!(strays.is_empty(), "libraries outside their home:\n{}", strays.join("\n"));
}

#[test]
fn the_reader_of_walls_sees_what_it_must_see() {
    let rooms = ["apps", "store", "model"].map(String::from);
    let code = "use crate::{\n    apps::{self, Apps},\n    model::{store::X},\n};\nfn f() { crate::store::x() }";
    assert_eq!(rooms_named(code, &rooms), ["apps", "store", "model"]);
    assert_eq!(rooms_named("use crate::{model::{store::X}};", &rooms), ["model"], "an inner name is no room");
    assert!(names("fn f() { tauri::x() }", "tauri") && !names("fn f() { my_tauri::x() }", "tauri"));
}
