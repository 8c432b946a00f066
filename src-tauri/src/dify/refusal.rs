//! What a refusal is about: from status, code and words to a [`Reason`], and to the entry of the form that it names.
//!
//! Servers word the same thing in many ways, and give it one code: codes come first, then the sentences that were
//! read in their sources or recorded (api.md §1.8, §2, §7; server-1.12.1.md §2, §4 to §6). What is not known for
//! sure has no reason, and is shown in the server's own words.

use super::file_names::sent_name;
use crate::model::{
    failure::Reason,
    form::{Control, Entries, Entry, FileEntry, Form, Issue, Problem, SchemaFault},
    run::InputShown,
};

/// What a server's error envelope, or its error event, is about.
pub fn of_envelope(status: u16, code: Option<&str>, message: &str) -> Option<Reason> {
    use Reason::*;
    Some(match code.unwrap_or_default() {
        "provider_not_initialize" => ModelNotSetUp,
        "provider_quota_exceeded" => ModelQuota,
        "model_currently_not_support" | "provider_not_support_speech_to_text" => ModelMissing,
        "completion_request_error" => of_run(message, None).unwrap_or(ModelFailed),
        "workflow_request_error" => of_run(message, None).unwrap_or(WorkflowFailed),
        "plugin_runtime_error" => of_run(message, None).unwrap_or(PluginService),
        "workflow_not_found" => VersionMissing,
        "draft_workflow_error" => VersionDraft,
        "workflow_id_format_error" => VersionMalformed,
        "workflow_version_execution_not_allowed" => VersionNotInPlan,
        "trigger_workflow_service_mode_unavailable" => StartsByTrigger,
        "rate_limit_error" => PlanUsedUp,
        "too_many_requests" => return sentence(message),
        "no_file_uploaded" | "too_many_files" | "no_audio_uploaded" => FileNotReceived,
        "unsupported_preview" | "unsupported_estimate" => FilePreview,
        "unsupported_file_type" => FileKind,
        "file_extension_blocked" => FileBlocked,
        "filename_not_exists_error" => FileName,
        "s3_connection_failed" | "s3_permission_denied" => FileStore,
        "audio_too_large" => AudioTooLarge,
        "unsupported_audio_type" => AudioKind,
        "speech_to_text_disabled" => SpeechOff,
        "invalid_form_data" => AnswerInvalid,
        "human_input_form_submitted" => AnswerGiven,
        "human_input_form_expired" => AnswerTooLate,
        "method_not_allowed" => FunctionMissing,
        "unsupported_media_type" => RequestGarbled,
        code => {
            return sentence(message)
                .or_else(|| in_input_form(message).then_some(EntryRefused))
                // What a gateway or the server says of the app's own key is not about a model's.
                .or_else(|| matches!(status, 400 | 500..).then(|| of_run(message, None)).flatten())
                .or((code == "bad_request" && status == 400).then_some(RequestGarbled))
                .or((status == 500).then_some(ServerFault));
        }
    })
}

/// The sentences of 400, 401, 403 and 404, whose codes say no more than their status.
fn sentence(message: &str) -> Option<Reason> {
    use Reason::*;
    let begins = |start: &str| message.starts_with(start);
    let has = |part: &str| message.contains(part);
    Some(match () {
        () if begins("Too many requests") && has("concurrent") => AppBusy,
        () if has("app no longer exists") => AppRemoved,
        () if has("app's status is abnormal") => AppAbnormal,
        () if has("API service has been disabled") => ApiDisabled,
        () if has("workspace's status is archived") => WorkspaceArchived,
        () if begins("Authorization header must") || begins("Authorization scheme must") => KeyNotReceived,
        () if begins("Workflow not found with id") => VersionMissing,
        () if begins("Cannot use draft workflow") => VersionDraft,
        () if begins("Invalid workflow_id format") => VersionMalformed,
        // Pydantic's report on the whole request, and what only a broken client could leave out.
        () if has("validation error for ") || has("validation errors for ") => RequestNotUnderstood,
        () if begins("Arg user must") || begins("transfer_method is required") || begins("No matching enum") => {
            RequestNotUnderstood
        }
        () if begins("Detected file type does not match") => FileTypeMismatch,
        () if begins("File validation failed for file") => FileKind,
        () if begins("Invalid upload file") => FileForgotten,
        () if begins("Number of ") && has("exceeds the maximum limit") => TooManyFiles,
        () if begins("Reached maximum retries") || begins("Invalid file url") => LinkNotFetched,
        () if begins("Filename contains invalid") => FileName,
        () if has("is not allowed for security reasons") => FileBlocked,
        () if begins("TTS is not enabled") => VoiceOff,
        () if begins("Sorry, no voice available") => VoiceMissing,
        () => return None,
    })
}

