//! The workflow "Document digest": read each document, analyse, write, save.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::digest::extract::{self, Unit};
use super::digest::facts::Fact;
use super::digest::problem::Problem;
use super::digest::render::{Digest, main_language, markdown, title};
use super::digest::{Document, Length, Read, facts, keywords, readable, sentences, total};
use super::engine::{Done, Failure, Flow, Outcome};

/// A file that takes longer than this is given up; its thread ends by itself.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the text takes to arrive: long enough to be seen.
const TEXT_TIME: Duration = Duration::from_millis(600);

pub(super) async fn run(flow: Flow) -> Result<Outcome, Failure> {
    flow.start_node();
    let documents: Arc<[Document]> = read_documents(&flow).await?.into();
    let wanted = keywords_wanted(flow.input("keywords"));
    let length = Length::of(flow.input_text("length"));

    // Two branches at once; each tells when it begins and when it ends.
    let parallel_id = Uuid::new_v4().to_string().into();
    let branches = [flow.branch(&parallel_id, "keywords"), flow.branch(&parallel_id, "sentences")];
    let (found, picked) =
        tokio::join!(find_keywords(&branches[0], &documents, wanted), pick_sentences(&branches[1], &documents, length));
    let (found, Selection { picked, dates, figures, statistics }) = (found?, picked?);

    let chinese = match flow.input_text("language") {
        "English" => false,
        "中文" => true,
        _ => main_language(&documents) == super::digest::language::Language::Chinese,
    };
    let title = title(flow.input_text("title"), &documents, chinese);
    let node = flow.node("write", "template-transform", "Write the digest");
    let text = markdown(&Digest {
        title: &title,
        chinese,
        length,
        documents: &documents,
        keywords: &found,
        picked: &picked,
        dates: &dates,
        figures: &figures,
    });
    flow.stream_text(&["write", "output"], &text, TEXT_TIME).await;
    let inputs = json!({
        "title": title, "keywords": found, "sentences": picked.iter().map(|one| &one.sentences).collect::<Vec<_>>(),
        "dates": dates.iter().map(|fact| &fact.value).collect::<Vec<_>>(),
        "figures": figures.iter().map(|fact| &fact.value).collect::<Vec<_>>(),
    });
    node.finish(Done { inputs, outputs: json!({"output": text}), ..Done::default() });

    flow.text_of_output(&["keywords", "keywords"], &json!(found));
    flow.text_of_output(&["sentences", "statistics"], &statistics);
    let files = save(&flow, &title, &text)?;
    flow.text_of_output(&["save", "files"], &files);

    let outputs = json!({"digest": text, "keywords": found, "statistics": statistics, "file": files});
    flow.end_node(&outputs);
    Ok(Outcome::of(outputs))
}

fn keywords_wanted(value: &Value) -> Result<usize, String> {
    let number = value.as_f64().unwrap_or(12.0);
    if number.fract() != 0.0 || !(3.0..=30.0).contains(&number) {
        return Err(format!("The number of keywords must be a whole number from 3 to 30, not {number}."));
    }
    Ok(number as usize)
}

/// The iteration over the files, with the pasted text behind them. A file that cannot be read does not stop the others.
async fn read_documents(flow: &Flow) -> Result<Vec<Document>, Failure> {
    let items = flow.input("documents").as_array().cloned().unwrap_or_default();
    let pasted = flow.input_text("text").trim().to_owned();
    if items.is_empty() && pasted.is_empty() {
        let node = flow.node("check", "code", "Check what was given");
        let error = "Nothing to read: add a document or paste a text.";
        node.fail(Done { inputs: json!({"documents": [], "text": ""}), ..Done::default() }, error);
        return Err(error.into());
    }
    let mut documents = Vec::new();
    // As on a real server, an iteration over nothing sends nothing.
    if !items.is_empty() {
        let mut iteration = flow.iteration("read", "Read each document", Value::Array(items.clone()));
        let mut texts = Vec::new();
        for (round, item) in items.iter().enumerate() {
            let inside = iteration.round(round);
            let document = read_document(&inside, item).await;
            texts.push(document.content.as_ref().map_or(Value::Null, |read| json!(plain(read))));
            documents.push(document);
            iteration.round_ended(round);
        }
        iteration.complete(json!({"output": texts}), items.len(), json!({}));
    }
    if !pasted.is_empty() {
        let read = blocking(move || Ok(Read::new(extract::pasted(&pasted)))).await;
        let chinese = matches!(&read, Ok(read) if read.language == super::digest::language::Language::Chinese);
        let name = if chinese { "粘贴的文本" } else { "Pasted text" };
        documents.push(Document { name: name.into(), format: "Text", size: None, content: read });
    }
    if readable(&documents).next().is_none() {
        let problems: Vec<String> = documents
            .iter()
            .filter_map(|document| {
                document.content.as_ref().err().map(|problem| format!("{}: {}", document.name, problem.english()))
            })
            .collect();
        return Err(format!("None of the documents could be read. {}", problems.join(" ")).into());
    }
    Ok(documents)
}

