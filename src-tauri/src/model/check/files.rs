//! The rules of file fields: what is refused before a byte is sent, and what the user is told although servers take it.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Fields, Issues, one};
use crate::model::{
    file::{FileKind, SizeLimits, StagedFile, StagedId, StagedState, TransferMethod},
    form::{Control, Entries, Entry, Field, FileEntry, FileRules, Form, Issue, Problem},
};

impl<F: Fn(&StagedId) -> Option<StagedFile>> Fields<'_, F> {
    pub(super) fn files(&mut self, entry: Option<&Entry>, rules: &FileRules, max: u32) -> Result<Vec<Value>, Issues> {
        let files = match entry {
            Some(Entry::Files(files)) => files.as_slice(),
            _ => &[],
        };
        if files.is_empty() {
            return self.empty().map(|_| Vec::new()).map_err(one);
        }
        if files.len() > max as usize {
            return Err(one(Issue::TooManyFiles { max }));
        }
        let mut values = Vec::new();
        let mut issues = Issues::new();
        for (index, file) in (0u32..).zip(files) {
            match self.file(file, rules) {
                Ok(value) => values.push(value),
                Err(issue) => issues.push((Some(index), issue)),
            }
        }
        if issues.is_empty() { Ok(values) } else { Err(issues) }
    }

    fn file(&mut self, file: &FileEntry, rules: &FileRules) -> Result<Value, Issue> {
        match file {
            FileEntry::Link(link) => {
                let url = url::Url::parse(link.trim()).map_err(|_| Issue::LinkNotHttp)?;
                if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
                    return Err(Issue::LinkNotHttp);
                }
                if !rules.methods.contains(&TransferMethod::RemoteUrl) {
                    return Err(Issue::LinkRefused);
                }
                let extension = extension_of(url.path());
                // A link whose name tells nothing (".aspx", ".00001") may still be the right kind: the server looks.
                let derived = FileKind::derive(&extension, "");
                let kind = accepted_kind(rules, derived, &extension)
                    .or_else(|| rules.kinds.first().copied().filter(|_| derived == FileKind::Custom))
                    .ok_or(Issue::FileKindRefused { extension })?;
                self.names.push(link.trim().to_owned());
                Ok(json!({ "type": kind.as_str(), "transfer_method": "remote_url", "url": url.as_str() }))
            }
            FileEntry::Staged(id) => {
                let file = (self.staged)(id).ok_or(Issue::FileMissing)?;
                let kind = check_file(rules, self.limits, &file)?;
                let StagedState::Uploaded { upload_file_id } = &file.state else {
                    return Err(Issue::FileNotUploaded);
                };
                self.names.push(file.name.clone());
                Ok(json!({
                    "type": kind.as_str(), "transfer_method": "local_file", "upload_file_id": upload_file_id
                }))
            }
        }
    }
}

/// What can be said of a file before a byte is sent; gives the kind to name it by.
pub fn check_file(rules: &FileRules, limits: &SizeLimits, file: &StagedFile) -> Result<FileKind, Issue> {
    match file.state {
        StagedState::Unreadable => return Err(Issue::FileUnreadable),
        StagedState::Empty => return Err(Issue::FileEmpty),
        StagedState::Gone => return Err(Issue::FileMissing),
        _ => {}
    }
    let kind = accepted_kind(rules, file.kind, &file.extension)
        .ok_or_else(|| Issue::FileKindRefused { extension: file.extension.clone() })?;
    let limit = limits.of(file.kind);
    if file.size > limit {
        let can_shrink = file.kind == FileKind::Image && FileKind::can_shrink(&file.extension);
        return Err(Issue::FileTooLarge { size: file.size, limit, can_shrink });
    }
    Ok(kind)
}

/// The `type` to send: the derived kind if the field takes it, else `custom` if the extension is
/// listed (api.md §2, "custom").
fn accepted_kind(rules: &FileRules, derived: FileKind, extension: &str) -> Option<FileKind> {
    let custom = rules.kinds.contains(&FileKind::Custom)
        && (rules.extensions.iter().any(|allowed| allowed == extension)
            || (rules.extensions.is_empty() && derived == FileKind::Custom));
    if rules.kinds.is_empty() || (derived != FileKind::Custom && rules.kinds.contains(&derived)) {
        Some(derived)
    } else if custom {
        Some(FileKind::Custom)
    } else {
        None
    }
}

/// Extension of a file name or URL path, lower case without the dot; empty if there is none.
pub fn extension_of(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension.to_lowercase(),
        _ => String::new(),
    }
}

/// The files of a form that are worth looking into: not those of a field that has more than it takes.
pub fn worth_a_look(form: &Form, entries: &Entries) -> Vec<StagedId> {
    let of_field = |field: &Field| {
        let most = match field.control {
            Control::File { .. } => 1,
            Control::FileList { max_count, .. } => max_count as usize,
            _ => return Vec::new(),
        };
        let ids: Vec<StagedId> = entries.get(&field.variable).into_iter().flat_map(Entry::staged).cloned().collect();
        if ids.len() <= most { ids } else { Vec::new() }
    };
    form.fields.iter().flat_map(of_field).collect()
}

/// What servers take and users hardly mean: files that open with a password only, and the same file twice. Said of
/// files with which nothing else is wrong; none of it keeps a run from being started.
pub fn warnings(form: &Form, entries: &Entries, staged: impl Fn(&StagedId) -> Option<StagedFile>) -> Vec<Problem> {
    let mut firsts: HashMap<u32, (&str, u32)> = HashMap::new();
    let mut warnings = Vec::new();
    for field in &form.fields {
        let (Control::File { rules } | Control::FileList { rules, .. }) = &field.control else { continue };
        let Some(Entry::Files(files)) = entries.get(&field.variable) else { continue };
        for (index, file) in (0u32..).zip(files) {
            let FileEntry::Staged(id) = file else { continue };
            let Some(file) = staged(id).filter(|file| check_file(rules, &form.limits, file).is_ok()) else { continue };
            let Some(found) = file.found else { continue };
            let first = found.alike.and_then(|alike| match firsts.get(&alike) {
                Some(first) => Some(*first),
                None => {
                    firsts.insert(alike, (&field.variable, index));
                    None
                }
            });
            let issue = match first {
                Some((variable, index)) => Issue::FileTwice { variable: variable.to_owned(), index },
                None if found.locked => Issue::FileLocked,
                None => continue,
            };
            warnings.push(Problem {
                variable: field.variable.clone(),
                file_index: Some(index),
                issue,
                server: None,
                warning: true,
            });
        }
    }
    warnings
}

#[cfg(test)]
mod tests;
