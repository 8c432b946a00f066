//! What goes wrong in a command, as the page hears it.

use serde::{Deserialize, Serialize};

use super::form::Problem;

/// A refused or failed command. The page's text comes from `code`; `message` and `detail` are
/// shown folded, and hold no key, no input and no address beyond what the user typed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Failure {
    pub code: FailureCode,
    /// One line for support, in English.
    pub message: String,
    /// More of it, such as the server's own words and the HTTP status.
    pub detail: Option<String>,
    /// What the code is about: see each code.
    pub subject: Option<String>,
    /// Things to fix in the form; with `FormInvalid` only.
    pub problems: Vec<Problem>,
}

/// What happened on the way to a server, as the page words it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct NetworkTrouble {
    pub code: FailureCode,
    /// What the code is about: see each code.
    pub subject: Option<String>,
}

/// A code exists only if the page treats it differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum FailureCode {
    /// Not an http(s) address.
    AddressInvalid,
    /// Nothing answers there: name unknown, refused, network down.
    Unreachable,
    /// No connection in time; `subject` is the number of seconds, as in the three that follow.
    ConnectTimedOut,
    /// A connection, but no answer.
    TimedOut,
    /// An answer began and then stood still.
    WentSilent,
    /// The server stopped taking a file.
    UploadStalled,
    /// `subject` is the proxy, such as `proxy.example:3128`, as in the three that follow.
    ProxyUnreachable,
    ProxyLoginNeeded,
    ProxyLoginRefused,
    /// The proxy opens no way to this server.
    ProxyRefused,
    /// Not encrypted, and the user has not agreed to that; `subject` is the address to agree to.
    PlainHttp,
    /// The server sends on to another place, where the key does not go; `subject` is its origin, where given.
    Moved,
    /// The TLS certificate is not trusted.
    Certificate,
    /// Something answers, but not Dify; `subject` is a better address where one was found.
    NotDify,
    /// No key was given, or none is stored.
    KeyMissing,
    /// 401.
    KeyRefused,
    /// 403: app gone, disabled, archived; the server's sentence is in `detail`.
    AccessDenied,
    /// `subject` is the app's mode, such as `chat`.
    NotWorkflowApp,
    NotPublished,
    /// 429; `subject` is the number of seconds to wait, where given.
    TooManyRequests,
    /// Another refusal of the server, in its own words in `detail`.
    Refused,
    /// 5xx.
    ServerError,
    /// An answer that cannot be read, such as malformed /parameters.
    NotUnderstood,
    /// `subject` is the id of the app that is there already.
    AlreadyConnected,
    KeychainLocked,
    KeychainMissing,
    /// See `problems`.
    FormInvalid,
    /// The file vanished since it was chosen.
    FileMissing,
    FileUnreadable,
    /// The server refused the file, in its own words in `detail`.
    FileRefused,
    FileTooLarge,
    /// 413 to the start of a run: the inputs as a whole are more than the server takes.
    InputsTooLarge,
    /// The user broke off an upload or a connect.
    Cancelled,
    DiskFull,
    DiskReadOnly,
    /// Another Flowdeck has the local history open.
    AlreadyOpen,
    /// The local database failed otherwise.
    Store,
    /// No such app, run or file any more.
    NotFound,
    /// The demo could not be started.
    Demo,
    /// The system has no program for this kind of file.
    CannotOpen,
    /// Not the address of a proxy.
    ProxyAddressInvalid,
    /// A chosen file holds no certificate.
    NoCertificate,
    /// It holds a private key and no certificate.
    PrivateKey,
    /// All its certificates have expired; `subject` is when, in ms.
    CertificateExpired,
    /// Not usable as the `user` of requests.
    UserInvalid,
    /// Not the id of a workflow's version.
    WorkflowIdInvalid,
    /// Everything else; never expected.
    Internal,
}