/// What a page, a text or an empty answer of something in front of the server is about.
pub fn of_gateway(status: u16, text: &str) -> Option<Reason> {
    use Reason::*;
    Some(match status {
        400 | 497 if text.contains("plain HTTP request") => HttpsNeeded,
        401 => SignInPage,
        // 1015 is the number of Cloudflare's rate limit, which also comes with other statuses.
        _ if text.contains("error code: 1015") || text.contains("Error 1015") => GatewayBusy,
        403 => GatewayBlocked,
        408 | 504 | 524 => GatewayTimeout,
        413 => GatewayLimit,
        429 => GatewayBusy,
        502 | 503 | 520..=523 | 530 => GatewayDown,
        525 | 526 => GatewayCertificate,
        _ => return None,
    })
}

/// What kept a TLS connection from being trusted, in rustls' words.
pub fn of_tls(detail: &str) -> Option<Reason> {
    let has = |part: &str| detail.contains(part);
    Some(match () {
        () if has("received corrupt message") => Reason::HttpsMissing,
        () if has("certificate expired") || has("certificate not valid yet") || has(": Expired") => {
            Reason::CertificateExpired
        }
        () if has("not valid for name") || has("NotValidForName") => Reason::CertificateName,
        () => return None,
    })
}

/// Whether a page's title is that of a sign-in page: networks and companies put them before everything.
pub fn is_sign_in(title: &str) -> bool {
    let title = title.to_lowercase();
    ["sign in", "sign-in", "signin", "log in", "log-in", "login", "single sign", "登录", "登陆", "登入", "认证"]
        .iter()
        .any(|word| title.contains(word))
}

/// What a failed run's text is about. The step's type, where it is known, keeps a web request's "too many requests"
/// from being told as the model's.
pub fn of_run(error: &str, node_type: Option<&str>) -> Option<Reason> {
    use Reason::*;
    let text = error.to_lowercase();
    let any = |signs: &[&str]| signs.iter().any(|sign| text.contains(sign));
    if any(&["traceback (most recent call last)"]) {
        return Some(CodeFailed);
    }
    let no_model = ["http-request", "code", "template-transform", "tool", "document-extractor", "list-operator"];
    if !node_type.is_some_and(|kind| no_model.contains(&kind))
        && let Some(reason) = of_model(&text)
    {
        return Some(reason);
    }
    Some(match () {
        () if text.starts_with("failed to execute code") && any(&["sandbox"]) => CodeService,
        () if any(&["failed to request plugin daemon", "plugindaemoninnererror", "plugin daemon is not"]) => {
            PluginService
        }
        () if text.starts_with("the length of output variable") => OutputTooLong,
        () if any(&["maximum execution time exceeded", "maximum execution steps exceeded"])
            || text.starts_with("max steps") =>
        {
            RunLimit
        }
        () if text.starts_with("stopped by user") => StoppedElsewhere,
        () if text.starts_with("json object for '") => EntryRefused,
        () if text.starts_with("unknown node type") => WorkflowBroken,
        () if text.starts_with("error downloading file") || text.starts_with("reached maximum retries") => {
            LinkNotFetched
        }
        () => return None,
    })
}

