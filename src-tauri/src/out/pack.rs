//! One run as a file that opens in another copy of the program.

use std::{
    fs::File,
    io::{self, BufWriter, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    Error, Out,
    limits::{LARGEST_MANIFEST, MOST_BYTES, MOST_ENTRIES, taken_out_of},
    manifest::{FORMAT, MANIFEST, Manifest, PackedApp, PackedFile, PackedSent, PackedSound, VERSION, without_traces},
    place::{Place, aside},
    unpack::Packed,
};
use crate::{
    files::{self, Parts},
    model::{app::Branding, file::LocalCopy, run::RunId, sent::SentCopy},
};

impl Out {
    /// What a run's file is called.
    pub async fn pack_name(&self, id: &RunId) -> Result<String, Error> {
        Ok(format!("{}.{}", self.name_of(id).await?, super::EXTENSION))
    }

    /// The run's name, or its title, or its app's, as a file's name without ending.
    pub async fn name_of(&self, id: &RunId) -> Result<String, Error> {
        let head = self.store.run_head(id).await?;
        let name = self.store.remarks(id).await?.name;
        let mut name = if name.is_empty() { head.title } else { name };
        if name.trim().is_empty() {
            name = self.store.app(&head.app_id).await?.app.branding.title;
        }
        // Dots end a name early for who guesses its kind.
        let short: String = name.chars().take(60).collect();
        Ok(files::safe_name(&short.replace('.', " ")))
    }

    /// Writes a run that is over, with all that is kept of it.
    pub async fn pack(&self, id: &RunId, target: &Path) -> Result<(), Error> {
        let _writes = self.writes();
        let (manifest, sources) = self.packed(id).await?;
        let (target, parts) = (target.to_owned(), self.parts.clone());
        aside(move || write(&manifest, &sources, &target, &parts)).await
    }

    /// What a run's file holds, and where the bytes of its entries are.
    pub(super) async fn packed(&self, id: &RunId) -> Result<(Manifest, Vec<(String, PathBuf)>), Error> {
        let mut run = self.store.run(id).await?;
        if !run.head.status.is_over() {
            return Err(Error::UnderWay);
        }
        let whence = self.store.whence(id).await?.ok_or(crate::store::Error::NotFound)?;
        let app = self.store.app(&run.head.app_id).await?.app;
        let remarks = self.store.remarks(id).await?;
        // Runs of earlier versions may have no form, and what cannot be read any more is left out.
        let filled = self.store.run_filled(id).await.ok();
        without_traces(&mut run);
        let folder = self.folder.join(&id.0);
        let mut sources = Vec::new();
        let mut add = |kind: &str, path: PathBuf| {
            path.is_file().then(|| {
                let entry = format!("{kind}/{}", sources.len());
                sources.push((entry.clone(), path));
                entry
            })
        };
        let mut packed = Vec::new();
        for stored in self.store.run_files(id).await? {
            let path = stored.stored_as.map(|name| folder.join(name));
            let entry = path.filter(|_| stored.file.local == LocalCopy::Stored).and_then(|path| add("files", path));
            packed.extend(entry.map(|entry| PackedFile { index: stored.file.index, entry }));
        }
        let sent = self.store.sent(id).await?.into_iter().map(|sent| {
            let path = sent.stored_as.map(|name| folder.join("sent").join(name));
            let entry = path.filter(|_| sent.copy == SentCopy::Kept).and_then(|path| add("sent", path));
            let lost = entry.is_none() && matches!(sent.copy, SentCopy::Kept | SentCopy::Copying);
            PackedSent {
                variable: sent.variable,
                label: sent.label,
                name: sent.name,
                staged: sent.staged.map(|staged| staged.0),
                size: sent.size,
                modified_at: sent.modified_at,
                copy: if lost { SentCopy::Gone } else { sent.copy },
                entry,
            }
        });
        let sent = sent.collect();
        let sounds = self.store.sounds(id).await?.into_iter().filter_map(|sound| {
            let entry = add("sound", folder.join("speech").join(files::safe_name(&sound.stored_as)))?;
            let extension = sound.stored_as.rsplit('.').next().unwrap_or_default().to_owned();
            let (place, text_hash, pieces, complete) = (sound.place, sound.text_hash, sound.pieces, sound.complete);
            Some(PackedSound { place, text_hash, pieces, complete, extension, entry })
        });
        let sounds = sounds.collect();
        let (entries, form) = filled.map(|filled| (filled.entries, filled.form)).unwrap_or_default();
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            version: VERSION,
            app: PackedApp { origin: app.origin, branding: face(app.branding, app.given_name.is_some()) },
            run,
            contents: whence.contents,
            entries,
            form: form.unwrap_or_default(),
            name: remarks.name,
            note: remarks.note,
            tags: remarks.tags,
            files: packed,
            sent,
            sounds,
        };
        Ok((manifest, sources))
    }
}

