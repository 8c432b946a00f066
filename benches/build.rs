//! Two things that only Cargo can say: where jieba's dictionary is (its words, at their frequencies, make the Chinese
//! half of the corpus), and the migrations at the place where `sqlx::migrate!` looks for them from this package.

use std::{env, fs, path::PathBuf, process::Command};

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let (from, to) = (here.join("../src-tauri/migrations"), here.join("src-tauri/migrations"));
    println!("cargo::rerun-if-changed={}", from.display());
    let copied = fs::create_dir_all(&to).and_then(|()| {
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        Ok(())
    });
    if let Err(error) = copied {
        println!("cargo::error=the migrations cannot be copied: {error}");
    }
    match dictionary() {
        Some(path) => println!("cargo::rustc-env=JIEBA_DICTIONARY={path}"),
        None => println!("cargo::error=jieba's dictionary is not found"),
    }
}

fn dictionary() -> Option<String> {
    let cargo = env::var_os("CARGO")?;
    // What other systems would need was never fetched on a new machine.
    let system = env::var("TARGET").ok()?;
    let asked = ["metadata", "--format-version", "1", "--offline", "--filter-platform", &system];
    let said = Command::new(cargo).args(asked).output().ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    // Its only path that ends so.
    let end = text.find("/jieba-rs-").or_else(|| text.find("\\jieba-rs-"))?;
    let begin = text[..end].rfind('"')? + 1;
    let manifest = text[begin..].split('"').next()?.replace("\\\\", "\\");
    let path = PathBuf::from(manifest).parent()?.join("src/data/dict.txt");
    let path = if path.exists() { path } else { find_up(path)? };
    path.to_str().map(str::to_owned)
}

/// From a file deeper inside the package.
fn find_up(path: PathBuf) -> Option<PathBuf> {
    path.ancestors().map(|folder| folder.join("src/data/dict.txt")).find(|path| path.exists())
}