/// The words of the usual providers, in lower case. A used-up quota often calls itself a rate limit as well.
fn of_model(text: &str) -> Option<Reason> {
    use Reason::*;
    let any = |signs: &[&str]| signs.iter().any(|sign| text.contains(sign));
    Some(match () {
        () if any(&[
            "credentials is not initialized",
            "credentials are not initialized",
            "model is not configured",
        ]) =>
        {
            ModelNotSetUp
        }
        () if any(&[
            "insufficient_quota",
            "exceeded your current quota",
            "quota exceeded",
            "insufficient balance",
            "insufficient credit",
            "credit balance is too low",
            "余额不足",
            "额度不足",
            "欠费",
        ]) =>
        {
            ModelQuota
        }
        () if any(&[
            "incorrect model credentials",
            "incorrect api key",
            "invalid api key",
            "invalid_api_key",
            "invalid x-api-key",
            "authentication_error",
            "] authorization error",
        ]) =>
        {
            ModelKey
        }
        () if any(&[
            "maximum context length",
            "context_length_exceeded",
            "prompt is too long",
            "range of input length should be",
            "input is too long",
        ]) =>
        {
            ModelTextTooLong
        }
        () if any(&[
            "content_filter",
            "content management policy",
            "data_inspection_failed",
            "datainspectionfailed",
        ]) =>
        {
            ModelContent
        }
        () if any(&["rate limit", "rate_limit", "ratelimit", "too many requests", "overloaded_error"]) => ModelBusy,
        () if any(&["model_not_found"])
            || (text.starts_with("provider ") || text.starts_with("model ")) && text.contains(" not exist") =>
        {
            ModelMissing
        }
        () if any(&["] server unavailable error", "] connection error"]) => ModelDown,
        () => return None,
    })
}

/// How many runs of the app there may be at a time, from the sentence that refuses one more.
pub fn runs_at_a_time(message: &str) -> Option<u32> {
    let (_, rest) = message.split_once("concurrent requests allowed for ")?;
    rest.rsplit(' ').next()?.trim_end_matches('.').parse().ok()
}

fn in_input_form(message: &str) -> bool {
    message.contains(" in input form")
}

