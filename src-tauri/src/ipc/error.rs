//! Every cause → the page's code, in one table.

use crate::{
    apps, dify, files, keeping, kept, keys, logs,
    model::failure::{Failure, FailureCode as Code, Reason},
    network, out, ready, runs, speech, store,
};

impl Failure {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            detail: None,
            raw: None,
            subject: None,
            reason: None,
            wait: None,
            problems: Vec::new(),
        }
    }

    fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }
}

/// Cloudflare's own limit is counted in minutes (api.md §7).
const GATEWAY_WAIT: u64 = 60;

impl From<dify::Error> for Failure {
    fn from(error: dify::Error) -> Self {
        let mut failure = Self::new(code_of(&error), error.to_string());
        failure.reason = error.reason();
        match error {
            dify::Error::Status { message, retry_after, raw, .. } => {
                let wait = match failure.reason {
                    Some(Reason::GatewayBusy) => Some(retry_after.unwrap_or_default().max(GATEWAY_WAIT)),
                    _ => retry_after.filter(|seconds| *seconds > 0),
                };
                failure.wait = wait.and_then(|seconds| u32::try_from(seconds).ok());
                if failure.reason == Some(Reason::AppBusy) {
                    failure.subject = dify::runs_at_a_time(&message).map(|runs| runs.to_string());
                }
                failure.detail = (!message.is_empty()).then(|| message.into());
                failure.raw = raw.map(Into::into);
            }
            dify::Error::NotDify { title, raw, .. } => {
                failure.detail = title.map(Into::into);
                failure.raw = raw.map(Into::into);
            }
            dify::Error::NotWorkflow { mode } => failure.subject = Some(mode),
            dify::Error::Transport { subject, .. } => failure.subject = subject,
            _ => {}
        }
        failure
    }
}

fn code_of(error: &dify::Error) -> Code {
    use dify::{Error, KeyError};
    if error.is_too_many_requests() {
        return Code::TooManyRequests;
    }
    if error.is_not_published() {
        return Code::NotPublished;
    }
    match error {
        Error::Transport { kind, .. } => kind.code(),
        Error::Status { reason: Some(reason), status, .. } => code_of_reason(*reason, *status),
        Error::Status { status, code, .. } => match (status, code.as_deref()) {
            (_, Some("not_workflow_app")) => Code::NotWorkflowApp,
            (401, _) => Code::KeyRefused,
            (403, _) => Code::AccessDenied,
            (413, _) | (_, Some("file_too_large" | "s3_file_too_large")) => Code::FileTooLarge,
            (415, _) => Code::FileRefused,
            (500.., _) => Code::ServerError,
            _ => Code::Refused,
        },
        Error::NotDify { status: 500.., .. } => Code::ServerError,
        Error::NotDify { .. } => Code::NotDify,
        Error::Decode { .. } | Error::FrameTooLarge { .. } | Error::TooLarge { .. } => Code::NotUnderstood,
        Error::NotWorkflow { .. } => Code::NotWorkflowApp,
        Error::File(kind) => match kind {
            std::io::ErrorKind::NotFound => Code::FileMissing,
            std::io::ErrorKind::StorageFull => Code::DiskFull,
            _ => Code::FileUnreadable,
        },
        Error::Key(KeyError::Empty) => Code::KeyMissing,
        Error::Key(_) => Code::KeyRefused,
        Error::Address => Code::AddressInvalid,
    }
}

