//! Result files: fetched into the run's folder as soon as the run ends, because their links die after
//! 300 s (api.md §5).

use std::{path::Path, time::Duration};

use futures_util::{StreamExt, stream};

use super::{driver::Driver, outputs};
use crate::{
    dify::{self, Client, Downloaded},
    files,
    model::{
        event::RunPatch,
        file::{LocalCopy, RunFile},
    },
    store::StoredFile,
};

/// A result file larger than this stays on the server.
const LARGEST: u64 = 1024 * 1024 * 1024;
/// At the same time: one slow file must not let the links of the others die.
const AT_ONCE: usize = 4;

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
        let (found, known) = {
            let fold = self.live.fold();
            (outputs::files(&fold.run().outputs, &self.listed_files), fold.run().files.clone())
        };
        let is_kept = |index| known.iter().any(|file| file.index == index && file.local == LocalCopy::Stored);
        let mut wanted: Vec<(Option<String>, StoredFile)> = Vec::new();
        // All get their names, so that one that is fetched again never takes that of one that is there.
        for output in found {
            let taken: Vec<&str> = wanted.iter().filter_map(|(_, stored)| stored.stored_as.as_deref()).collect();
            let name = unused_name(&taken, &files::safe_name(&output.file.name));
            wanted.push((output.url, StoredFile { file: output.file, stored_as: Some(name) }));
        }
        wanted.retain(|(_, stored)| !is_kept(stored.file.index));
        for (_, stored) in &wanted {
            self.note_file(stored.clone()).await;
        }
        let folder = self.shared.folder.join(&self.id.0);
        let downloads: Vec<_> = wanted
            .into_iter()
            .filter_map(|(url, stored)| Some((url?, stored)))
            .map(|(url, stored)| {
                let (client, folder) = (client.clone(), folder.clone());
                async move {
                    let target = folder.join(stored.stored_as.as_deref().unwrap_or("file"));
                    let result = match tokio::fs::create_dir_all(&folder).await {
                        Ok(()) => fetch(&client, &url, &target).await,
                        Err(error) => Err(dify::Error::File(error.kind())),
                    };
                    (stored, result)
                }
            })
            .collect();
        let mut downloads = stream::iter(downloads).buffer_unordered(AT_ONCE);
        while let Some((stored, result)) = downloads.next().await {
            self.note_file(settled(stored, result)).await;
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

fn settled(mut stored: StoredFile, result: Result<Downloaded, dify::Error>) -> StoredFile {
    match result {
        Ok(downloaded) => {
            stored.file.size = Some(downloaded.bytes);
            stored.file.mime_type = stored.file.mime_type.take().or(downloaded.mime);
            stored.file.local = LocalCopy::Stored;
        }
        Err(error) => {
            tracing::warn!("a result file could not be fetched: {error}");
            stored.file.local = LocalCopy::Failed;
            stored.stored_as = None;
        }
    }
    stored
}

/// `name`, or `name (2)` and so on where it is taken; folders of Windows and macOS ignore case.
fn unused_name(taken: &[&str], name: &str) -> String {
    let is_taken = |name: &str| taken.iter().any(|known| known.to_lowercase() == name.to_lowercase());
    if !is_taken(name) {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) => (stem, format!(".{extension}")),
        None => (name, String::new()),
    };
    (2..).map(|n| format!("{stem} ({n}){extension}")).find(|name| !is_taken(name)).unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_name_get_numbers() {
        assert_eq!(unused_name(&[], "a.md"), "a.md");
        assert_eq!(unused_name(&["a.md"], "A.md"), "A (2).md", "case does not make a name another");
        assert_eq!(unused_name(&["a.md", "a (2).md"], "a.md"), "a (3).md");
    }
}
