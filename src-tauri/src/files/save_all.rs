//! Everything of a run into one folder: nothing that lies there is written over.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{Error, copy, safe_name, unused_name};
use crate::model::file::{NamedText, SavedAll};

/// Writes texts and copies files into a folder; how many, and how many files are `missing`: one that is gone does not
/// keep the others back.
pub async fn save_all(folder: &Path, texts: Vec<NamedText>, files: Vec<(PathBuf, String)>) -> Result<SavedAll, Error> {
    let mut done = SavedAll { saved: 0, missing: 0 };
    for text in texts {
        let target = claim(folder, &text.name).await?;
        unless_failed(&target, super::write(&target, text.text.as_bytes()).await).await?;
        done.saved += 1;
    }
    for (source, name) in files {
        let target = claim(folder, &name).await?;
        match unless_failed(&target, copy(&source, &target).await).await {
            Ok(()) => done.saved += 1,
            // No other file would find room either.
            Err(Error::DiskFull) => return Err(Error::DiskFull),
            Err(_) => done.missing += 1,
        }
    }
    Ok(done)
}

/// A place that was only held is given back.
async fn unless_failed(target: &Path, result: Result<(), Error>) -> Result<(), Error> {
    if result.is_err() {
        let _ = tokio::fs::remove_file(target).await;
    }
    result
}

/// Makes an empty file of a name that nobody has, so that nobody else takes it meanwhile.
async fn claim(folder: &Path, name: &str) -> Result<PathBuf, Error> {
    let wanted = safe_name(name);
    for _ in 0..1000 {
        let free = unused_name(&wanted, |name| folder.join(name).symlink_metadata().is_ok());
        let target = folder.join(free);
        match tokio::fs::File::create_new(&target).await {
            Ok(_) => return Ok(target),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
                return Err(Error::DiskFull);
            }
            Err(_) => return Err(Error::ReadOnly),
        }
    }
    Err(Error::ReadOnly)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_that_lies_there_is_written_over() {
        let (from, to) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        std::fs::write(to.path().join("report.md"), "mine").expect("written");
        let source = from.path().join("kept");
        std::fs::write(&source, "kept").expect("written");
        let texts = vec![
            NamedText { name: "report.md".into(), text: "one".into() },
            NamedText { name: "../report.md".into(), text: "two".into() },
        ];
        let gone = (from.path().join("gone"), "gone.md".to_owned());
        let files = vec![gone, (source.clone(), "report.md".to_owned()), (source, "con.txt".to_owned())];
        let done = save_all(to.path(), texts, files).await.expect("saved");
        assert_eq!((done.saved, done.missing), (4, 1), "one that is gone keeps no other back");
        let read = |name: &str| {
            std::fs::read_to_string(to.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
        };
        assert_eq!(read("report.md"), "mine", "what was there stays");
        assert_eq!(read("report (2).md"), "one");
        assert_eq!(read("_report.md"), "two", "no name leaves the folder");
        assert_eq!(read("report (3).md"), "kept");
        assert_eq!(read("_con.txt"), "kept", "Windows keeps some names to itself");
        assert_eq!(std::fs::read_dir(to.path()).expect("the folder").count(), 5, "and nothing else");
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_is_said() {
        let nowhere = Path::new("/nonexistent/flowdeck");
        let texts = vec![NamedText { name: "a.md".into(), text: String::new() }];
        assert!(matches!(save_all(nowhere, texts, Vec::new()).await, Err(Error::ReadOnly)));
    }
}
