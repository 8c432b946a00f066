//! A run from a file becomes one of this history: its claims are checked, its names and ids become ours, its bytes go
//! into a folder of ours, and then it is written down whole.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use serde_json::Value;
use uuid::{NoContext, Timestamp, Uuid};

use super::{
    Error, Out,
    arrival::Arrival,
    manifest::{Manifest, without_traces},
    place::aside,
    unpack::Packed,
};
use crate::{
    files::{self, safe_name, unused_name},
    model::{
        Millis,
        app::{AppId, Branding, Icon, clean_name},
        event::AppEvent,
        file::{LocalCopy, StagedId},
        form::{Entries, Entry, FileEntry},
        history::{Contents, Remarks, RemarksChange},
        human_input::QuestionState,
        out::{AppFace, UnpackOutcome, Unpacked},
        run::{Run, RunId, RunStatus, StepStatus},
        sent::SentCopy,
    },
    store::{BroughtRun, FileOf, StoredFile, StoredSent, StoredSound, now},
};

const DAY: Millis = 24 * 3_600_000;
/// A picture of an app is a few kilobytes.
const LARGEST_ICON: usize = 2 * 1024 * 1024;
const MOST_FILES: usize = 2000;

impl Out {
    /// Takes a run in from a file. One that is here already, as it is in the file, is only named.
    pub async fn unpack(&self, path: &Path) -> Result<Unpacked, Error> {
        let at = path.to_owned();
        let mut packed = aside(move || Packed::open(&at)).await?;
        let checked = checked(&packed.manifest);
        if let Some(known) = self.known(&checked).await? {
            return Ok(known);
        }
        let Manifest { app, run, .. } = &checked;
        let app_id = self.app_for(app.origin, &app.branding, &checked).await?;
        if let Some(known) = self.known_as_line(&checked, &app_id).await? {
            return Ok(known);
        }
        let id = match valid_id(&run.head.id) {
            // A folder without a run may be what a damaged history left: it stays as it is.
            Some(id) if !self.store.has_run(&id).await? && !self.folder.join(&id.0).exists() => id,
            _ => id_of(run.head.started_at),
        };
        let (folder, run_id) = (self.folder.clone(), id.clone());
        let (mut brought, arrival) = aside(move || {
            let mut arrival = Arrival::new(&folder);
            let brought = take_out(&mut packed, checked, arrival.folder())?;
            arrival.move_in(&run_id)?;
            Ok((brought, arrival))
        })
        .await?;
        (brought.run.head.id, brought.run.head.app_id) = (id.clone(), app_id.clone());
        if let Some(here) = self.store.add_brought(&brought).await? {
            // Its details were fetched meanwhile.
            return self.say_of(here, &brought.remarks, app_id).await;
        }
        arrival.stay();
        (self.emit)(AppEvent::HistoryChanged);
        Ok(Unpacked { run_id: id, app_id, known: false })
    }

