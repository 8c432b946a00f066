//! Keys in the real keychain of the session. `cargo xtask test` gives the tests a session with one.

use flowdeck::{
    keys::{Error, Keys, Secret},
    model::app::KeepKey,
};

fn secret(text: &str) -> Secret {
    Secret::new(text.into())
}

#[tokio::test]
async fn a_key_is_kept_replaced_and_removed_and_another_start_finds_it() {
    let service = format!("flowdeck-test-{}", std::process::id());
    let keys = Keys::new(&service);
    let kept = keys.keep("app", secret("app-first"), KeepKey::Keychain).await;
    if std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_none() && cfg!(target_os = "linux") {
        // Without a session there is no keychain, and that must be said rather than waited for.
        assert!(matches!(kept, Err(Error::NoKeychain(_))), "{kept:?}");
        return;
    }
    kept.expect("kept");
    assert_eq!(Keys::new(&service).fetch("app").await.expect("found").reveal(), "app-first");
    keys.keep("app", secret("app-second"), KeepKey::Keychain).await.expect("replaced");
    assert_eq!(Keys::new(&service).fetch("app").await.expect("found").reveal(), "app-second");

    keys.keep("app", secret("app-third"), KeepKey::Session).await.expect("kept in memory");
    assert_eq!(keys.fetch("app").await.expect("found").reveal(), "app-third");
    let elsewhere = Keys::new(&service).fetch("app").await;
    assert!(matches!(elsewhere, Err(Error::Missing)), "the replaced key is gone from the keychain: {elsewhere:?}");

    keys.remove("app").await.expect("removed");
    assert!(matches!(keys.fetch("app").await, Err(Error::Missing)));
    keys.remove("app").await.expect("removing nothing is fine");
}

#[tokio::test]
async fn a_key_for_this_session_needs_no_keychain() {
    let keys = Keys::new("flowdeck-test-session");
    keys.keep("app", secret("app-x"), KeepKey::Session).await.expect("kept");
    assert_eq!(keys.fetch("app").await.expect("found").reveal(), "app-x");
}

#[test]
fn printing_a_key_shows_nothing_of_it() {
    assert_eq!(format!("{:?}", secret("app-x")), "<redacted>");
}
