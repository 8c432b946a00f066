//! A history as long as years of work leave behind.

use flowdeck::store::Store;
use sqlx::{Connection, SqliteConnection};

use crate::flowdeck::Flowdeck;
use crate::page::wait_for;

/// As many as a team has after some years. In an unoptimised build they are written in 5 seconds, and on two busy
/// processors indexed in 65: fewer would not show what this many do to the window.
pub const MANY: i64 = 100_000;
/// Minutes between two of them: they reach a year back.
const APART: i64 = 5;

/// Distinct words, and in which run each stands, counted from the oldest.
pub const RARE_LATIN: (&str, i64) = ("Quokkahaven", 41_234);
pub const RARE_CHINESE: (&str, i64) = ("琥珀", 77_001);
/// In three of them.
pub const FEW: (&str, [i64; 3]) = ("Zephyrine", [12_000, 50_500, 99_990]);
/// Every twentieth.
pub const FAILED: i64 = MANY / 20;

/// Of the run with this number.
pub fn id_of(number: i64) -> String {
    format!("01900000-0000-7000-8000-{number:012}")
}

pub async fn database(flowdeck: &Flowdeck) -> SqliteConnection {
    let url = format!("sqlite://{}", flowdeck.database().display());
    SqliteConnection::connect(&url).await.expect("the program's database")
}

/// Waits until the running program has written down what makes this answer true.
pub async fn stored(flowdeck: &Flowdeck, question: &str) {
    let mut database = database(flowdeck).await;
    let database = tokio::sync::Mutex::new(&mut database);
    let is_so = async || {
        let mut database = database.lock().await;
        let answer = sqlx::query_scalar(sqlx::AssertSqlSafe(question)).fetch_optional(&mut **database).await;
        answer.ok()?.filter(|so: &bool| *so).map(drop)
    };
    wait_for(&format!("it to be stored: {question}"), is_so).await;
}

/// Fills the database of a program that was used once and does not run, and its index of words.
pub async fn fill(flowdeck: &Flowdeck) {
    let mut database = database(flowdeck).await;
    let fill = format!(
        "BEGIN;
        CREATE TEMP TABLE made AS
        WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY} - 1)
        SELECT i, printf('01900000-0000-7000-8000-%012d', i) AS id,
            unixepoch() * 1000 - ({MANY} - i) * {APART} * 60000 AS at,
            json_extract('[\"budget\", \"garden\", \"bridge\", \"library\", \"harbour\", \"school\", \"railway\"]', '$[' || (i * 31 % 7) || ']') AS en,
            json_extract('[\"租赁合同\", \"采购报告\", \"会议纪要\", \"项目预算\", \"年度总结\"]', '$[' || (i * 17 % 5) || ']') AS zh,
            CASE
                WHEN i = {latin_at} THEN 'Far off lies {latin}, where nobody meets.'
                WHEN i = {chinese_at} THEN '展品说明：波罗的海的{chinese}，附照片三张。'
                WHEN i IN ({few_at}) THEN 'The {few} file is closed.'
                -- The signs of the word in the other order, and apart: they are not the word.
                WHEN i % 1000 = 3 THEN '珀琥两字颠倒，琥与珀分开。'
                WHEN i % 2 = 0 THEN 'Please sum up what was decided, and who does it by when.'
                ELSE '请总结各项决定、负责人和期限。'
            END AS said
        FROM n;
        INSERT INTO run (id, app_id, title, status, started_at, finished_at, elapsed, total_tokens, total_steps)
        SELECT id, (SELECT id FROM app ORDER BY position LIMIT 1),
            CASE i % 2 WHEN 0 THEN 'Minutes of the ' || en || ' meeting ' || i ELSE zh || '第' || i || '号' END,
            CASE i % 20 WHEN 7 THEN 'failed' ELSE 'succeeded' END,
            at, at + 1000 + i % 60 * 500, 1 + i % 60 * 0.5, 200 + i % 5000, 4
        FROM made;
        INSERT INTO run_body (run_id, entries, inputs, outputs, notices)
        SELECT id, '{{}}',
            json_array(json_object('variable', 'text', 'label', 'Text', 'value', said, 'isFiles', json('false'))),
            json_object('digest', CASE i % 2 WHEN 0 THEN 'The ' || en || ' group agreed on point ' || i || '.' ELSE zh || '要点：一致同意。' END),
            '[]'
        FROM made;
        -- What these cost is not asked for here.
        DELETE FROM run_uncounted;
        COMMIT;",
        latin = RARE_LATIN.0,
        latin_at = RARE_LATIN.1,
        chinese = RARE_CHINESE.0,
        chinese_at = RARE_CHINESE.1,
        few = FEW.0,
        few_at = FEW.1.map(|at| at.to_string()).join(", "),
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(fill)).execute(&mut database).await.expect("filled");
    database.close().await.expect("closed");
    // As the program does in the background, without its pauses.
    let folder = flowdeck.database().parent().expect("its folder").to_owned();
    let store = Store::open(&folder).await.expect("the program's own store");
    store.index_all().await.expect("indexed");
    store.close().await;
}

