//! Random texts and random searches, held against the plain scan.

use flowdeck::model::history::RunFilter;
use proptest::{
    prelude::*,
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{
    desk::{Desk, Given},
    scan::holds,
};

const WORDS: [&str; 18] = [
    "a", "ab", "abc", "abcd", "abcde", "b1", "12", "1234", "合", "合同", "同", "书合", "租", "か", "カタ", "한국",
    "국", "ＡＢ",
];
const BETWEEN: [&str; 6] = ["", " ", "-", "。", "\n", "_"];

fn text(most: usize) -> impl Strategy<Value = String> {
    let piece = (prop::sample::select(&WORDS[..]), prop::sample::select(&BETWEEN[..]));
    prop::collection::vec(piece, 1..most)
        .prop_map(|pieces| pieces.into_iter().map(|(word, between)| format!("{word}{between}")).collect())
}

fn run(number: i64) -> impl Strategy<Value = Given> {
    (text(12), text(4), text(6), any::<bool>()).prop_map(move |(input, output, step, late)| Given {
        id: format!("r{number:03}"),
        app: "a".into(),
        at: if late { -number } else { number },
        input,
        output,
        step,
        ..Given::default()
    })
}

/// What is looked for: text, in quotes, and whether it must not be there.
fn wanted() -> impl Strategy<Value = Vec<(String, bool, bool)>> {
    // A space ends what is not in quotes, and a dash would begin it.
    let one = (text(3), any::<bool>(), prop::bool::weighted(0.2)).prop_map(|(text, quoted, without)| {
        let text = if quoted { text } else { text.replace([' ', '\n'], "") };
        (text.trim_matches(['-', '_', '\n', ' ']).to_owned(), quoted, without)
    });
    prop::collection::vec(one.prop_filter("something", |(text, ..)| !text.is_empty()), 1..4)
}

#[test]
fn random_searches_find_what_a_plain_scan_finds() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    for seed in 1..=3u8 {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        let mut runner =
            TestRunner::new_with_rng(Config { cases: 250, failure_persistence: None, ..Config::default() }, rng);
        let corpus: Vec<Given> =
            (0..60).map(|number| run(number).new_tree(&mut runner).expect("a run").current()).collect();
        let desk = runtime.block_on(async {
            let desk = Desk::new().await;
            desk.add_all(&corpus).await;
            // A search waits for no more than a moment's work, which this is not on a busy computer.
            desk.store.index_all().await.expect("indexed");
            desk
        });
        let outcome = runner.run(&wanted(), |wanted| {
            let query: Vec<String> = wanted
                .iter()
                .map(|(text, quoted, without)| {
                    let dash = if *without { "-" } else { "" };
                    if *quoted { format!("{dash}\"{text}\"") } else { format!("{dash}{text}") }
                })
                .collect();
            let query = query.join(" ");
            let fits = |given: &&Given| {
                wanted.iter().all(|(text, quoted, without)| {
                    let found = given.texts().iter().any(|own| holds(own, text, *quoted));
                    found != *without
                })
            };
            let mut expected: Vec<&Given> = corpus.iter().filter(fits).collect();
            expected.sort_by_key(|given| std::cmp::Reverse((given.at, given.id.clone())));
            let expected: Vec<&String> = expected.into_iter().map(|given| &given.id).collect();
            let found = runtime.block_on(desk.all(&query, &RunFilter::default(), 9));
            prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{}", query);
            let total = runtime.block_on(desk.counts(&query, &RunFilter::default())).total;
            prop_assert_eq!(total as usize, found.len(), "counted: {}", query);
            Ok(())
        });
        outcome.expect("both agree");
    }
}