fn code_of_reason(reason: Reason, status: u16) -> Code {
    use Reason::*;
    match reason {
        NameUnknown | ConnectionRefused | ConnectionCut => Code::Unreachable,
        HttpsMissing | CertificateExpired | CertificateName => Code::Certificate,
        GatewayTimeout => Code::TimedOut,
        SignInPage | HttpsNeeded => Code::NotDify,
        GatewayDown | GatewayCertificate | PluginService | CodeService | FileStore | ModelDown | ServerFault => {
            Code::ServerError
        }
        GatewayBlocked | KeyNotReceived | AppRemoved | AppAbnormal | ApiDisabled | WorkspaceArchived => {
            Code::AccessDenied
        }
        GatewayBusy | AppBusy | ModelBusy => Code::TooManyRequests,
        GatewayLimit | AudioTooLarge => Code::FileTooLarge,
        KnowledgeKey => Code::KeyRefused,
        FileBlocked | FileName | FileNotReceived | FilePreview | AudioKind => Code::FileRefused,
        // Said to an upload, or to a run that was to get the file.
        FileKind if status == 415 => Code::FileRefused,
        FunctionMissing | AnswerTooLarge | RequestNotUnderstood => Code::NotUnderstood,
        StartsByTrigger | VersionNotInPlan | VersionMissing | VersionDraft | VersionMalformed | WorkflowBroken
        | PlanUsedUp | ModelNotSetUp | ModelQuota | ModelMissing | ModelKey | ModelFailed | ModelTextTooLong
        | ModelContent | WorkflowFailed | CodeFailed | OutputTooLong | RunLimit | StoppedElsewhere | EntryRefused
        | RequestGarbled | FileKind | FileTypeMismatch | FileForgotten | TooManyFiles | LinkNotFetched | SpeechOff
        | VoiceOff | VoiceMissing | AnswerInvalid | AnswerGiven | AnswerTooLate => Code::Refused,
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<keys::Error> for Failure {
    fn from(error: keys::Error) -> Self {
        let code = match &error {
            keys::Error::NoKeychain(_) => Code::KeychainMissing,
            keys::Error::Locked(_) => Code::KeychainLocked,
            keys::Error::Missing => Code::KeyMissing,
        };
        Self::new(code, error.to_string())
    }
}

impl From<apps::Error> for Failure {
    fn from(error: apps::Error) -> Self {
        let message = error.to_string();
        match error {
            apps::Error::Dify(error) => error.into(),
            apps::Error::Keys(error) => error.into(),
            apps::Error::Store(error) => error.into(),
            apps::Error::Network(error) => error.into(),
            apps::Error::PlainHttp(address) => Self::new(Code::PlainHttp, message).about(address),
            apps::Error::WorkflowId => Self::new(Code::WorkflowIdInvalid, message),
            apps::Error::User => Self::new(Code::UserInvalid, message),
            apps::Error::Address => Self::new(Code::AddressInvalid, message),
            apps::Error::BetterAddress(better) => Self::new(Code::NotDify, message).about(better),
            apps::Error::AlreadyConnected(id) => Self::new(Code::AlreadyConnected, message).about(id.0),
            apps::Error::Cancelled => Self::new(Code::Cancelled, message),
            apps::Error::Demo(_) => Self::new(Code::Demo, message),
        }
    }
}

impl From<network::Error> for Failure {
    fn from(error: network::Error) -> Self {
        use dify::CertificateError;
        let message = error.to_string();
        match error {
            network::Error::Store(error) => error.into(),
            network::Error::Keys(error) => error.into(),
            network::Error::ProxyAddress => Self::new(Code::ProxyAddressInvalid, message),
            network::Error::Certificates(CertificateError::None) => Self::new(Code::NoCertificate, message),
            network::Error::Certificates(CertificateError::PrivateKey) => Self::new(Code::PrivateKey, message),
            network::Error::Certificates(CertificateError::Expired(at)) => {
                Self::new(Code::CertificateExpired, message).about(at.to_string())
            }
        }
    }
}

impl From<files::Error> for Failure {
    fn from(error: files::Error) -> Self {
        let message = error.to_string();
        match error {
            files::Error::Dify(error) => match Self::from(error) {
                // What an upload is refused for is the file, in the server's words.
                failure if failure.code == Code::Refused && failure.reason.is_none() => {
                    Self { code: Code::FileRefused, ..failure }
                }
                failure => failure,
            },
            files::Error::TooLargeOnTheWay { size, error } => Self::from(error).about(size.to_string()),
            files::Error::Missing => Self::new(Code::FileMissing, message),
            files::Error::Unreadable => Self::new(Code::FileUnreadable, message),
            files::Error::CannotShrink => Self::new(Code::FileTooLarge, message),
            files::Error::Cancelled => Self::new(Code::Cancelled, message),
            files::Error::DiskFull => Self::new(Code::DiskFull, message),
            files::Error::ReadOnly => Self::new(Code::DiskReadOnly, message),
            files::Error::CannotOpen(_) => Self::new(Code::CannotOpen, message),
            files::Error::Store(error) => error.into(),
            files::Error::Io(_) => Self::new(Code::FileUnreadable, message),
        }
    }
}

impl From<keeping::Error> for Failure {
    fn from(error: keeping::Error) -> Self {
        let message = error.to_string();
        match error {
            keeping::Error::Store(error) => error.into(),
            keeping::Error::Files(error) => error.into(),
            keeping::Error::Broken(_) => Self::new(Code::BackupBroken, message),
            keeping::Error::Newer => Self::new(Code::BackupNewer, message),
            keeping::Error::Busy => Self::new(Code::BackupBusy, message),
            keeping::Error::Cancelled => Self::new(Code::Cancelled, message),
        }
    }
}

impl From<kept::Error> for Failure {
    fn from(error: kept::Error) -> Self {
        match error {
            kept::Error::Store(error) => error.into(),
            kept::Error::Apps(error) => error.into(),
            kept::Error::Files(error) => error.into(),
        }
    }
}

impl From<ready::Error> for Failure {
    fn from(error: ready::Error) -> Self {
        match error {
            ready::Error::Store(error) => error.into(),
            ready::Error::Apps(error) => error.into(),
            ready::Error::Kept(error) => error.into(),
            ready::Error::Runs(error) => error.into(),
        }
    }
}

impl From<speech::Error> for Failure {
    fn from(error: speech::Error) -> Self {
        match error {
            speech::Error::Store(error) => error.into(),
            speech::Error::Apps(error) => error.into(),
            speech::Error::Files(error) => error.into(),
            speech::Error::Refused(failure) => *failure,
            speech::Error::Nothing => Self::new(Code::NotFound, "no sound is kept, and the app does not speak"),
        }
    }
}

impl From<logs::Error> for Failure {
    fn from(error: logs::Error) -> Self {
        let message = error.to_string();
        match error {
            logs::Error::Store(error) => error.into(),
            logs::Error::Apps(error) => error.into(),
            logs::Error::Runs(error) => error.into(),
            logs::Error::Dify(error) => error.into(),
            logs::Error::NoDetails => Self::new(Code::NoRunDetails, message),
            logs::Error::NoLog | logs::Error::Gone => Self::new(Code::RunGone, message),
        }
    }
}

impl From<out::Error> for Failure {
    fn from(error: out::Error) -> Self {
        let message = error.to_string();
        match error {
            out::Error::Store(error) => error.into(),
            out::Error::Files(error) => error.into(),
            out::Error::NotARun(_) => Self::new(Code::RunFileInvalid, message),
            out::Error::Newer => Self::new(Code::RunFileNewer, message),
            out::Error::TooMuch => Self::new(Code::RunTooLarge, message),
            out::Error::UnderWay => Self::new(Code::RunUnderWay, message),
            out::Error::Cancelled => Self::new(Code::Cancelled, message),
        }
    }
}

impl From<runs::Error> for Failure {
    fn from(error: runs::Error) -> Self {
        match error {
            runs::Error::Files(error) => error.into(),
            runs::Error::Stopped => Self::new(Code::Cancelled, "stopped before it was sent"),
            runs::Error::Form(problems) => {
                Self { problems, ..Self::new(Code::FormInvalid, "the form has things to fix") }
            }
            runs::Error::Apps(error) => error.into(),
            runs::Error::Store(error) => error.into(),
            runs::Error::NotStarted(error) if error.status() == Some(413) => {
                Self { code: Code::InputsTooLarge, reason: None, ..error.into() }
            }
            runs::Error::NotStarted(error) | runs::Error::NotAsked(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_refuse_gets_the_code_the_page_has_words_for() {
        for (status, code, message, expected) in [
            (401, "unauthorized", "Access token is invalid", Code::KeyRefused),
            (403, "forbidden", "The app's API service has been disabled.", Code::AccessDenied),
            (400, "not_workflow_app", "Please check", Code::NotWorkflowApp),
            (400, "app_unavailable", "App unavailable", Code::NotPublished),
            (400, "invalid_param", "Workflow not published", Code::NotPublished),
            (400, "invalid_param", "Too many requests. Please try again later.", Code::TooManyRequests),
            (429, "too_many_requests", "", Code::TooManyRequests),
            (429, "rate_limit_error", "", Code::Refused),
            (413, "file_too_large", "File size exceeded. {message}", Code::FileTooLarge),
            (503, "s3_file_too_large", "", Code::FileTooLarge),
            (415, "unsupported_file_type", "File type not allowed.", Code::FileRefused),
            (400, "invalid_param", "Invalid upload file", Code::Refused),
            (500, "unknown", "Internal Server Error", Code::ServerError),
        ] {
            let error = dify::Error::refused(status, Some(code), message);
            assert_eq!(Failure::from(error).code, expected, "{status} {code} {message}");
        }
    }

    #[test]
    fn a_busy_gateway_is_left_alone_for_a_minute_at_least() {
        let busy = |retry_after| dify::Error::Status {
            status: 429,
            code: None,
            message: "error code: 1015".into(),
            retry_after,
            reason: Some(Reason::GatewayBusy),
            raw: None,
        };
        assert_eq!(Failure::from(busy(None)).wait, Some(60), "it says nothing itself");
        assert_eq!(Failure::from(busy(Some(5))).wait, Some(60), "its window is a minute");
        assert_eq!(Failure::from(busy(Some(90))).wait, Some(90), "and what it says counts when it is longer");
    }
}
