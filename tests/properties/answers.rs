//! Answers, spoilt: every call of the client reads them or says why not, and no error repeats the key.

use std::{cell::LazyCell, sync::LazyLock};

use proptest::{prelude::*, sample::Index};

#[path = "../../fuzz/src/server.rs"]
pub mod desk;

use desk::{CALLS, Desk, STATUSES, TYPES};

use crate::{
    config,
    recording::{Recording, names},
    spoil::{harms, spoilt},
};

static BODIES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    names(&["detail_", "info_", "logs_", "nginx_", "root", "stop_", "up_", "run_echo", "run_human", "llm_blocking"])
        .into_iter()
        .map(|name| Recording::load(&name).body())
        .filter(|body| (1..8000).contains(&body.len()))
        .collect()
});

thread_local! {
    static DESK: LazyCell<Desk> = const { LazyCell::new(Desk::new) };
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn every_call_survives_any_answer(
        call in 0..CALLS.len(),
        status in prop_oneof![Just(0_usize), 0..STATUSES.len()],
        kind in prop_oneof![Just(0_usize), 0..TYPES.len()],
        body in any::<Index>(),
        harms in prop_oneof![Just(Vec::new()), harms()],
    ) {
        let body = spoilt(body.get::<Vec<u8>>(&BODIES), &harms);
        let [call, status, kind] = [call, status, kind].map(|chosen| u8::try_from(chosen).unwrap_or(0));
        let told = DESK.with(|desk| desk.ask(call, status, kind, &body));
        prop_assert!(!told.contains(desk::KEY), "the key stands in {}", told);
        prop_assert!(told.len() <= 64 * body.len() + 64 * 1024, "{} bytes became {}", body.len(), told.len());
    }
}