/// A few runs of every kind, of the first two apps of a program that does not run: with long names, in both languages,
/// from everywhere, with and without remarks.
pub async fn fill_few(flowdeck: &Flowdeck) {
    let mut database = database(flowdeck).await;
    let fill = "BEGIN;
        CREATE TEMP TABLE made (i, hours, app, title, said, digest, status, origin, error);
        INSERT INTO made VALUES
            (1, 1, 1, 'Lease of the hall, Seestrasse 12', 'Lease agreement about the hall.', '## Summary

The **lease** of the hall runs until 31 March, at 4,200 francs a month.

- Ask the landlord about the roof', 'succeeded', 'here', NULL),
            (2, 2, 1, '租赁合同：海滨路十二号仓库与附属停车场的长期租用条件（第三稿，含律师意见）', '租赁合同，lease', '## 摘要

**租赁合同**有效期至三月三十一日。', 'succeeded', 'here', NULL),
            (3, 3, 1, 'Minutes of the meeting about the harbour, which went on for much longer than anybody had thought', 'The harbour needs a crane.', '', 'failed', 'here', 'The register did not answer.'),
            (4, 30, 2, 'Invoice 4711', 'Invoice over 300 francs', 'It was paid.', 'partly_succeeded', 'here', NULL),
            (5, 31, 2, 'Stopped halfway', 'Nothing', '', 'stopped', 'here', NULL),
            (6, 50, 1, '采购报告第七号', '采购报告，设备三台', '一致同意。', 'succeeded', 'web_app', NULL),
            (7, 51, 1, 'A question of somebody else', 'What about the lease?', 'It ends.', 'succeeded', 'other', NULL),
            (8, 99, 1, 'From a colleague', 'The bridge', 'It was closed in May.', 'succeeded', 'file', NULL),
            (9, 1500, 1, 'Lost in the woods', 'The path', '', 'unknown', 'here', NULL);
        INSERT INTO run (id, app_id, title, status, started_at, finished_at, elapsed, total_tokens, total_steps, origin, error)
        SELECT printf('01900000-0000-7000-8000-%012d', i), (SELECT id FROM app WHERE position = made.app), title, status,
            (unixepoch() - hours * 3600) * 1000, (unixepoch() - hours * 3600 + 9) * 1000, i * 17.3, i * 1234, 4, origin, error
        FROM made;
        INSERT INTO run_body (run_id, entries, inputs, outputs, notices)
        SELECT printf('01900000-0000-7000-8000-%012d', i), '{}',
            json_array(json_object('variable', 'text', 'label', 'Text', 'value', said, 'isFiles', json('false'))),
            CASE digest WHEN '' THEN '{}' ELSE json_object('digest', digest) END, '[]'
        FROM made;
        UPDATE run SET starred = 1, reviewed = 1 WHERE id LIKE '%000001';
        INSERT INTO run_note SELECT id, 'Ask Mr. Keller about the deposit 押金' FROM run WHERE id LIKE '%000001';
        INSERT INTO run_tag SELECT run.id, value FROM run, json_each('[\"lease\", \"2026\", \"租约\"]') WHERE run.id LIKE '%000001';
        INSERT INTO run_tag SELECT id, 'bridge' FROM run WHERE id LIKE '%000008';
        DELETE FROM run_uncounted;
        COMMIT;";
    sqlx::raw_sql(fill).execute(&mut database).await.expect("filled");
    database.close().await.expect("closed");
}
