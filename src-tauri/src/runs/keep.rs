//! Result files: fetched into the run's folder as soon as the run ends, because their links die after
//! 300 s (api.md §5).

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::{StreamExt, stream};

use super::{
    Error, Runs, Shared,
    driver::Driver,
    outputs::{self, OutputFile},
};
use crate::{
    dify::{self, Client, Downloaded},
    files,
    model::{
        check::extension_of,
        event::RunPatch,
        file::{LocalCopy, RunFile},
        run::RunId,
    },
    store::{FileOf, StoredFile},
};

/// A result file larger than this stays on the server.
const LARGEST: u64 = 1024 * 1024 * 1024;
/// At the same time: one slow file must not let the links of the others die.
const AT_ONCE: usize = 4;

impl Runs {
    /// Fetches once more what is missing of a run's files; what becomes of it comes as a change of the run.
    pub async fn fetch_files(&self, id: &RunId) -> Result<(), Error> {
        let head = self.shared.store.run_head(id).await?;
        let client = self.shared.client_of(&head).await?;
        // Whoever follows it fetches them.
        if let Some(driver) = self.take_in(id).await? {
            tokio::spawn(async move { driver.finish(&client).await });
        }
        Ok(())
    }

    /// The result files that are on this computer, with the names they should have elsewhere, and how many are not.
    pub async fn kept_files(&self, id: &RunId) -> Result<(Vec<(PathBuf, String)>, u32), Error> {
        let files = self.shared.store.run_files(id).await?;
        let all = u32::try_from(files.len()).unwrap_or(u32::MAX);
        let folder = self.shared.folder.join(&id.0);
        let kept = files.into_iter().filter(|stored| stored.file.local == LocalCopy::Stored);
        let kept: Vec<_> = kept.filter_map(|stored| Some((folder.join(stored.stored_as?), stored.file.name))).collect();
        let missing = all.saturating_sub(u32::try_from(kept.len()).unwrap_or(u32::MAX));
        Ok((kept, missing))
    }

    /// Removes what downloads of a run's files left that were killed. Only for a run that nobody follows.
    pub async fn clear_unfinished(&self, id: &RunId) {
        self.shared.clear_unfinished(id).await;
    }
}

impl Shared {
    pub(super) async fn clear_unfinished(&self, id: &RunId) {
        let folder = self.folder.join(&id.0);
        let _ = tokio::task::spawn_blocking(move || dify::clear_unfinished(&folder)).await;
    }
}

impl Driver {
    /// After the end: the files, then the end of live care.
    pub(super) async fn finish(mut self, client: &Client) {
        let mut client = client.clone();
        loop {
            // Nobody leaves a run that is neither over nor waiting.
            while !self.is_at_rest() {
                client = self.recover(client, None).await;
                tokio::time::sleep(self.shared.pace.first).await;
            }
            self.keep_files(&client).await;
            if self.leave_at_rest().await {
                return;
            }
            client = self.recover(client, None).await;
        }
    }

    async fn keep_files(&mut self, client: &Client) {
        self.shared.clear_unfinished(&self.id).await;
        let (found, known) = {
            let fold = self.live.fold();
            (outputs::files_of(fold.run(), &self.listed_files), fold.run().files.clone())
        };
        // After a correction of the end another file may stand in the place of one that is kept.
        let there = |now: &RunFile| {
            known.iter().any(|file| {
                file.index == now.index && file.local == LocalCopy::Stored && outputs::is_same_file(file, now)
            })
        };
        let kept: HashSet<u32> =
            found.iter().filter(|output| there(&output.file)).map(|output| output.file.index).collect();
        let is_kept = |index| kept.contains(&index);
        // One that is fetched again never takes the name of one that is there.
        let mut taken: Vec<String> = match self.shared.store.run_files(&self.id).await {
            Ok(files) => {
                files.into_iter().filter(|kept| is_kept(kept.file.index)).filter_map(|kept| kept.stored_as).collect()
            }
            Err(_) => Vec::new(),
        };
        let mut wanted = Vec::new();
        for output in found.into_iter().filter(|output| !is_kept(output.file.index)) {
            let name = unused_name(&taken, &files::safe_name(&output.file.name));
            taken.push(name.clone());
            let stored = StoredFile { file: output.file.clone(), stored_as: Some(name) };
            self.note_file(stored.clone()).await;
            wanted.push((output, stored));
        }
        let folder = self.shared.folder.join(&self.id.0);
        let downloads: Vec<_> = wanted
            .into_iter()
            .filter(|(output, _)| output.url.is_some())
            .map(|(output, stored)| {
                let (client, folder) = (client.clone(), folder.clone());
                async move {
                    let target = folder.join(stored.stored_as.as_deref().unwrap_or("file"));
                    let url = output.url.as_deref().unwrap_or_default();
                    let mut result = match tokio::fs::create_dir_all(&folder).await {
                        Ok(()) => fetch(&client, url, &target).await,
                        Err(error) => Err(dify::Error::File(error.kind())),
                    };
                    if result.as_ref().is_ok_and(|downloaded| is_another_page(&output.file, downloaded)) {
                        let _ = tokio::fs::remove_file(&target).await;
                        result = Err(dify::Error::Decode { what: "result file", reason: "a web page came".into() });
                    }
                    (output, stored, result)
                }
            })
            .collect();
        let mut downloads = stream::iter(downloads).buffer_unordered(AT_ONCE);
        while let Some((output, stored, result)) = downloads.next().await {
            let mut stored = settled(stored, result.as_ref());
            if let Ok(downloaded) = result {
                better_named(&output, &mut stored, &downloaded, &folder, &mut taken).await;
            }
            self.note_file(stored).await;
        }
    }

