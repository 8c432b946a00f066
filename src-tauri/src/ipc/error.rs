//! Every cause → the page's code, in one table.

use crate::{
    apps, dify, files, keys,
    model::failure::{Failure, FailureCode as Code},
    network, runs, store,
};

impl Failure {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: None, subject: None, problems: Vec::new() }
    }

    fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    fn with_detail(mut self, detail: Option<String>) -> Self {
        self.detail = detail.filter(|detail| !detail.is_empty());
        self
    }
}

impl From<dify::Error> for Failure {
    fn from(error: dify::Error) -> Self {
        let message = error.to_string();
        if error.is_too_many_requests() {
            let wait = match &error {
                dify::Error::Status { retry_after, .. } => retry_after.map(|seconds| seconds.to_string()),
                _ => None,
            };
            return Self { subject: wait, ..Self::new(Code::TooManyRequests, message) };
        }
        if error.is_not_published() {
            return Self::new(Code::NotPublished, message);
        }
        match error {
            dify::Error::Transport { kind, subject, .. } => Self { subject, ..Self::new(kind.code(), message) },
            dify::Error::Status { status, code, message: words, .. } => {
                let failure = match (status, code.as_deref()) {
                    (_, Some("not_workflow_app")) => Self::new(Code::NotWorkflowApp, message),
                    (401, _) => Self::new(Code::KeyRefused, message),
                    (403, _) => Self::new(Code::AccessDenied, message),
                    (413, _) => Self::new(Code::FileTooLarge, message),
                    (415, _) | (_, Some("file_extension_blocked" | "filename_not_exists_error")) => {
                        Self::new(Code::FileRefused, message)
                    }
                    (500.., _) => Self::new(Code::ServerError, message),
                    _ => Self::new(Code::Refused, message),
                };
                failure.with_detail(Some(words))
            }
            dify::Error::NotDify { status: 500.., title, .. } => {
                Self::new(Code::ServerError, message).with_detail(title)
            }
            dify::Error::NotDify { title, .. } => Self::new(Code::NotDify, message).with_detail(title),
            dify::Error::Decode { .. } | dify::Error::FrameTooLarge { .. } | dify::Error::TooLarge { .. } => {
                Self::new(Code::NotUnderstood, message)
            }
            dify::Error::NotWorkflow { mode } => Self::new(Code::NotWorkflowApp, message).about(mode),
            dify::Error::File(kind) => Self::new(
                match kind {
                    std::io::ErrorKind::NotFound => Code::FileMissing,
                    std::io::ErrorKind::StorageFull => Code::DiskFull,
                    _ => Code::FileUnreadable,
                },
                message,
            ),
            dify::Error::Key(dify::KeyError::Empty) => Self::new(Code::KeyMissing, message),
            dify::Error::Key(_) => Self::new(Code::KeyRefused, message),
            dify::Error::Address => Self::new(Code::AddressInvalid, message),
        }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        let code = match &error {
            store::Error::DiskFull => Code::DiskFull,
            store::Error::ReadOnly => Code::DiskReadOnly,
            store::Error::NotFound => Code::NotFound,
            store::Error::Busy => Code::AlreadyOpen,
            store::Error::Other(_) => Code::Store,
        };
        Self::new(code, error.to_string())
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
            files::Error::Dify(error @ dify::Error::Status { status: 400, .. }) => {
                // A 400 to an upload is about this file, in the server's words.
                Self { code: Code::FileRefused, ..error.into() }
            }
            files::Error::Dify(error) => error.into(),
            files::Error::Missing => Self::new(Code::FileMissing, message),
            files::Error::Unreadable => Self::new(Code::FileUnreadable, message),
            files::Error::Cancelled => Self::new(Code::Cancelled, message),
            files::Error::DiskFull => Self::new(Code::DiskFull, message),
            files::Error::ReadOnly => Self::new(Code::DiskReadOnly, message),
            files::Error::CannotOpen(_) => Self::new(Code::CannotOpen, message),
            files::Error::Io(_) => Self::new(Code::FileUnreadable, message),
        }
    }
}

impl From<runs::Error> for Failure {
    fn from(error: runs::Error) -> Self {
        match error {
            runs::Error::Form(problems) => {
                Self { problems, ..Self::new(Code::FormInvalid, "the form has things to fix") }
            }
            runs::Error::Apps(error) => error.into(),
            runs::Error::Store(error) => error.into(),
            runs::Error::NotStarted(error) if error.status() == Some(413) => {
                Self { code: Code::InputsTooLarge, ..error.into() }
            }
            runs::Error::NotStarted(error) | runs::Error::NotAsked(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, code: &str, message: &str) -> dify::Error {
        dify::Error::Status { status, code: Some(code.into()), message: message.into(), retry_after: Some(24) }
    }

    #[test]
    fn what_servers_refuse_gets_the_code_the_page_has_words_for() {
        for (error, code) in [
            (status(401, "unauthorized", "Access token is invalid"), Code::KeyRefused),
            (status(403, "forbidden", "The app's API service has been disabled."), Code::AccessDenied),
            (status(400, "not_workflow_app", "Please check"), Code::NotWorkflowApp),
            (status(400, "app_unavailable", "App unavailable"), Code::NotPublished),
            (status(400, "invalid_param", "Workflow not published"), Code::NotPublished),
            (status(400, "invalid_param", "Too many requests. Please try again later."), Code::TooManyRequests),
            (status(429, "too_many_requests", ""), Code::TooManyRequests),
            (status(413, "file_too_large", "File size exceeded. {message}"), Code::FileTooLarge),
            (status(415, "unsupported_file_type", "File type not allowed."), Code::FileRefused),
            (status(400, "invalid_param", "Invalid upload file"), Code::Refused),
            (status(500, "unknown", "Internal Server Error"), Code::ServerError),
        ] {
            let told = error.to_string();
            assert_eq!(Failure::from(error).code, code, "{told}");
        }
    }

    #[test]
    fn a_wait_that_the_server_names_reaches_the_page() {
        let failure = Failure::from(status(429, "too_many_requests", "wait"));
        assert_eq!(failure.subject.as_deref(), Some("24"));
    }
}