async fn read_document(flow: &Flow, item: &Value) -> Document {
    let node = flow.node("extract", "document-extractor", "Extract text");
    let stored = item.get("related_id").and_then(Value::as_str).and_then(|id| flow.shared.files.find(id));
    let inputs = json!({"variable_selector": ["read", "item"]});
    let process_data = json!({"documents": [item]});
    let Some(file) = stored else {
        node.fail(Done { inputs, process_data, ..Done::default() }, &Problem::Gone.english());
        let name = item.get("filename").and_then(Value::as_str).unwrap_or("?").to_owned();
        return Document { name, format: "Text", size: None, content: Err(Problem::Gone) };
    };
    let path = flow.shared.files.path(&file.id);
    let extension = file.extension.clone();
    let content = blocking(move || {
        let bytes = std::fs::read(path).map_err(|_| Problem::Gone)?;
        extract::read(&bytes, &extension).map(Read::new)
    })
    .await;
    match &content {
        Ok(read) => {
            node.finish(Done { inputs, process_data, outputs: json!({"text": plain(read)}), ..Done::default() })
        }
        Err(problem) => node.fail(Done { inputs, process_data, ..Done::default() }, &problem.english()),
    }
    Document { name: file.name.clone(), format: extract::format_name(&file.extension), size: Some(file.size), content }
}

fn plain(read: &Read) -> String {
    let blocks = read.blocks.clone();
    extract::Extracted { blocks, ..extract::Extracted::default() }.text()
}

/// Work that keeps a processor busy goes to a thread of its own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    match tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Problem::Unreadable),
        Err(_) => Err(Problem::TooSlow),
    }
}

async fn find_keywords(
    flow: &Flow,
    documents: &Arc<[Document]>,
    wanted: Result<usize, String>,
) -> Result<Vec<String>, Failure> {
    let node = flow.node("keywords", "code", "Find keywords");
    // Lets the other branch begin before this one can end, however fast it is.
    flow.pause(0.0).await;
    let inputs = json!({"count": flow.input("keywords")});
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(error) => {
            node.fail(Done { inputs, ..Done::default() }, &error);
            return Err(error.into());
        }
    };
    let owned = documents.clone();
    let found = blocking(move || Ok(keywords::find(&owned, wanted))).await.map_err(|problem| problem.english())?;
    node.finish(Done { inputs, outputs: json!({"keywords": found}), ..Done::default() });
    flow.branch_ended();
    Ok(found)
}

/// What the second branch finds.
struct Selection {
    picked: Vec<sentences::Picked>,
    dates: Vec<Fact>,
    figures: Vec<Fact>,
    statistics: Value,
}

async fn pick_sentences(flow: &Flow, documents: &Arc<[Document]>, length: Length) -> Result<Selection, Failure> {
    let node = flow.node("sentences", "code", "Pick central sentences");
    let owned = documents.clone();
    let selection = blocking(move || {
        let (dates, figures) = (facts::dates(&owned), facts::figures(&owned));
        let statistics = statistics(&owned, dates.len(), figures.len());
        Ok(Selection { picked: sentences::pick(&owned, length), dates, figures, statistics })
    })
    .await
    .map_err(|problem| problem.english())?;
    let picked = selection.picked.iter().map(|one| json!({"document": one.document, "sentences": one.sentences}));
    let outputs = json!({
        "sentences": picked.collect::<Vec<_>>(), "dates": selection.dates.iter().map(|fact| &fact.value).collect::<Vec<_>>(),
        "figures": selection.figures.iter().map(|fact| &fact.value).collect::<Vec<_>>(), "statistics": selection.statistics,
    });
    node.finish(Done { inputs: json!({"length": flow.input("length")}), outputs, ..Done::default() });
    flow.branch_ended();
    Ok(selection)
}

fn statistics(documents: &[Document], dates: usize, figures: usize) -> Value {
    let counts = total(documents);
    let pages: usize = readable(documents)
        .filter_map(|(_, read)| read.pages)
        .filter(|pages| pages.1 == Unit::Pages)
        .map(|pages| pages.0)
        .sum();
    let files: Vec<Value> = documents.iter().map(file_row).collect();
    json!({
        "documents": documents.len(), "readable": readable(documents).count(), "pages": pages, "characters": counts.characters,
        "words": counts.words, "chinese_characters": counts.chinese, "sentences": counts.sentences,
        "reading_minutes": counts.reading_minutes(), "language": main_language(documents).english_name(), "dates": dates,
        "figures": figures, "files": files,
    })
}

fn file_row(document: &Document) -> Value {
    let mut row = Map::new();
    row.insert("name".into(), json!(document.name));
    row.insert("kind".into(), json!(document.format));
    row.insert("size".into(), json!(document.size));
    let read = document.content.as_ref().ok();
    row.insert("pages".into(), json!(read.and_then(|read| read.pages).map(|pages| pages.0)));
    row.insert("words".into(), json!(read.map(|read| read.counts.words + read.counts.chinese)));
    row.insert("language".into(), json!(read.map(|read| read.language.english_name())));
    row.insert("problem".into(), json!(document.content.as_ref().err().map(Problem::english)));
    Value::Object(row)
}

/// Writes the digest as a file of its own.
fn save(flow: &Flow, title: &str, text: &str) -> Result<Value, Failure> {
    let node = flow.node("save", "tool", "Save as Markdown");
    // What no file system wants in a name becomes a space.
    let safe: String = title
        .chars()
        .map(|letter| if letter.is_control() || "/\\:*?\"<>|".contains(letter) { ' ' } else { letter })
        .collect();
    let name = format!("Digest - {}.md", safe.split_whitespace().collect::<Vec<_>>().join(" "));
    let inputs = json!({"file_name": name});
    match flow.shared.files.create(&name, "text/markdown", &flow.run.end_user_id, text.as_bytes()) {
        Ok(file) => {
            let files = json!([flow.shared.files.object(&file)]);
            let again = vec![flow.shared.files.object(&file)];
            node.finish(Done {
                inputs,
                outputs: json!({"text": "", "files": files, "json": []}),
                files: again,
                ..Done::default()
            });
            Ok(files)
        }
        Err(error) => {
            let message = format!("The digest could not be saved: {error}.");
            node.fail(Done { inputs, ..Done::default() }, &message);
            Err(message.into())
        }
    }
}
