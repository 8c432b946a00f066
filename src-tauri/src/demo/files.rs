//! Uploaded and produced files: kept in a temporary folder, found by id, handed out by signed links that expire.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

const MIB: u64 = 1024 * 1024;
/// Old files make room for new ones, so that a demo left open for a week stays small.
const MOST_FILES: usize = 400;
const MOST_BYTES: u64 = 1024 * MIB;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Upload,
    Tool,
}

#[derive(Debug)]
pub(super) struct Stored {
    pub id: String,
    pub name: String,
    /// Lower case, without the dot, empty if the name has none.
    pub extension: String,
    pub mime: String,
    pub size: u64,
    pub origin: Origin,
    /// Which end user of which app may use it in a run.
    pub owner: String,
    pub created_at: i64,
}

impl Stored {
    pub fn kind(&self) -> &'static str {
        kind_of(&self.extension, &self.mime)
    }
}

#[derive(Default)]
struct Entries {
    by_id: HashMap<String, Arc<Stored>>,
    oldest_first: VecDeque<String>,
    bytes: u64,
}

pub(super) struct FileStore {
    folder: tempfile::TempDir,
    secret: [u8; 64],
    life: Duration,
    /// Scheme, host and port in front of every link.
    origin: String,
    pub tenant_id: String,
    entries: Mutex<Entries>,
}

impl FileStore {
    pub fn new(origin: String, life: Duration) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("demo-files-").tempdir()?;
        let mut secret = [0; 64];
        // A random UUID is 122 random bits; four of them are more than a signature needs.
        for part in secret.chunks_exact_mut(16) {
            part.copy_from_slice(Uuid::new_v4().as_bytes());
        }
        let tenant_id = Uuid::new_v4().to_string();
        Ok(Self { folder, secret, life, origin, tenant_id, entries: Mutex::default() })
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // The map is whole after every statement, so a panic elsewhere does not spoil it.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the bytes of a file are, or are to be written before `keep`.
    pub fn path(&self, id: &str) -> PathBuf {
        self.folder.path().join(id)
    }

    /// Takes a file whose bytes already lie at `path(id)`.
    pub fn keep(&self, file: Stored) -> Arc<Stored> {
        let file = Arc::new(file);
        let mut gone = Vec::new();
        {
            let mut entries = self.entries();
            entries.bytes += file.size;
            entries.oldest_first.push_back(file.id.clone());
            entries.by_id.insert(file.id.clone(), file.clone());
            while entries.oldest_first.len() > MOST_FILES
                || (entries.bytes > MOST_BYTES && entries.oldest_first.len() > 1)
            {
                let Some(id) = entries.oldest_first.pop_front() else { break };
                if let Some(old) = entries.by_id.remove(&id) {
                    entries.bytes -= old.size;
                }
                gone.push(id);
            }
        }
        for id in gone {
            // A file that cannot be removed now goes with the folder.
            let _ = std::fs::remove_file(self.path(&id));
        }
        file
    }

    /// Writes a file that a workflow made and keeps it.
    pub fn create(&self, name: &str, mime: &str, owner: &str, bytes: &[u8]) -> io::Result<Arc<Stored>> {
        let id = Uuid::new_v4().to_string();
        std::fs::write(self.path(&id), bytes)?;
        Ok(self.keep(Stored {
            id,
            name: name.to_owned(),
            extension: extension_of(name),
            mime: mime.to_owned(),
            size: bytes.len() as u64,
            origin: Origin::Tool,
            owner: owner.to_owned(),
            created_at: now(),
        }))
    }

    pub fn find(&self, id: &str) -> Option<Arc<Stored>> {
        self.entries().by_id.get(id).cloned()
    }