    async fn note_file(&mut self, stored: StoredFile) {
        if let Err(error) = self.shared.store.save_run_file(&self.id, &stored).await {
            tracing::error!("a result file could not be noted: {error}");
        }
        let files: Vec<RunFile> = {
            let mut fold = self.live.fold();
            let files = &mut fold.run_mut().files;
            match files.iter_mut().find(|file| file.index == stored.file.index) {
                Some(file) => *file = stored.file,
                None => files.push(stored.file),
            }
            files.clone()
        };
        self.tell(RunPatch { files: Some(files), ..RunPatch::new(self.id.clone()) });
    }
}

/// A download that breaks off is tried again: its link lives for some minutes.
async fn fetch(client: &Client, url: &str, target: &Path) -> Result<Downloaded, dify::Error> {
    for pause in [1, 4] {
        match client.download(url, target, LARGEST).await {
            Err(error)
                if error.is_lost_stream() || error.is_not_reached() || error.status().is_some_and(|s| s >= 500) =>
            {
                tracing::warn!("a result file is fetched again: {error}");
                tokio::time::sleep(Duration::from_secs(pause)).await;
            }
            result => return result,
        }
    }
    client.download(url, target, LARGEST).await
}

fn settled(mut stored: StoredFile, result: Result<&Downloaded, &dify::Error>) -> StoredFile {
    match result {
        Ok(downloaded) => {
            stored.file.size = Some(downloaded.bytes);
            stored.file.mime_type = stored.file.mime_type.take().or_else(|| downloaded.mime.clone());
            stored.file.local = LocalCopy::Stored;
        }
        Err(error) => {
            tracing::warn!("a result file could not be fetched: {error}");
            stored.file.local = why(error);
            stored.stored_as = None;
        }
    }
    stored
}

/// What the page has a sentence for.
fn why(error: &dify::Error) -> LocalCopy {
    use std::io::ErrorKind as Kind;
    match error {
        dify::Error::TooLarge { .. } => LocalCopy::TooLarge,
        dify::Error::File(
            Kind::StorageFull | Kind::QuotaExceeded | Kind::ReadOnlyFilesystem | Kind::PermissionDenied,
        ) => LocalCopy::NoRoom,
        // Of tool files 403, of uploaded ones 404.
        error if matches!(error.status(), Some(403 | 404 | 410)) => LocalCopy::Expired,
        _ => LocalCopy::Failed,
    }
}

/// A page to sign in, or one that says nothing is there: asked for a picture, some proxies answer so, with 200.
fn is_another_page(file: &RunFile, downloaded: &Downloaded) -> bool {
    let is_page = downloaded.mime.as_deref().is_some_and(|mime| mime.eq_ignore_ascii_case("text/html"));
    let expects_page = matches!(file.extension.as_str(), "" | "html" | "htm" | "xhtml" | "shtml" | "mhtml");
    is_page && !expects_page && file.size != Some(downloaded.bytes)
}

/// A file whose name says nothing takes the one that came with its bytes.
async fn better_named(
    output: &OutputFile,
    stored: &mut StoredFile,
    downloaded: &Downloaded,
    folder: &Path,
    taken: &mut Vec<String>,
) {
    let Some(before) = stored.stored_as.clone() else { return };
    let given = downloaded.filename.clone().filter(|given| output.nameless && !outputs::is_random(given));
    let guessed = || {
        let missing = stored.file.extension.is_empty() && !stored.file.name.contains('.');
        let known = mime_guess::get_mime_extensions_str(stored.file.mime_type.as_deref().filter(|_| missing)?)?;
        known.first().map(|extension| outputs::with_extension(&stored.file.name, extension))
    };
    let Some(name) = given.or_else(guessed) else { return };
    let kept = unused_name(taken, &files::safe_name(&name));
    if tokio::fs::rename(folder.join(&before), folder.join(&kept)).await.is_ok() {
        stored.file.extension = extension_of(&name);
        stored.file.name = name;
        stored.stored_as = Some(kept.clone());
        taken.push(kept);
    }
}

/// Folders of Windows and macOS ignore case, and none of the run's own is given away.
fn unused_name(taken: &[String], name: &str) -> String {
    let is_taken = |name: &str| taken.iter().any(|known| known.to_lowercase() == name.to_lowercase());
    files::unused_name(name, |name| FileOf::is_folder(name) || is_taken(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_name_get_numbers() {
        assert_eq!(unused_name(&[], "a.md"), "a.md");
        assert_eq!(unused_name(&["a.md".into()], "A.md"), "A (2).md", "case does not make a name another");
        assert_eq!(unused_name(&[], "Sent"), "Sent (2)", "copies of documents lie in a folder of this name");
        assert_eq!(unused_name(&["a.md".into(), "a (2).md".into()], "a.md"), "a (3).md");
    }
}
