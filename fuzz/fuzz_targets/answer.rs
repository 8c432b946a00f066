//! An answer of any status and kind → the real client, over a socket: every call reads it or says why not.
//!
//! The first three bytes of an input choose the call, the status and the content type; the rest is the body.
#![no_main]

use std::cell::OnceCell;

use flowdeck_fuzz::server::Desk;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static DESK: OnceCell<Desk> = const { OnceCell::new() };
}

fuzz_target!(|data: &[u8]| {
    let Some((chosen, body)) = data.split_first_chunk::<3>() else { return };
    DESK.with(|desk| {
        let told = desk.get_or_init(Desk::new).ask(chosen[0], chosen[1], chosen[2], body);
        // What comes out of an answer may be larger than it, as Rust writes it, but not without measure.
        assert!(told.len() <= 64 * body.len() + 64 * 1024, "{} bytes became {}", body.len(), told.len());
    });
});
