//! The clipboard: files and folders as they are, and files of our own made of pictures, tables and texts.

use std::{path::PathBuf, sync::Arc};

use arboard::{Clipboard, ImageData};
use image::{ImageFormat, RgbaImage};
use url::Url;

use super::{
    Error, Files,
    handed::{Handed, links_in},
    table::{csv_of, table_of},
};
use crate::model::ways::{Pasted, PastedAs, PastedNames};

/// What a program put on the clipboard, in every form it offers.
#[derive(Debug, Default)]
pub struct Copied {
    pub paths: Vec<PathBuf>,
    pub html: Option<String>,
    pub text: Option<String>,
    pub picture: Option<ImageData<'static>>,
}

impl Files {
    /// Takes in what is on the clipboard.
    pub async fn paste(self: &Arc<Self>, names: PastedNames) -> Result<Pasted, Error> {
        let copied = tokio::task::spawn_blocking(Copied::now).await.map_err(|_| Error::Unreadable)??;
        self.take_copied(copied, names).await
    }

    /// Programs offer a copied thing in several forms; the most telling one is taken.
    pub async fn take_copied(self: &Arc<Self>, copied: Copied, names: PastedNames) -> Result<Pasted, Error> {
        if !copied.paths.is_empty() {
            let uris = copied.paths.iter().filter_map(|path| Url::from_file_path(path).ok()).map(String::from);
            let Handed { files, folders, links } = Handed::sort(uris.collect()).await;
            let (files, folders) = (self.take(files), self.take_folders(folders));
            return Ok(Pasted { what: PastedAs::Files, files, folders, links });
        }
        let text = copied.text.as_deref().filter(|text| !text.trim().is_empty());
        // Copied off a page, a picture comes with a little markup around it, and with no text.
        if let Some(rows) = table_of(copied.html.as_deref(), text) {
            return self.pasted(PastedAs::Table, &format!("{}.csv", names.table), move || csv_of(&rows)).await;
        }
        if let Some(text) = text {
            let links = links_in(text);
            if !links.is_empty() {
                return Ok(Pasted { what: PastedAs::Links, links, ..Pasted::nothing() });
            }
            let text = text.to_owned();
            return self.pasted(PastedAs::Text, &format!("{}.txt", names.text), move || Ok(text.into_bytes())).await;
        }
        match copied.picture {
            Some(picture) => {
                self.pasted(PastedAs::Picture, &format!("{}.png", names.picture), move || png_of(picture)).await
            }
            None => Ok(Pasted::nothing()),
        }
    }

    async fn pasted(
        self: &Arc<Self>,
        what: PastedAs,
        name: &str,
        bytes: impl FnOnce() -> Result<Vec<u8>, Error> + Send + 'static,
    ) -> Result<Pasted, Error> {
        let bytes = tokio::task::spawn_blocking(bytes).await.map_err(|_| Error::Unreadable)??;
        let file = self.own_file(name, &bytes).await?;
        Ok(Pasted { what, files: vec![file], ..Pasted::nothing() })
    }
}

impl Copied {
    /// Waits for the program that has what was copied: call it where that is allowed.
    fn now() -> Result<Self, Error> {
        // Without a clipboard there is nothing on it.
        let Ok(mut clipboard) = Clipboard::new() else { return Ok(Self::default()) };
        let paths = clipboard.get().file_list().unwrap_or_default();
        if !paths.is_empty() {
            return Ok(Self { paths, ..Self::default() });
        }
        let text = clipboard.get_text().ok();
        let html = clipboard.get().html().ok();
        // A large picture takes its time: only where it is what was meant.
        let picture = match &text {
            Some(text) if !text.trim().is_empty() => None,
            _ => clipboard.get_image().ok(),
        };
        Ok(Self { paths, html, text, picture })
    }
}

fn png_of(picture: ImageData<'static>) -> Result<Vec<u8>, Error> {
    let side = |length: usize| u32::try_from(length).map_err(|_| Error::Unreadable);
    let (width, height) = (side(picture.width)?, side(picture.height)?);
    let picture = RgbaImage::from_raw(width, height, picture.bytes.into_owned()).ok_or(Error::Unreadable)?;
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).map_err(|_| Error::Unreadable)?;
    Ok(bytes.into_inner())
}
