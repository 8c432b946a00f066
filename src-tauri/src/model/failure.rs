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
    pub detail: Option<Box<str>>,
    /// What the server sent, where it says more than the line above: shortened, without key and addresses.
    pub raw: Option<Box<str>>,
    /// What the code or the reason is about: see each.
    pub subject: Option<String>,
    /// What is known beyond the code; the page then has words of its own for it.
    pub reason: Option<Reason>,
    /// Seconds after which trying again makes sense, where that is known.
    pub wait: Option<u32>,
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
    /// Nothing answers there, or the connection did not last.
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
    /// 403, in the server's words in `detail`.
    AccessDenied,
    /// `subject` is the app's mode, such as `chat`.
    NotWorkflowApp,
    NotPublished,
    /// 429, and what servers of 1.12 say with 400 instead.
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
    /// Another program holds the local database.
    StoreLocked,
    /// The local history is being opened; the page hears when it is.
    StoreOpening,
    /// As above, and another program holds it so far.
    StoreHeld,
    /// It is damaged; the next start begins a new one with what can be read of it.
    StoreDamaged,
    /// The local database failed otherwise.
    Store,
    /// Not a backup of this program, or one that is damaged or was changed: nothing of it was taken over.
    BackupBroken,
    /// The backup is of a newer version of this program.
    BackupNewer,
    /// A backup is being made or read already.
    BackupBusy,
    /// No such app, run or file any more.
    NotFound,
    /// The server has cleaned the run up: more than is here cannot be had any more.
    RunGone,
    /// The server is too old to tell of past runs.
    NoRunDetails,
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
    /// Not the file of a run, or one that was tampered with.
    RunFileInvalid,
    /// The file of a run that a newer program wrote.
    RunFileNewer,
    /// It can be sent on when it is over.
    RunUnderWay,
    /// No copy of the program would open a file with all that is kept of it.
    RunTooLarge,
    /// Everything else; never expected.
    Internal,
}

/// What a server's or a gateway's refusal is about, where that can be told for sure: each differs in what it means
/// for the user's work, or in whose job it is. Also why a run failed. The sources are api.md §1.8, §2 and §7, and
/// server-1.12.1.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Reason {
    // The way to the server.
    /// No such host.
    NameUnknown,
    /// The host is there, the port is closed.
    ConnectionRefused,
    /// The connection stood, and broke.
    ConnectionCut,
    /// A sign-in page, or a gateway that asks for a sign-in of its own.
    SignInPage,
    /// http was spoken to an https port.
    HttpsNeeded,
    /// https was spoken to an http port.
    HttpsMissing,
    /// The certificate's time is over, or has not begun.
    CertificateExpired,
    /// The certificate is for another name.
    CertificateName,
    /// The server is a Dify one, and lacks this function.
    FunctionMissing,

    // Gateways and proxies in front of the server.
    /// 502, 503, 520 to 523: the gateway does not reach Dify.
    GatewayDown,
    /// 504, 524: the gateway did not want to wait longer.
    GatewayTimeout,
    /// 525, 526: the gateway does not trust Dify's certificate.
    GatewayCertificate,
    /// 403 without a word of Dify: a firewall.
    GatewayBlocked,
    /// 413 without a word of Dify; of an upload, `subject` is the smallest size in bytes that was refused.
    GatewayLimit,
    /// 429 without a word of Dify.
    GatewayBusy,

    // The key and the app.
    /// The key was sent, and did not arrive.
    KeyNotReceived,
    /// The key is one for a knowledge base.
    KnowledgeKey,
    AppRemoved,
    AppAbnormal,
    ApiDisabled,
    WorkspaceArchived,
    /// The workflow starts by a trigger, not by a form.
    StartsByTrigger,
    /// The server's plan does not allow running a given version.
    VersionNotInPlan,
    VersionMissing,
    VersionDraft,
    VersionMalformed,
    /// The workflow has a step this server does not know, or is put together wrongly.
    WorkflowBroken,

    // How much is allowed.
    /// As many runs of the app as it may have at a time; `subject` is that number, where given.
    AppBusy,
    /// The plan or the quota of the server itself is used up.
    PlanUsedUp,

    // The AI model behind a step.
    ModelNotSetUp,
    ModelQuota,
    ModelMissing,
    ModelKey,
    ModelBusy,
    ModelDown,
    ModelFailed,
    ModelTextTooLong,
    ModelContent,

    // The server itself.
    /// An error that it did not expect: 500, and error events without a code.
    ServerFault,
    /// The service that runs models and tools.
    PluginService,
    /// The service that runs code steps.
    CodeService,
    /// Where the server keeps files.
    FileStore,

    // The workflow's own failures.
    /// It failed, and the server does not say of what.
    WorkflowFailed,
    CodeFailed,
    OutputTooLong,
    /// It ran longer, or for more steps, than the server allows.
    RunLimit,
    /// Nobody here stopped it.
    StoppedElsewhere,
    /// An entry does not fit what the workflow checks at its start.
    EntryRefused,

    // Requests.
    /// What arrived was not what was sent.
    RequestGarbled,
    /// The request is of another generation than the server.
    RequestNotUnderstood,
    /// The answer or one event is larger than this program takes.
    AnswerTooLarge,

    // Files.
    FileKind,
    FileTypeMismatch,
    FileBlocked,
    FileName,
    FileNotReceived,
    /// The server does not know the uploaded file any more.
    FileForgotten,
    FilePreview,
    TooManyFiles,
    LinkNotFetched,

    // Speech.
    SpeechOff,
    VoiceOff,
    VoiceMissing,
    AudioTooLarge,
    AudioKind,

    // Answers to a workflow that asks a person.
    AnswerInvalid,
    AnswerGiven,
    AnswerTooLate,
}