/// How an app looks, without what leads to its server: an app without a name of its own is called as its host.
fn face(branding: Branding, given_name: bool) -> Branding {
    let unnamed = branding.untitled && !given_name;
    let title = if unnamed { "Dify".to_owned() } else { branding.title };
    Branding { title, privacy_policy: None, author: None, ..branding }
}

/// Entries of a run's file, and where their bytes are.
type Sources = [(String, PathBuf)];

fn write(manifest: &Manifest, sources: &Sources, target: &Path, parts: &Parts) -> Result<(), Error> {
    let head = serde_json::to_vec(manifest).map_err(|error| files::not_written(error.into()))?;
    let sizes = sources.iter().map(|(_, path)| path.metadata().map_or(0, |found| found.len()));
    let whole = sizes.fold(head.len() as u64, u64::saturating_add);
    if head.len() as u64 > LARGEST_MANIFEST || sources.len() >= MOST_ENTRIES || whole > MOST_BYTES {
        return Err(Error::TooMuch);
    }
    let mut place = Place::new(target, parts)?;
    let mut size = 0;
    // What becomes so small that nobody would unpack it stays as large as it is.
    for (packed, files_packed) in [(true, true), (true, false), (false, false)] {
        let file = place.file().map_err(files::not_written)?;
        let held = put_together((&head, packed), (sources, files_packed), file).map_err(files::not_written)?;
        if held > MOST_BYTES {
            return Err(Error::TooMuch);
        }
        size = file.metadata().map_err(files::not_written)?.len();
        if held <= taken_out_of(size) {
            break;
        }
    }
    let file = place.file().and_then(|file| file.try_clone()).map_err(files::not_written)?;
    read_back(file, size, sources).map_err(|error| {
        tracing::warn!("the file of a run does not read as it was written: {error}");
        files::not_written(io::ErrorKind::InvalidData.into())
    })?;
    Ok(place.done()?)
}

/// Writes all of it from the beginning; how many bytes it holds.
fn put_together(
    (head, packed): (&[u8], bool),
    (sources, files_packed): (&Sources, bool),
    file: &mut File,
) -> io::Result<u64> {
    let options = |packed| {
        let method = if packed { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        SimpleFileOptions::default().compression_method(method).large_file(true)
    };
    file.set_len(0)?;
    file.rewind()?;
    let mut zip = ZipWriter::new(BufWriter::with_capacity(256 * 1024, file));
    zip.start_file(MANIFEST, options(packed))?;
    zip.write_all(head)?;
    let mut held = head.len() as u64;
    for (entry, path) in sources {
        zip.start_file(entry, options(files_packed))?;
        // One that grows meanwhile has an end all the same.
        let most = (MOST_BYTES + 1).saturating_sub(held);
        held += io::copy(&mut File::open(path)?.take(most), &mut zip)?;
    }
    zip.finish()?.flush()?;
    Ok(held)
}

/// As another copy of the program will read it.
fn read_back(file: File, size: u64, sources: &Sources) -> Result<(), Error> {
    let mut packed = Packed::read(file, size)?;
    sources.iter().try_for_each(|(entry, _)| packed.try_out(entry))
}
