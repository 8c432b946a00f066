//! Pictures among the result files of a run, for reports: read as far as a report takes them, and laid beside one that
//! can hold none.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use super::{
    Error, Out,
    place::{Place, aside},
    report::{Block, Report},
};
use crate::{
    files::{self, Parts, safe_name, unused_name},
    model::{content::Content, run::RunId},
};

/// A picture beyond that, and all beyond that, are named and not shown: the file is to be sent by mail.
const LARGEST: u64 = 4 * 1024 * 1024;
const MOST: u64 = 16 * 1024 * 1024;
/// Kinds that browsers draw, with how their names end. Drawings are none of them, because they may hold scripts.
const KINDS: [(&str, &[&str]); 4] =
    [("image/png", &["png"]), ("image/jpeg", &["jpg", "jpeg"]), ("image/gif", &["gif"]), ("image/webp", &["webp"])];

impl Out {
    /// Result files that are pictures, by their first bytes.
    pub(super) async fn pictures(&self, id: &RunId) -> Result<Vec<Block>, Error> {
        let folder = self.folder.join(&id.0);
        let stored = self.store.run_files(id).await?;
        aside(move || {
            let (mut found, mut left) = (Vec::new(), MOST);
            for file in stored {
                let Some(path) = file.stored_as.map(|name| folder.join(name)) else { continue };
                let size = path.metadata().map_or(u64::MAX, |metadata| metadata.len());
                if size > LARGEST.min(left) {
                    continue;
                }
                let Ok(bytes) = fs::read(&path) else { continue };
                if let Some(mime) = kind(&bytes) {
                    left -= size;
                    found.push(Block::Picture { name: file.file.name, mime, bytes, link: None });
                }
            }
            Ok(found)
        })
        .await
    }
}

fn kind(bytes: &[u8]) -> Option<&'static str> {
    let found = Content::of(bytes)?.mime_type();
    KINDS.into_iter().map(|(mime, _)| mime).find(|mime| *mime == found)
}

/// Files that lie beside a report, taken away again unless it stands.
#[derive(Default)]
pub(super) struct Beside {
    /// The folder, where it was made for them.
    made: Option<PathBuf>,
    written: Vec<PathBuf>,
    stays: bool,
}

impl Beside {
    pub fn stay(mut self) {
        self.stays = true;
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.stays {
            self.written.iter().for_each(|file| drop(fs::remove_file(file)));
            self.made.iter().for_each(|folder| drop(fs::remove_dir(folder)));
        }
    }
}

/// Lays the pictures of a report into a folder that is named after it, and links them. What lies there already is not
/// written over; a picture that does is used, so that saving a report again leaves it as it was.
pub(super) fn lay_beside(report: &mut Report, target: &Path, parts: &Parts) -> Result<Beside, files::Error> {
    let mut beside = Beside::default();
    let parent = target.parent().unwrap_or(Path::new(""));
    let stem = target.file_stem().unwrap_or_default().to_string_lossy();
    let no_folder = |name: &str| parent.join(name).symlink_metadata().is_ok() && !parent.join(name).is_dir();
    let name = unused_name(&format!("{stem}-files"), no_folder);
    let folder = parent.join(&name);
    for block in report.sections.iter_mut().flat_map(|section| &mut section.blocks) {
        let Block::Picture { name: called, mime, bytes, link } = block else { continue };
        if !folder.is_dir() {
            fs::create_dir(&folder).map_err(files::not_written)?;
            beside.made = Some(folder.clone());
        }
        // What lies there may be of any size, or no file that ends.
        let may_be = |at: &Path| at.metadata().is_ok_and(|at| at.is_file() && at.len() == bytes.len() as u64);
        let is_same = |file: &str| {
            let at = folder.join(file);
            may_be(&at) && fs::read(at).is_ok_and(|found| &found == bytes)
        };
        let is_other = |file: &str| folder.join(file).symlink_metadata().is_ok() && !is_same(file);
        let file = unused_name(&file_name(called, mime), is_other);
        let path = folder.join(&file);
        if !path.exists() {
            let mut place = Place::new(&path, parts)?;
            place.write_all(bytes).map_err(files::not_written)?;
            place.done()?;
            beside.written.push(path);
        }
        *link = Some(format!("{}/{}", address(&name), address(&file)));
    }
    Ok(beside)
}

/// A name that ends as its kind does: another ending could have a browser read it as a page.
fn file_name(name: &str, mime: &str) -> String {
    let name = safe_name(name);
    let endings = KINDS.into_iter().find(|(known, _)| *known == mime).map_or(&[][..], |(_, endings)| endings);
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
    match endings.first() {
        Some(first) if !endings.contains(&ending.as_str()) => format!("{name}.{first}"),
        _ => name,
    }
}

/// A name in an address, as Markdown takes it.
fn address(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            c if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') => out.push(c),
            c => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}"))),
        }
    }
    out
}
