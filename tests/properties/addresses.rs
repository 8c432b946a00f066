//! What users paste: addresses that can be called, or a reason, and never more than a handful.

use proptest::{collection::vec, prelude::*, sample::select};

use crate::{config, dify::probe_addresses};

/// Pieces of addresses in any order: more telling than random characters.
fn pasted() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "https://",
        "http://",
        "HTTP://",
        "ftp://",
        "dify.example.com",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "192.168.1.5",
        ":8443",
        ":99999",
        ":",
        "/",
        "/v1",
        "/v1/",
        "/app/0b1c",
        "/workflow/x",
        "/info",
        "?a=b",
        "#c",
        "user:secret@",
        " ",
        "\n",
        "\"",
        "'",
        "curl -X POST ",
        "：",
        "／",
        "。",
        "\u{feff}",
        "\u{202e}",
        "知识",
        "..",
        "%2F",
        "\\",
        "@",
    ]);
    prop_oneof![vec(piece, 0..9).prop_map(|pieces| pieces.concat()), "\\PC{0,60}", any::<String>()]
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn whatever_is_pasted_becomes_a_few_addresses_or_a_reason(text in pasted()) {
        let Ok(candidates) = probe_addresses(&text) else { return Ok(()) };
        prop_assert!((1..=6).contains(&candidates.len()), "{} candidates", candidates.len());
        for url in &candidates {
            prop_assert!(matches!(url.scheme(), "http" | "https"), "{} cannot be called", url);
            prop_assert!(url.has_host(), "{} has no host", url);
            prop_assert!(url.username().is_empty() && url.password().is_none(), "{} would displace the key", url);
            prop_assert!(url.query().is_none() && url.fragment().is_none(), "{} is no base address", url);
        }
        let again = probe_addresses(candidates[0].as_str()).map(|again| again.contains(&candidates[0]));
        prop_assert_eq!(again, Ok(true), "what was found is found again");
    }
}