/// The entries a refusal is about, as problems of the form; none where it names none of them, or where it could be
/// any of several.
///
/// The same for HTTP 400 and for an error event before the run began (api.md §2, §3.4). `shown` is what was sent,
/// which tells the names of files.
pub fn problems(message: &str, form: &Form, entries: &Entries, shown: &[InputShown]) -> Vec<Problem> {
    let problem = |(variable, file_index, issue): (&str, Option<u32>, Issue)| Problem {
        variable: variable.to_owned(),
        file_index,
        issue,
        server: Some(message.to_owned()),
        warning: false,
    };
    let fields = |issue: Issue, places: Vec<(String, Option<u32>)>| {
        places.iter().map(|(variable, index)| problem((variable, *index, issue.clone()))).collect()
    };
    if let Some((variable, rest)) = named(message, form) {
        return vec![problem((variable, None, issue(rest, variable, entries)))];
    }
    if let Some(rest) = message.strip_prefix("JSON object for '")
        && let Some((variable, rest)) = rest.split_once('\'')
        && form.fields.iter().any(|field| field.variable == variable)
    {
        let issue = match rest.split_once("does not match schema: ") {
            Some((_, said)) => {
                let fault = SchemaFault::Other { message: said.to_owned() };
                Issue::JsonSchema { path: String::new(), fault }
            }
            None => Issue::JsonNotAnObject,
        };
        return vec![problem((variable, None, issue))];
    }
    let files = Sent::of(form, entries, shown);
    if let Some(name) = message.strip_prefix("File validation failed for file: ") {
        let found: Vec<_> = files.iter().filter(|sent| sent.is_called(name.trim())).collect();
        return found
            .iter()
            .map(|sent| {
                problem((sent.variable, Some(sent.index), Issue::FileKindRefused { extension: extension(name) }))
            })
            .collect();
    }
    let only = |wanted: fn(&Sent<'_>) -> bool| -> Vec<(String, Option<u32>)> {
        match files.iter().filter(|sent| wanted(sent)).collect::<Vec<_>>().as_slice() {
            [one] => vec![(one.variable.to_owned(), Some(one.index))],
            _ => Vec::new(),
        }
    };
    match sentence(message) {
        // Only single files are compared with what the server detects (server-1.12.1.md §5).
        Some(Reason::FileTypeMismatch) => fields(Issue::FileTypeMismatch, only(|sent| sent.single)),
        Some(Reason::FileForgotten) => fields(Issue::FileForgotten, only(|sent| !sent.link)),
        Some(Reason::LinkNotFetched) => fields(Issue::LinkNotFetched, only(|sent| sent.link)),
        Some(Reason::TooManyFiles) => {
            let max = message.rsplit(' ').next().and_then(|word| word.trim_end_matches('.').parse().ok()).unwrap_or(0);
            let mut over: Vec<&str> = files.iter().filter(|sent| sent.index >= max).map(|sent| sent.variable).collect();
            over.dedup();
            match over.as_slice() {
                [one] => fields(Issue::TooManyFiles { max }, vec![((*one).to_owned(), None)]),
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// The form's variable that a sentence begins with, after a remark on its type, and the rest of the sentence.
fn named<'a>(message: &'a str, form: &'a Form) -> Option<(&'a str, &'a str)> {
    let subject =
        message.strip_prefix("(type '").and_then(|rest| rest.split_once("') ")).map_or(message, |(_, rest)| rest);
    form.fields
        .iter()
        .filter_map(|field| {
            let rest = subject.strip_prefix(field.variable.as_str())?;
            let rest = rest
                .strip_prefix(" in input form ")
                .or_else(|| rest.starts_with(" is required in input form").then_some(rest))?;
            Some((field.variable.as_str(), rest.trim()))
        })
        .max_by_key(|(variable, _)| variable.len())
}

/// What the form check says of one variable (api.md §2, the table's last column).
fn issue(rest: &str, variable: &str, entries: &Entries) -> Issue {
    let number = || rest.split(' ').find_map(|word| word.parse().ok());
    match rest {
        rest if rest.starts_with("is required") => Issue::Required,
        rest if rest.starts_with("must be less than") && rest.ends_with("files") => {
            Issue::TooManyFiles { max: number().unwrap_or(0) }
        }
        rest if rest.starts_with("must be less than") => match entries.get(variable) {
            Some(Entry::Text(text)) => {
                let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
                match number() {
                    Some(max) if length > max => Issue::TooLong { max, length },
                    // It counts otherwise.
                    _ => Issue::Refused,
                }
            }
            _ => Issue::Refused,
        },
        rest if rest.starts_with("must be one of") => Issue::NotAnOption,
        rest if rest.starts_with("must be a valid number") => Issue::NotANumber,
        rest if rest.starts_with("must be a dict") => Issue::JsonNotAnObject,
        // The kind of the field itself has changed: the form is read anew.
        _ => Issue::Refused,
    }
}

/// A file as it was sent.
struct Sent<'a> {
    variable: &'a str,
    index: u32,
    name: &'a str,
    link: bool,
    /// Of a field for one file.
    single: bool,
}

impl<'a> Sent<'a> {
    fn of(form: &'a Form, entries: &'a Entries, shown: &'a [InputShown]) -> Vec<Self> {
        let mut sent = Vec::new();
        for field in &form.fields {
            let single = matches!(field.control, Control::File { .. });
            if !single && !matches!(field.control, Control::FileList { .. }) {
                continue;
            }
            let Some(Entry::Files(files)) = entries.get(&field.variable) else { continue };
            let names = shown.iter().find(|input| input.variable == field.variable).map(|input| &input.value);
            for (index, file) in (0u32..).zip(files) {
                let name = names.and_then(|names| names.get(index as usize)).and_then(|name| name.as_str());
                sent.push(Self {
                    variable: &field.variable,
                    index,
                    name: name.unwrap_or_default(),
                    link: matches!(file, FileEntry::Link(_)),
                    single,
                });
            }
        }
        sent
    }

    /// Uploads are known there by their sent name, which differs with the server's age, links by the last part of their path.
    fn is_called(&self, name: &str) -> bool {
        if self.link {
            let path = self.name.split(['?', '#']).next().unwrap_or_default();
            return path.rsplit('/').next() == Some(name);
        }
        sent_name(self.name) == sent_name(name)
    }
}

fn extension(name: &str) -> String {
    crate::model::check::extension_of(name.trim())
}

#[cfg(test)]
mod tests;
