//! The app's API key on its way from the keychain to the `Authorization` header.

use std::fmt;

/// An app's API key. It has no `Serialize`, and printing it shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

/// Why a text cannot be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("the key is empty")]
    Empty,
    #[error("the key holds characters that cannot be sent")]
    Characters,
    #[error("the key is far longer than any key")]
    TooLong,
}

/// Real keys have 28 characters; gateways in front of Dify may use longer ones of their own.
const LONGEST: usize = 4096;

impl Key {
    /// Takes what users paste: with spaces, quotes or commas around it, or with the word `Bearer` still in front.
    pub fn new(pasted: &str) -> Result<Self, KeyError> {
        // Copied out of code or a sentence.
        let around = |c: char| c.is_whitespace() || "\"'`,;，；。“”‘’".contains(c);
        let mut key = pasted.trim_matches(around);
        if let Some((word, rest)) = key.split_once(char::is_whitespace)
            && word.trim_end_matches(':').eq_ignore_ascii_case("bearer")
        {
            key = rest.trim_matches(around);
        }
        if key.is_empty() || key.eq_ignore_ascii_case("bearer") {
            return Err(KeyError::Empty);
        }
        if key.len() > LONGEST {
            return Err(KeyError::TooLong);
        }
        // Anything but visible ASCII would be refused by the header, or cut the header in two.
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(KeyError::Characters);
        }
        Ok(Self(key.to_owned()))
    }

    /// A key for knowledge bases, which no app accepts (api.md §7).
    pub fn is_for_datasets(&self) -> bool {
        self.0.starts_with("dataset-")
    }

    /// The secret itself, for the keychain and the header.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

impl TryFrom<&str> for Key {
    type Error = KeyError;

    fn try_from(pasted: &str) -> Result<Self, KeyError> {
        Self::new(pasted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_users_paste_around_a_key_is_taken_off() {
        for pasted in ["app-1", "  app-1\n", "Bearer app-1", "bearer  app-1 ", "Bearer: app-1", "BEARER\tapp-1"] {
            assert_eq!(Key::new(pasted).as_ref().map(Key::expose), Ok("app-1"), "{pasted:?} holds the key app-1");
        }
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_refused() {
        for (pasted, why) in [
            ("", KeyError::Empty),
            ("  ", KeyError::Empty),
            ("Bearer ", KeyError::Empty),
            ("app-1\nX-Other: 1", KeyError::Characters),
            ("app 1", KeyError::Characters),
            ("app-1\u{0}", KeyError::Characters),
            ("密钥", KeyError::Characters),
        ] {
            assert_eq!(Key::new(pasted), Err(why), "{pasted:?} must not reach a header");
        }
    }

    #[test]
    fn printing_a_key_shows_nothing_of_it() {
        let key = Key::new("app-secret").expect("a usable key");
        assert_eq!(format!("{key:?}"), "<redacted>", "keys end up in logs through Debug");
    }
}
