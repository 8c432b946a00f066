//! Many runs as one file: read from the store page by page, written as they are read, put in its place when it is whole.

use std::{collections::HashMap, path::Path, sync::PoisonError};

use tokio_util::sync::CancellationToken;

use super::{
    Error, Out,
    cells::{Cell, cell},
    comma::Comma,
    lines::{self, Line},
    place::{Place, aside},
    sheet::Sheet,
};
use crate::{
    files,
    model::{
        event::AppEvent,
        out::{Export, ExportKind, ExportOf, Exported},
        run::RunId,
    },
    store::{self, RunRow},
};

/// Runs that are asked for at a time.
const PAGE: u32 = 100;
/// Of these, so many are in memory: one may hold megabytes.
const IN_MEMORY: usize = 10;

/// What is being written.
enum Writing {
    Comma(Box<Comma<Place>>),
    Sheet(Box<(Sheet, Place)>),
    Lines(Place),
}

/// What one run becomes.
enum Piece {
    Row(Vec<Cell>),
    Line(Vec<u8>),
}

impl Out {
    /// Writes runs as a file. How far it is comes as an event; another export that still goes on is broken off.
    pub async fn export(&self, export: &Export, target: &Path) -> Result<Exported, Error> {
        let _writes = self.writes();
        let token = CancellationToken::new();
        if let Some(earlier) = self.exporting().replace(token.clone()) {
            earlier.cancel();
        }
        let written = tokio::select! {
            written = self.write_out(export, target) => written,
            () = token.cancelled() => Err(Error::Cancelled),
        };
        // From here on what is said is what became of the file: a stop may come too late.
        let done = match written {
            Ok((writing, done)) => put_in_place(writing, done, &token).await,
            Err(error) => Err(error),
        };
        let mut exporting = self.exporting();
        // A later one has taken its place.
        if !token.is_cancelled() {
            *exporting = None;
        }
        done
    }

    /// Breaks off the export that is being written.
    pub fn stop_exporting(&self) {
        if let Some(token) = self.exporting().take() {
            token.cancel();
        }
    }

    fn exporting(&self) -> std::sync::MutexGuard<'_, Option<CancellationToken>> {
        self.exporting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write_out(&self, export: &Export, target: &Path) -> Result<(Writing, Exported), Error> {
        self.count_costs().await?;
        let names = self.names().await?;
        let mut writing = self.begin(export, target).await?;
        let (mut done, mut seen) = (Exported::default(), std::collections::HashSet::new());
        let mut pages = Pages::of(export);
        while let Some(runs) = pages.next(self).await? {
            // What is added meanwhile shifts no page, and yet nobody wants a run twice.
            let runs: Vec<RunId> = runs.into_iter().filter(|id| seen.insert(id.clone())).collect();
            for some in runs.chunks(IN_MEMORY) {
                let rows = self.store.run_rows(some).await?;
                let mut pieces = Vec::with_capacity(rows.len());
                for row in &rows {
                    pieces.extend(self.piece(row, export, &names).await?);
                }
                let room;
                (writing, room) = aside(move || writing.put(pieces)).await?;
                done.runs += room.written;
                done.full |= room.full;
                if done.full {
                    break;
                }
            }
            (self.emit)(AppEvent::ExportChanged { runs: done.runs });
            if done.full {
                break;
            }
        }
        Ok((writing, done))
    }

    async fn names(&self) -> Result<HashMap<String, String>, Error> {
        let connected = self.store.apps().await?.into_iter().map(|stored| (stored.app.id.0, stored.app.branding.title));
        let gone = self.store.faces().await?.into_iter().map(|(id, branding)| (id.0, branding.title));
        Ok(connected.chain(gone).collect())
    }

    async fn begin(&self, export: &Export, target: &Path) -> Result<Writing, Error> {
        let headings: Vec<String> = export.columns.iter().map(|column| column.heading.clone()).collect();
        let (kind, zone, target) = (export.kind, self.zone.clone(), target.to_owned());
        let (name, cut) = (export.words.sheet.clone(), export.words.cut.clone());
        let parts = self.parts.clone();
        aside(move || {
            let place = Place::new(&target, &parts)?;
            Ok(match kind {
                ExportKind::Csv => {
                    let comma = Comma::new(place, &headings, zone).map_err(files::not_written)?;
                    Writing::Comma(Box::new(comma))
                }
                ExportKind::Xlsx => {
                    let folder = target.parent().unwrap_or(Path::new("."));
                    Writing::Sheet(Box::new((Sheet::new(folder, &name, &headings, &cut, zone)?, place)))
                }
                ExportKind::JsonLines => Writing::Lines(place),
            })
        })
        .await
    }

