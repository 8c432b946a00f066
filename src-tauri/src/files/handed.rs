//! What another program hands over, by a drop or on the clipboard: files, folders and links, told apart.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use url::Url;

/// What stands behind a name is asked of the disk for this long; a drive that does not answer is not waited for.
const PATIENCE: Duration = Duration::from_millis(150);

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Handed {
    pub files: Vec<PathBuf>,
    pub folders: Vec<PathBuf>,
    pub links: Vec<String>,
}

impl Handed {
    /// What could not be asked in time counts as a file: the look at it will tell.
    pub async fn sort(uris: Vec<String>) -> Self {
        let (mut paths, mut links) = (Vec::new(), Vec::new());
        for uri in uris {
            match of_uri(&uri) {
                Some(Uri::Path(path)) => paths.push(path),
                Some(Uri::Link(link)) => links.push(link),
                None => {}
            }
        }
        let is_folder = Arc::new(Mutex::new(vec![false; paths.len()]));
        let asking = tokio::task::spawn_blocking({
            let (paths, is_folder) = (paths.clone(), Arc::clone(&is_folder));
            move || {
                for (at, path) in paths.iter().enumerate() {
                    let found = path.is_dir();
                    is_folder.lock().unwrap_or_else(PoisonError::into_inner)[at] = found;
                }
            }
        });
        let _ = tokio::time::timeout(PATIENCE, asking).await;
        let is_folder = is_folder.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (folders, files): (Vec<_>, Vec<_>) = paths.into_iter().zip(is_folder).partition(|(_, folder)| *folder);
        let only_paths = |of: Vec<(PathBuf, bool)>| of.into_iter().map(|(path, _)| path).collect();
        Self { files: only_paths(files), folders: only_paths(folders), links }
    }

    pub fn names(&self) -> Vec<String> {
        self.files.iter().filter_map(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned()).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.folders.is_empty() && self.links.is_empty()
    }
}

enum Uri {
    Path(PathBuf),
    Link(String),
}

fn of_uri(uri: &str) -> Option<Uri> {
    let uri = uri.trim();
    match Url::parse(uri) {
        // Names need not be Unicode, so they are decoded as bytes.
        Ok(url) if url.scheme() == "file" => url.to_file_path().ok().map(Uri::Path),
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Some(Uri::Link(url.into())),
        // A drive's letter on Windows is no scheme.
        Ok(url) if url.scheme().len() > 1 => None,
        _ => Some(PathBuf::from(uri)).filter(|path| path.is_absolute()).map(Uri::Path),
    }
}

/// The links a text consists of; none where it says anything else.
pub fn links_in(text: &str) -> Vec<String> {
    let links: Option<Vec<String>> = text
        .split_whitespace()
        .map(|word| match of_uri(word) {
            Some(Uri::Link(link)) => Some(link),
            _ => None,
        })
        .collect();
    links.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_folders_and_links_are_told_apart() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("Verträge 2026");
        let file = folder.join("a b%20.pdf");
        std::fs::create_dir(&folder).expect("made");
        std::fs::write(&file, "x").expect("written");
        let uri = |path: &PathBuf| Url::from_file_path(path).expect("an address").to_string();
        let handed = Handed::sort(vec![
            uri(&file),
            uri(&folder),
            "https://example.com/a%2Fb?sign=x%2By".into(),
            "mailto:someone@example.com".into(),
            "javascript:alert(1)".into(),
            "relative/name.pdf".into(),
            file.to_string_lossy().into_owned(),
        ])
        .await;
        assert_eq!(handed.files, [file.clone(), file], "an address and a plain path lead to the same file");
        assert_eq!(handed.folders, [folder]);
        assert_eq!(handed.links, ["https://example.com/a%2Fb?sign=x%2By"], "a signed link stays as it was signed");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_name_that_is_no_unicode_leads_to_its_file() {
        use std::os::unix::ffi::OsStrExt as _;
        let handed = Handed::sort(vec!["file:///tmp/caf%E9.txt".into()]).await;
        assert_eq!(handed.files[0].as_os_str().as_bytes(), b"/tmp/caf\xe9.txt");
    }

    #[test]
    fn only_a_text_of_nothing_but_links_is_links() {
        assert_eq!(links_in(" https://a.example/x \n http://b.example/y\n").len(), 2);
        assert!(links_in("see https://a.example/x").is_empty(), "a sentence is a sentence");
        assert!(links_in("").is_empty());
    }
}
