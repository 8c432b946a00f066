//! What else could be asked for the same runs: LIKE over the stored texts, FTS5 with trigrams, and tantivy. Of them the newest
//! fifty ids are asked for, without rows and snippets.

use std::{path::Path, time::Instant};

use sqlx::{Connection, SqliteConnection};

use super::{
    Times,
    queries::{Class, Queries},
    tantivy::Tantivy,
    world::{World, said},
};
use crate::measure::Results;

/// LIKE reads everything each time.
const FEW: usize = 20;

pub async fn measure(size: &str, world: &World, queries: &Queries, results: &mut Results) -> Result<(), String> {
    let own = |results: &Results, class: Class| results.of_name(&format!("search.{size}.{}.p95_ms", class.name()));
    let own_p50 = |results: &Results, class: Class| results.of_name(&format!("search.{size}.{}.p50_ms", class.name()));
    let mut connection = world.connection().await?;
    for class in [Class::LatinRare, Class::ChineseRare] {
        let times = like(&queries.of(class)[..FEW], &mut connection).await?;
        // The middle beside the middle: so few searches by LIKE have no p95.
        let value = own_p50(results, class).unwrap_or_default();
        results.ratio(
            &format!("search.{size}.{}.like", class.name()),
            value,
            "ms",
            "LIKE, p50",
            times.at(0.5),
            Some(0.01),
        );
    }
    let begun = Instant::now();
    let mut trigrams = trigrams(world, &mut connection).await?;
    let bytes: i64 =
        sqlx::query_scalar("SELECT sum(length(block)) FROM texts_data").fetch_one(&mut trigrams).await.map_err(said)?;
    println!("Trigrams: built in {:.0} s, {:.0} MB.", begun.elapsed().as_secs_f64(), bytes as f64 / 1e6);
    for class in [Class::LatinCommon, Class::LatinRare, Class::LatinTwo, Class::Prefix4, Class::ChinesePhrase] {
        let times = matched(queries.of(class), &mut trigrams).await?;
        let value = own(results, class).unwrap_or_default();
        results.ratio(
            &format!("search.{size}.{}.trigram", class.name()),
            value,
            "ms",
            "trigrams, ids",
            times.at(0.95),
            None,
        );
    }
    trigrams.close().await.map_err(said)?;
    let (begun, folder) = (Instant::now(), world.folder.join("tantivy"));
    let tantivy = Tantivy::of(&mut connection, &folder).await?;
    println!("tantivy: built in {:.0} s, {:.0} MB.", begun.elapsed().as_secs_f64(), weight(&folder)? as f64 / 1e6);
    let whole = [
        Class::LatinCommon,
        Class::LatinRare,
        Class::LatinTwo,
        Class::ChineseCommon,
        Class::ChineseRare,
        Class::ChinesePhrase,
        Class::Both,
    ];
    for class in whole {
        tantivy.times(queries.of(class))?;
        let times = tantivy.times(queries.of(class))?;
        let value = own(results, class).unwrap_or_default();
        let name = format!("search.{size}.{}.tantivy", class.name());
        results.ratio(&name, value, "ms", "tantivy, ids", times.at(0.95), None);
    }
    connection.close().await.map_err(said)
}

/// Bytes of a folder's files.
fn weight(folder: &Path) -> Result<u64, String> {
    std::fs::read_dir(folder)
        .map_err(said)?
        .map(|entry| Ok(entry.and_then(|it| it.metadata()).map_err(said)?.len()))
        .sum()
}

async fn like(searches: &[String], connection: &mut SqliteConnection) -> Result<Times, String> {
    let mut times = Vec::new();
    for search in searches {
        let pattern = format!("%{}%", search.trim_matches('"'));
        let begun = Instant::now();
        sqlx::query("SELECT run_id FROM run_body WHERE inputs LIKE ?1 OR outputs LIKE ?1 ORDER BY rowid DESC LIMIT 50")
            .bind(pattern)
            .fetch_all(&mut *connection)
            .await
            .map_err(said)?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(Times::of(times, 0))
}

/// In a file of its own.
async fn trigrams(world: &World, connection: &mut SqliteConnection) -> Result<SqliteConnection, String> {
    let file = world.folder.join("trigrams.db");
    sqlx::query("ATTACH ? AS t").bind(file.display().to_string()).execute(&mut *connection).await.map_err(said)?;
    sqlx::raw_sql(
        "CREATE VIRTUAL TABLE t.texts USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'trigram'); \
         INSERT INTO t.texts (rowid, text) SELECT rowid, inputs || outputs FROM run_body; \
         INSERT INTO t.texts (texts) VALUES ('optimize'); DETACH t",
    )
    .execute(&mut *connection)
    .await
    .map_err(said)?;
    SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.map_err(said)
}

async fn matched(searches: &[String], connection: &mut SqliteConnection) -> Result<Times, String> {
    let mut times = Vec::new();
    for search in searches {
        let words: Vec<String> = search.split(' ').map(|word| format!("\"{}\"", word.trim_matches('"'))).collect();
        let begun = Instant::now();
        sqlx::query("SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rowid DESC LIMIT 50")
            .bind(words.join(" AND "))
            .fetch_all(&mut *connection)
            .await
            .map_err(said)?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(Times::of(times, 0))
}