    /// A stable id for an end user: nothing has to be remembered for it.
    pub fn end_user_id(&self, app_id: &str, user: &str) -> String {
        let digest = self.mac(&format!("end-user|{app_id}|{user}"));
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    fn mac(&self, message: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new(&self.secret.into());
        mac.update(message.as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn signature(&self, id: &str, timestamp: &str, nonce: &str) -> String {
        URL_SAFE.encode(self.mac(&format!("file-preview|{id}|{timestamp}|{nonce}")))
    }

    /// Whether a link is ours and young enough.
    pub fn verify(&self, id: &str, timestamp: &str, nonce: &str, sign: &str) -> bool {
        let mut given = Hmac::<Sha256>::new(&self.secret.into());
        given.update(format!("file-preview|{id}|{timestamp}|{nonce}").as_bytes());
        let Ok(sign) = URL_SAFE.decode(sign) else { return false };
        let Ok(made_at) = timestamp.parse::<i64>() else { return false };
        let age = now().saturating_sub(made_at);
        given.verify_slice(&sign).is_ok() && age >= 0 && age.unsigned_abs() < self.life.as_secs()
    }

    pub fn signed_url(&self, file: &Stored) -> String {
        let timestamp = now().to_string();
        let nonce = Uuid::new_v4().simple().to_string();
        let sign = self.signature(&file.id, &timestamp, &nonce);
        let Self { origin, .. } = self;
        match file.origin {
            // The two kinds differ in whether the padding is percent-encoded; both as measured.
            Origin::Upload => {
                let sign = sign.replace('=', "%3D");
                format!("{origin}/files/{}/file-preview?timestamp={timestamp}&nonce={nonce}&sign={sign}", file.id)
            }
            Origin::Tool => {
                let extension = if file.extension.is_empty() { "bin" } else { &file.extension };
                format!("{origin}/files/tools/{}.{extension}?timestamp={timestamp}&nonce={nonce}&sign={sign}", file.id)
            }
        }
    }

    /// The object that stands for a file in inputs and outputs; its link is signed anew each time.
    pub fn object(&self, file: &Stored) -> Value {
        let (method, remote_url) = match file.origin {
            Origin::Upload => ("local_file", Value::String(self.signed_url(file))),
            Origin::Tool => ("tool_file", Value::Null),
        };
        let extension = if file.extension.is_empty() { String::new() } else { format!(".{}", file.extension) };
        json!({
            "dify_model_identity": "__dify__file__", "id": null, "tenant_id": self.tenant_id, "type": file.kind(),
            "transfer_method": method, "remote_url": remote_url, "related_id": file.id, "filename": file.name,
            "extension": extension, "mime_type": file.mime, "size": file.size, "url": self.signed_url(file),
        })
    }

    /// The object for a file that lies elsewhere: its size is not known.
    pub fn link_object(&self, url: &str, name: &str, extension: &str) -> Value {
        let dotted = if extension.is_empty() { String::new() } else { format!(".{extension}") };
        json!({
            "dify_model_identity": "__dify__file__", "id": null, "tenant_id": self.tenant_id,
            "type": kind_of(extension, ""), "transfer_method": "remote_url", "remote_url": url, "related_id": null,
            "filename": name, "extension": dotted, "mime_type": null, "size": -1, "url": url,
        })
    }

    /// Every file inside an outputs object, each with a link of its own.
    pub fn objects_in(&self, outputs: &Value) -> Vec<Value> {
        let found = |value: &Value| -> Option<Value> {
            value.get("dify_model_identity")?;
            let file = self.find(value.get("related_id")?.as_str()?)?;
            Some(self.object(&file))
        };
        let values = outputs.as_object().into_iter().flat_map(|map| map.values());
        values
            .flat_map(|value| match value {
                Value::Array(items) => items.iter().filter_map(found).collect(),
                other => found(other).into_iter().collect::<Vec<_>>(),
            })
            .collect()
    }
}

pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The extension of a file name: lower case, no dot; a leading dot alone does not make one.
pub(super) fn extension_of(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension.to_lowercase(),
        _ => String::new(),
    }
}

const IMAGES: &[&str] = &["jpg", "jpeg", "png", "webp", "gif", "svg"];
const VIDEOS: &[&str] = &["mp4", "mov", "mpeg", "webm"];
const SOUNDS: &[&str] = &["mp3", "m4a", "wav", "amr", "mpga"];
/// With the Unstructured reader switched on, which is what makes slides and mails documents.
const DOCUMENTS: &[&str] = &[
    "txt",
    "markdown",
    "md",
    "mdx",
    "pdf",
    "html",
    "htm",
    "xlsx",
    "xls",
    "docx",
    "csv",
    "vtt",
    "properties",
    "doc",
    "eml",
    "msg",
    "pptx",
    "ppt",
    "xml",
    "epub",
];

/// A server's own idea of what a file is: the extension first, then the media type, else `custom`.
pub(super) fn kind_of(extension: &str, mime: &str) -> &'static str {
    if IMAGES.contains(&extension) || (!is_known(extension) && mime.contains("image")) {
        "image"
    } else if VIDEOS.contains(&extension) || (!is_known(extension) && mime.contains("video")) {
        "video"
    } else if SOUNDS.contains(&extension) || (!is_known(extension) && mime.contains("audio")) {
        "audio"
    } else if DOCUMENTS.contains(&extension) || mime.contains("text") || mime.contains("pdf") {
        "document"
    } else {
        "custom"
    }
}

fn is_known(extension: &str) -> bool {
    [IMAGES, VIDEOS, SOUNDS, DOCUMENTS].iter().any(|list| list.contains(&extension))
}

/// How large an upload may be; the extension alone decides.
pub(super) fn size_limit(extension: &str) -> u64 {
    if IMAGES.contains(&extension) {
        10 * MIB
    } else if VIDEOS.contains(&extension) {
        100 * MIB
    } else if SOUNDS.contains(&extension) {
        50 * MIB
    } else {
        15 * MIB
    }
}
