//! What an error means for a run: whether anything ran, why it ended by it, and what is said of it.

use crate::{
    dify,
    model::{
        failure::{FailureCode, NetworkTrouble, Reason},
        run::RunErrorCause,
    },
};

/// Whether the server surely did nothing: it was not reached, or refused with a 4xx.
pub(super) fn never_ran(error: &dify::Error) -> bool {
    error.is_not_reached()
        || error.reason() == Some(Reason::SignInPage)
        // 408 comes from gateways that did not want to wait: the workflow may be running.
        || error.status().is_some_and(|status| (400..500).contains(&status) && status != 408)
        || matches!(error, dify::Error::Key(_) | dify::Error::Address)
}

/// Why a run ended without the server's own word on it.
pub(super) fn cause_of(error: &dify::Error) -> RunErrorCause {
    match error {
        error if error.is_not_reached() => RunErrorCause::NotReached,
        // A gateway gave up waiting, or the server is restarting: the workflow may be running all the same.
        dify::Error::Status { status: 501.., code: None, .. } | dify::Error::NotDify { status: 501.., .. } => {
            RunErrorCause::Lost
        }
        dify::Error::Transport { .. } => RunErrorCause::Lost,
        dify::Error::Status { status: 500.., .. } | dify::Error::NotDify { status: 500, .. } => RunErrorCause::Workflow,
        dify::Error::Status { .. } => RunErrorCause::Refused,
        _ => RunErrorCause::NotUnderstood,
    }
}

/// What was in the way when this was asked and not answered.
pub(super) fn trouble_of(error: &dify::Error) -> Option<NetworkTrouble> {
    let code = match error {
        error if error.is_unauthorized() => FailureCode::KeyRefused,
        error if error.is_too_many_requests() => FailureCode::TooManyRequests,
        error if error.status().is_some_and(|status| status >= 500) => FailureCode::ServerError,
        error => return error.trouble(),
    };
    Some(NetworkTrouble { code, subject: None })
}

/// A gateway answered in the server's place: that says nothing once the server itself does.
pub(super) fn is_of_gateway(error: &dify::Error) -> bool {
    error.status().is_some() && cause_of(error) == RunErrorCause::Lost
}

/// What an error says to a reader: the server's own words where there are any.
pub(super) fn words_of(error: &dify::Error) -> String {
    match error {
        dify::Error::Status { message, .. } if !message.is_empty() => message.clone(),
        error => error.to_string(),
    }
}