    /// Takes a run in that was let go over the window, and says what became of it.
    pub async fn bring(&self, path: &Path) -> UnpackOutcome {
        match self.unpack(path).await {
            Ok(unpacked) => UnpackOutcome::Opened { unpacked },
            Err(error) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                UnpackOutcome::Failed { name, failure: error.into() }
            }
        }
    }

    /// How apps are shown that are not connected, and whose runs are here.
    pub async fn faces(&self) -> Result<Vec<AppFace>, Error> {
        let faces = self.store.faces().await?.into_iter();
        Ok(faces.map(|(id, branding)| AppFace { id, branding }).collect())
    }

    /// The run of this history that the file is of, where nothing differs.
    async fn known(&self, manifest: &Manifest) -> Result<Option<Unpacked>, Error> {
        let id = &manifest.run.head.id;
        if self.store.whence(id).await?.is_none() {
            return Ok(None);
        }
        // One that goes on has another end by then.
        let Ok((here, _)) = self.packed(id).await else { return Ok(None) };
        let mut here = checked(&here).run;
        here.head.app_id = manifest.run.head.app_id.clone();
        let app_id = self.store.run_head(id).await?.app_id;
        Ok((here == manifest.run).then(|| Unpacked { run_id: id.clone(), app_id, known: true }))
    }

    /// The run as the server's log told of it, where there is no less of it here than in the file, which then only adds
    /// what is said of it: the server's word on a run counts more than a file's, which may be anybody's.
    async fn known_as_line(&self, manifest: &Manifest, app_id: &AppId) -> Result<Option<Unpacked>, Error> {
        let Some(server_run) = &manifest.run.head.server.run_id else { return Ok(None) };
        match self.store.line_of(app_id, server_run).await? {
            Some((here, contents)) if contents == Contents::Whole || manifest.contents == Contents::Head => {
                let Manifest { name, note, tags, .. } = manifest.clone();
                let remarks = Remarks { name, note, tags, ..Remarks::default() };
                self.say_of(here, &remarks, app_id.clone()).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What is said of a run in a file is said of the one that is here.
    async fn say_of(&self, run_id: RunId, theirs: &Remarks, app_id: AppId) -> Result<Unpacked, Error> {
        let said = self.store.remarks(&run_id).await?;
        let notes = [&said.note, &theirs.note].map(String::as_str);
        let note = if notes.contains(&"") { notes.concat() } else { notes.join("\n") };
        let change = RemarksChange {
            name: Some(&theirs.name).filter(|name| said.name.is_empty() && !name.is_empty()).cloned(),
            note: Some(note).filter(|note| !said.note.contains(&theirs.note) && *note != said.note),
            add_tags: theirs.tags.clone(),
            ..RemarksChange::default()
        };
        self.store.remark(std::slice::from_ref(&run_id), &change).await?;
        (self.emit)(AppEvent::HistoryChanged);
        Ok(Unpacked { run_id, app_id, known: true })
    }

    /// The app of the same name, or a face for it.
    async fn app_for(
        &self,
        origin: crate::model::app::Origin,
        branding: &Branding,
        manifest: &Manifest,
    ) -> Result<AppId, Error> {
        if let Some(id) = self.store.app_called(origin, &branding.title).await? {
            return Ok(id);
        }
        let id = AppId(Uuid::now_v7().to_string());
        self.store.add_face(&id, origin, branding, &manifest.form, now()).await?;
        Ok(id)
    }
}

/// The files of runs among files, and the others.
pub fn of_runs(files: Vec<PathBuf>) -> (Vec<PathBuf>, Vec<PathBuf>) {
    files
        .into_iter()
        .partition(|path| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(super::EXTENSION)))
}

/// An id that this program could have given: it names a folder, and lists are in its order.
fn valid_id(id: &RunId) -> Option<RunId> {
    let uuid = Uuid::try_parse(&id.0).ok().filter(|uuid| uuid.get_version_num() == 7)?;
    let (seconds, _) = uuid.get_timestamp()?.to_unix();
    let at = Millis::try_from(seconds).ok()?.checked_mul(1000)?;
    // What comes after all that is to come would put every later run behind it.
    (at <= now() + DAY && uuid.to_string() == id.0).then(|| id.clone())
}

/// An id of ours, for a run that began then.
fn id_of(started_at: Millis) -> RunId {
    let at = u64::try_from(started_at).unwrap_or_default();
    let nanos = u32::try_from(at % 1000 * 1_000_000).unwrap_or_default();
    RunId(Uuid::new_v7(Timestamp::from_unix(NoContext, at / 1000, nanos)).to_string())
}

/// What a file claims, as far as it can be true.
fn checked(manifest: &Manifest) -> Manifest {
    let mut manifest = manifest.clone();
    without_traces(&mut manifest.run);
    manifest.app.branding = branding(manifest.app.branding);
    manifest.name = clean_name(&manifest.name);
    manifest.tags = manifest.tags.iter().map(|tag| clean_name(tag)).filter(|tag| !tag.is_empty()).take(50).collect();
    manifest.tags.sort();
    manifest.tags.dedup();
    manifest.note = manifest.note.chars().take(100_000).collect();
    run(&mut manifest.run);
    only_once(&mut manifest.form.fields, |field| field.variable.clone());
    manifest
}

fn run(run: &mut Run) {
    let head = &mut run.head;
    let latest = now() + DAY;
    let time = |at: Millis| at.clamp(0, latest);
    head.started_at = time(head.started_at);
    head.finished_at = head.finished_at.map(|at| time(at).max(head.started_at));
    head.title = head.title.chars().filter(|c| !c.is_control()).take(500).collect();
    head.elapsed = head.elapsed.filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
    head.total_tokens = head.total_tokens.filter(|tokens| *tokens >= 0);
    head.total_steps = head.total_steps.filter(|steps| *steps >= 0);
    // One that went on would be followed with the next start.
    if !head.status.is_over() {
        head.status = RunStatus::Unknown;
    }
    let short = |id: &String| id.len() <= 200;
    head.server.run_id = head.server.run_id.take().filter(short);
    head.server.workflow_id = head.server.workflow_id.take().filter(short);
    only_once(&mut run.inputs, |input| input.variable.clone());
    only_once(&mut run.steps, |step| step.id.clone());
    // A parent stands before what is in it, so that none leads in a circle.
    let mut before = HashSet::new();
    for step in &mut run.steps {
        step.parent = step.parent.take().filter(|parent| before.contains(parent));
        before.insert(step.id.clone());
        step.started_at = time(step.started_at);
        step.finished_at = step.finished_at.map(time);
        if matches!(step.status, StepStatus::Running | StepStatus::Paused) {
            step.status = StepStatus::Stopped;
        }
        only_once(&mut step.agent_log, |note| note.id.clone());
    }
    for question in &mut run.questions {
        if question.state == QuestionState::Open {
            question.state = QuestionState::Dropped;
        }
    }
    run.files.truncate(MOST_FILES);
    for file in &mut run.files {
        file.name = safe_name(&file.name);
        file.extension = crate::model::check::extension_of(&file.name);
        if file.local == LocalCopy::Fetching {
            file.local = LocalCopy::Failed;
        }
    }
}

/// What is named twice counts once: lists are drawn by these names.
fn only_once<T>(items: &mut Vec<T>, name: impl Fn(&T) -> String) {
    let mut seen = HashSet::new();
    items.retain(|item| seen.insert(name(item)));
}

fn branding(given: Branding) -> Branding {
    let title = clean_name(&given.title);
    let icon = match given.icon {
        Icon::Image(data) if is_picture(&data) => Icon::Image(data),
        Icon::Emoji(emoji) if emoji.len() <= 64 && !emoji.is_ascii() => Icon::Emoji(emoji),
        _ => Icon::Initial,
    };
    let colour = |colour: &String| {
        colour.len() == 7 && colour.starts_with('#') && colour[1..].bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let line = |text: String| text.chars().filter(|c| !c.is_control()).take(2000).collect::<String>();
    Branding {
        title: if title.is_empty() { "Dify".to_owned() } else { title },
        description: line(given.description),
        icon,
        icon_background: given.icon_background.filter(|text| text.is_ascii()).filter(colour),
        copyright: given.copyright.map(line),
        privacy_policy: None,
        custom_disclaimer: given.custom_disclaimer.map(line),
        default_language: given.default_language.filter(|language| language.len() <= 20),
        ..given
    }
}

/// A picture within its own address, of the kinds that are fetched for apps.
fn is_picture(data: &str) -> bool {
    const KINDS: [&str; 4] = ["png", "jpeg", "gif", "webp"];
    let body = KINDS.iter().find_map(|kind| data.strip_prefix(&format!("data:image/{kind};base64,")));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    data.len() <= LARGEST_ICON && body.is_some_and(|body| !body.is_empty() && body.bytes().all(plain))
}

/// Takes bytes out into a folder and gives everything names of ours.
fn take_out(packed: &mut Packed, manifest: Manifest, folder: &Path) -> Result<BroughtRun, Error> {
    let Manifest { run, contents, entries, form, name, note, tags, files, sent, sounds, .. } = manifest;
    let (sent_folder, sound_folder) = (folder.join("sent"), folder.join("speech"));
    for folder in [folder, &sent_folder, &sound_folder] {
        std::fs::create_dir_all(folder).map_err(files::not_written)?;
    }
    let mut brought = BroughtRun {
        run,
        contents,
        entries,
        form,
        remarks: Remarks { name, note, tags, ..Remarks::default() },
        files: Vec::new(),
        sent: Vec::new(),
        sounds: Vec::new(),
    };
    // Folders of the run's own are not to be written over by a file of that name.
    let mut taken: HashSet<String> = FileOf::ALL.map(|of| of.folder().to_owned()).into();
    let claim = |taken: &mut HashSet<String>, wanted: &str| {
        let name = unused_name(&safe_name(wanted), |name| taken.contains(&name.to_lowercase()));
        taken.insert(name.to_lowercase());
        name
    };
    for (index, file) in (0..).zip(&mut brought.run.files) {
        let entry = files.iter().find(|packed| packed.index == file.index).map(|packed| packed.entry.clone());
        file.index = index;
        let mut stored_as = None;
        if let Some(entry) = entry.filter(|_| file.local == LocalCopy::Stored) {
            let name = claim(&mut taken, &file.name);
            file.size = Some(packed.take_out(&entry, &folder.join(&name))?);
            stored_as = Some(name);
        } else if file.local == LocalCopy::Stored {
            file.local = LocalCopy::Failed;
        }
        brought.files.push(StoredFile { file: file.clone(), stored_as });
    }
    let mut renamed: HashMap<String, StagedId> = HashMap::new();
    let mut ours = |id: String| {
        // Theirs may be the name of a file of this computer.
        renamed.entry(id).or_insert_with(|| StagedId(Uuid::new_v4().to_string())).clone()
    };
    let mut taken = HashSet::new();
    for (index, sent) in (0..).zip(sent.into_iter().take(MOST_FILES)) {
        let is_link = sent.staged.is_none();
        let mut stored = StoredSent {
            index,
            staged: sent.staged.map(&mut ours),
            variable: sent.variable,
            label: sent.label,
            name: if is_link { sent.name } else { safe_name(&sent.name) },
            path: None,
            size: sent.size,
            modified_at: sent.modified_at,
            copy: if matches!(sent.copy, SentCopy::Kept | SentCopy::Copying) { SentCopy::Gone } else { sent.copy },
            stored_as: None,
            content: None,
        };
        if let Some(entry) = sent.entry.filter(|_| !is_link && sent.copy == SentCopy::Kept) {
            let name = claim(&mut taken, &stored.name);
            let path = sent_folder.join(&name);
            stored.size = Some(packed.take_out(&entry, &path)?);
            read_only(path);
            (stored.copy, stored.stored_as) = (SentCopy::Kept, Some(name));
            stored.content = Some(Uuid::new_v4().to_string());
        }
        brought.sent.push(stored);
    }
    brought.entries = with_ids(brought.entries, &mut ours);
    let mut places = HashSet::new();
    for sound in sounds.into_iter().filter(|sound| places.insert(sound.place)).take(100) {
        const KINDS: [&str; 7] = ["mp3", "wav", "ogg", "opus", "flac", "aac", "m4a"];
        let kind = KINDS.into_iter().find(|kind| *kind == sound.extension).unwrap_or("mp3");
        let of = if sound.text_hash.is_some() { format!("text-{}", sound.place) } else { "stream".to_owned() };
        let stored_as = claim(&mut taken, &format!("{of}.{kind}"));
        let size = packed.take_out(&sound.entry, &sound_folder.join(&stored_as))?;
        let (place, text_hash, complete) = (sound.place, sound.text_hash, sound.complete);
        let pieces = pieces(sound.pieces, size);
        brought.sounds.push(StoredSound { place, text_hash, stored_as, pieces, complete });
    }
    Ok(brought)
}

/// Pieces of a sound that lie within it.
fn pieces(given: Value, size: u64) -> Value {
    let Value::Array(mut pieces) = given else { return Value::Array(Vec::new()) };
    pieces.truncate(10_000);
    pieces.retain(|piece| {
        let number = |name: &str| piece.get(name).and_then(Value::as_u64);
        let end = number("at").zip(number("bytes")).and_then(|(at, bytes)| at.checked_add(bytes));
        let format = piece.get("format").and_then(Value::as_str).unwrap_or_default();
        end.is_some_and(|end| end <= size)
            && format.len() <= 8
            && format.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    Value::Array(pieces)
}

fn with_ids(entries: Entries, ours: &mut impl FnMut(String) -> StagedId) -> Entries {
    let mut own = |entry: Entry| match entry {
        Entry::Files(files) => Entry::Files(
            files
                .into_iter()
                .map(|file| match file {
                    FileEntry::Staged(id) => FileEntry::Staged(ours(id.0)),
                    link @ FileEntry::Link(_) => link,
                })
                .collect(),
        ),
        entry => entry,
    };
    entries.into_iter().map(|(variable, entry)| (variable, own(entry))).collect()
}

/// Copies are what was sent: nobody is to write into them by mistake.
fn read_only(path: PathBuf) {
    if let Ok(metadata) = path.metadata() {
        let mut permissions = metadata.permissions();
        permissions.set_readonly(true);
        let _ = std::fs::set_permissions(path, permissions);
    }
}