    /// `None`: it is gone since.
    async fn piece(
        &self,
        row: &RunRow,
        export: &Export,
        names: &HashMap<String, String>,
    ) -> Result<Option<Piece>, Error> {
        let id = &row.head.id;
        let app = names.get(&row.head.app_id.0).map_or("", String::as_str);
        if export.kind != ExportKind::JsonLines {
            let cells = export.columns.iter().map(|wanted| cell(&wanted.column, row, app, &export.words));
            return Ok(Some(Piece::Row(cells.collect())));
        }
        let (run, whence) = (self.store.run(id).await, self.store.whence(id).await?);
        let (run, whence) = match (run, whence) {
            (Ok(run), Some(whence)) => (run, whence),
            (Err(store::Error::NotFound), _) | (_, None) => return Ok(None),
            (Err(error), _) => return Err(error.into()),
        };
        let RunRow { remarks, costs, .. } = row;
        let (origin, contents) = (whence.origin, whence.contents);
        let mut bytes = Vec::new();
        let line = Line { app, origin, contents, remarks, costs, run: &run };
        lines::write(&mut bytes, &line).map_err(files::not_written)?;
        Ok(Some(Piece::Line(bytes)))
    }
}

/// Gives the file its name, unless it was stopped before.
async fn put_in_place(writing: Writing, done: Exported, token: &CancellationToken) -> Result<Exported, Error> {
    let token = token.clone();
    aside(move || {
        let (place, cut) = writing.whole()?;
        if token.is_cancelled() {
            return Err(Error::Cancelled);
        }
        place.done()?;
        Ok(Exported { cut, ..done })
    })
    .await
}

/// Which runs come next.
enum Pages<'a> {
    Search { export: &'a crate::model::history::Search, after: Option<String>, over: bool },
    Runs(std::slice::Chunks<'a, RunId>),
}

impl<'a> Pages<'a> {
    fn of(export: &'a Export) -> Self {
        match &export.of {
            ExportOf::Search { search } => Self::Search { export: search, after: None, over: false },
            ExportOf::Runs { runs } => Self::Runs(runs.chunks(PAGE as usize)),
        }
    }

    async fn next(&mut self, out: &Out) -> Result<Option<Vec<RunId>>, Error> {
        match self {
            Self::Runs(chunks) => Ok(chunks.next().map(<[RunId]>::to_vec)),
            Self::Search { over: true, .. } => Ok(None),
            Self::Search { export, after, over } => {
                let (runs, next) = (out.find)(export.clone(), after.take(), PAGE).await?;
                *over = next.is_none();
                *after = next;
                Ok(Some(runs))
            }
        }
    }
}

/// What became of a page.
struct Room {
    written: u32,
    full: bool,
}

impl Writing {
    fn put(mut self, pieces: Vec<Piece>) -> Result<(Self, Room), Error> {
        let mut room = Room { written: 0, full: false };
        for piece in pieces {
            match (&mut self, piece) {
                (Self::Comma(comma), Piece::Row(cells)) => comma.row(&cells).map_err(files::not_written)?,
                (Self::Sheet(sheet), Piece::Row(cells)) => {
                    if sheet.0.is_full() {
                        room.full = true;
                        break;
                    }
                    sheet.0.row(&cells)?;
                }
                (Self::Lines(place), Piece::Line(line)) => {
                    std::io::Write::write_all(place, &line).map_err(files::not_written)?;
                }
                _ => continue,
            }
            room.written += 1;
        }
        Ok((self, room))
    }

    /// All that belongs into the file, and how many cells were cut.
    fn whole(self) -> Result<(Place, u32), files::Error> {
        match self {
            Self::Comma(comma) => Ok((comma.done().map_err(files::not_written)?, 0)),
            Self::Lines(place) => Ok((place, 0)),
            Self::Sheet(sheet) => {
                let (sheet, mut place) = *sheet;
                let cut = sheet.cut;
                sheet.done(&mut place)?;
                Ok((place, cut))
            }
        }
    }
}
