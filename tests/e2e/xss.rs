//! The collection of attacks, told by a server in every place where the window shows its words: nothing runs, nothing
//! is asked of anybody, nothing covers the window or leads away from it.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::{Map, Value, json};
use tokio::sync::watch;

use crate::flowdeck::{Flowdeck, root};
use crate::page::{Page, hook, wait_for};
use crate::scripted::{Reply, STREAM_HEAD, Server, Step, json as answer};

/// Sets the mark that no text of a server may set.
const CANARY: &str = "window.__ran=1";
const ATTACK: &str = "\"><img src=x onerror=window.__ran=1><script>window.__ran=1</script>";

struct Vector {
    family: String,
    text: String,
}

fn vectors(host: &str) -> Vec<Vector> {
    let file = std::fs::read_to_string(root().join("tests/xss/vectors.jsonl")).expect("the collection");
    let read = |line: &str| {
        let vector: Value = serde_json::from_str(line).expect("a line of JSON");
        let text = vector["text"].as_str().expect("a text").replace("CANARY", CANARY).replace("HOST", host);
        Vector { family: vector["family"].as_str().expect("a family").to_owned(), text }
    };
    file.lines().map(read).collect()
}

/// Counts who connects; nobody should.
struct Bait {
    host: String,
    came: Arc<AtomicUsize>,
}

impl Bait {
    fn lay() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let host = listener.local_addr().expect("its address").to_string();
        let came = Arc::new(AtomicUsize::new(0));
        let count = came.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                drop(connection);
            }
        });
        Self { host, came }
    }

    fn came(&self) -> usize {
        self.came.load(Ordering::SeqCst)
    }
}

fn frame(event: &str, data: &Value) -> String {
    let event = json!({"event": event, "task_id": "task", "workflow_run_id": "run", "data": data});
    format!("data: {event}\n\n")
}

/// A step for each vector: its title, its text in two pieces, its outputs and its error.
fn steps(vectors: &[Vector]) -> String {
    let mut frames =
        frame("workflow_started", &json!({"id": "run", "workflow_id": "w", "inputs": {}, "created_at": 1}));
    for (at, Vector { text, .. }) in vectors.iter().enumerate() {
        let node = json!({"id": format!("e{at}"), "node_id": format!("n{at}"), "node_type": "llm", "title": text,
            "index": 1, "created_at": 1, "extras": {}});
        frames += &frame("node_started", &node);
        let mut middle = text.len() / 2;
        while !text.is_char_boundary(middle) {
            middle += 1;
        }
        for piece in [&text[..middle], &text[middle..]] {
            let chunk = json!({"text": piece, "from_variable_selector": [format!("n{at}"), "text"]});
            frames += &frame("text_chunk", &chunk);
        }
        let mut finished = node;
        finished["status"] = if at % 7 == 0 { "exception".into() } else { "succeeded".into() };
        finished["error"] = if at % 7 == 0 { text.as_str().into() } else { Value::Null };
        finished["outputs"] = json!({ text: text });
        finished["elapsed_time"] = json!(0.1);
        frames += &frame("node_finished", &finished);
    }
    frames
}

fn outputs(vectors: &[Vector]) -> Value {
    let mut outputs = Map::new();
    for Vector { family, text } in vectors {
        let joined = outputs.entry(family.clone()).or_insert_with(|| "".into());
        *joined = format!("{}{text}\n\n", joined.as_str().unwrap_or_default()).into();
    }
    let some = || vectors.iter().step_by(9).map(|vector| vector.text.as_str());
    outputs.insert("rows".into(), some().map(|text| json!({"<b onclick=x>a</b>": text, "b": text})).collect());
    outputs.insert(
        "tree".into(),
        json!({"deep": some().map(|text| (text.to_owned(), json!([text]))).collect::<Map<_, _>>()}),
    );
    outputs.insert(ATTACK.into(), ATTACK.into());
    outputs.insert("page".into(), format!("<!DOCTYPE html><html><body onload={CANARY}>x</body></html>").into());
    Value::Object(outputs)
}

fn finished(status: &str, outputs: &Value) -> String {
    let error = if status == "failed" { ATTACK.into() } else { Value::Null };
    frame(
        "workflow_finished",
        &json!({"id": "run", "workflow_id": "w", "status": status, "outputs": outputs, "error": error,
            "elapsed_time": 1.0, "total_tokens": 1, "total_steps": 1, "created_at": 1, "finished_at": 2}),
    )
}

async fn hostile(vectors: Arc<Vec<Vector>>, gate: watch::Receiver<bool>) -> Server {
    let runs = AtomicUsize::new(0);
    Server::start(move |request| -> Reply {
        let ok = |body: Value| answer("200 OK", &body.to_string());
        match request.path() {
            "/v1/info" => ok(json!({"name": ATTACK, "description": ATTACK, "tags": [ATTACK], "mode": "workflow", "author_name": ATTACK})),
            "/v1/site" => ok(json!({"title": ATTACK, "description": ATTACK, "copyright": ATTACK, "privacy_policy": "javascript:window.__ran=1",
                "custom_disclaimer": ATTACK, "default_language": "en-US", "icon_type": "emoji", "icon": ATTACK,
                "icon_background": "url(javascript:1)", "show_workflow_steps": true})),
            "/v1/parameters" => ok(json!({"user_input_form": [{"paragraph": {"label": ATTACK, "variable": "q", "required": false,
                "default": ""}}], "system_parameters": {}})),
            "/v1/meta" => ok(json!({"tool_icons": {}})),
            "/v1/workflows/run" => {
                let second = runs.fetch_add(1, Ordering::SeqCst) > 0;
                let end = if second { finished("failed", &json!({})) } else { finished("succeeded", &outputs(&vectors)) };
                let told = format!("{STREAM_HEAD}{}", steps(&vectors)).into_bytes();
                let mut reply = vec![Step::Write(told)];
                if !second {
                    reply.push(Step::Gate(gate.clone()));
                }
                reply.extend([Step::Write(end.into_bytes()), Step::Close]);
                reply
            }
            _ => answer("404 Not Found", r#"{"code": "not_found", "message": "no", "status": 404}"#),
        }
    })
    .await
}

/// Keeps what the web view refuses to load, and stands in for what a script could open.
const WATCH: &str = "
    window.__refused = [];
    window.__at = location.href;
    window.__title = document.title;
    document.addEventListener('securitypolicyviolation', (event) => window.__refused.push(event.effectiveDirective + ' ' + event.blockedURI));
    for (const name of ['alert', 'confirm', 'prompt', 'open', 'print']) window[name] = () => { window.__ran = name; };
";

/// What is wrong on the page, in words; empty if nothing is.
const LOOK: &str = "
    const wrong = [];
    if (window.__ran) wrong.push('a script ran: ' + window.__ran);
    if (location.href !== window.__at) wrong.push('the page went to ' + location.href);
    if (document.title !== window.__title) wrong.push('the title became ' + document.title);
    if (window.__refused.length) wrong.push('it tried to load: ' + window.__refused.slice(0, 5).join(', '));
    for (const element of document.querySelectorAll('script, iframe, object, embed, base, meta[http-equiv=refresh], video, frame, portal')) {
      if (!element.matches('script[src]')) wrong.push('there is a ' + element.localName);
    }
    for (const element of document.querySelectorAll('*')) {
      for (const { name } of element.attributes) if (name.startsWith('on')) wrong.push(element.localName + ' has ' + name);
    }
    for (const root of document.querySelectorAll('.doc, .detail, .steps-pane, .side, .tbl-frame')) {
      for (const element of root.querySelectorAll('form, input, style, link, textarea')) wrong.push('a text holds a ' + element.localName);
      for (const element of root.querySelectorAll('img')) if (!/^data:image\\/(png|jpeg|gif|webp);/.test(element.getAttribute('src') || '')) wrong.push('a picture from ' + element.src);
      for (const element of root.querySelectorAll('a[href]')) if (!/^(https?:\\/\\/|mailto:)/.test(element.getAttribute('href'))) wrong.push('a link to ' + element.getAttribute('href'));
    }
    // What belongs to the window is where it was: nothing of the text lies over it.
    for (const own of document.querySelectorAll('nav a, [data-testid=status], [data-testid=view] button')) {
      const { x, y, width, height } = own.getBoundingClientRect();
      if (width === 0) continue;
      const on = document.elementFromPoint(x + width / 2, y + height / 2);
      if (on?.closest('.doc')) wrong.push('a text covers ' + (own.textContent || own.localName));
    }
    return wrong.slice(0, 20);
";

async fn wrong(page: &Page) -> Vec<String> {
    let answer = page.0.execute(LOOK, Vec::new()).await.expect("a look at the page");
    answer.convert::<Vec<String>>().expect("a list")
}

async fn count(page: &Page, selector: &str) -> usize {
    let script = "return document.querySelectorAll(arguments[0]).length;";
    let answer = page.0.execute(script, vec![selector.into()]).await.expect("a count");
    answer.convert::<usize>().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn no_word_of_a_server_runs_loads_covers_or_leads_away() {
    let bait = Bait::lay();
    let vectors = Arc::new(vectors(&bait.host));
    let (open, gate) = watch::channel(false);
    let server = hostile(vectors.clone(), gate).await;
    let mut flowdeck = Flowdeck::start("xss").await;
    let page = flowdeck.page();
    page.0.execute(WATCH, Vec::new()).await.expect("the page is watched");

    page.click("nav-connect").await;
    page.fill("connect-address", server.url("/v1").as_str()).await;
    page.fill("connect-key", "app-hostile0123456789").await;
    page.click("connect-submit").await;
    page.click_on("[data-testid^=\"app-item-\"]").await;
    page.see("run").await;
    assert_eq!(wrong(&page).await, Vec::<String>::new(), "of the app and its form");
    page.fill("field-q", ATTACK).await;
    page.run().await;

    // While it streams: one part for each source, each with its step's title.
    let all = async || (count(&page, ".source").await + 40 >= vectors.len()).then_some(());
    wait_for("a part of the result for each vector", all).await;
    let coloured = async || (count(&page, ".codeblock").await > 0 && count(&page, ".katex").await > 0).then_some(());
    wait_for("code and formulas to be drawn", coloured).await;
    assert_eq!(wrong(&page).await, Vec::<String>::new(), "of text while it streams");
    flowdeck.picture("streaming").await;

    open.send_replace(true);
    page.status_among(&["succeeded", "failed", "partly_succeeded", "unknown"]).await;
    page.see("copy").await;
    assert_eq!(wrong(&page).await, Vec::<String>::new(), "of outputs");
    let tabs = async || Some(count(&page, ".sub-tabs [role=tab]").await).filter(|tabs| *tabs > 10);
    let tabs = wait_for("a tab for each output", tabs).await;
    for tab in 0..tabs {
        let script = "document.querySelectorAll('.sub-tabs [role=tab]')[arguments[0]].click();";
        page.0.execute(script, vec![tab.into()]).await.expect("a tab is chosen");
        page.painted().await;
        let script = "for (const fold of document.querySelectorAll('.doc details')) fold.open = true;";
        page.0.execute(script, Vec::new()).await.expect("what is folded is opened");
        assert_eq!(wrong(&page).await, Vec::<String>::new(), "of output {tab}");
    }
    flowdeck.picture("outputs").await;

    // Links lead to a question and nowhere else.
    let script = "let links = 0; for (const link of document.querySelectorAll('a[href]')) if (link.closest('.doc')) { link.click(); links++; } return links;";
    let links = page.0.execute(script, Vec::new()).await.expect("clicks").convert::<usize>().expect("a number");
    if links > 0 {
        page.see("link-address").await;
        page.click_on("dialog[open] [data-first]").await;
    }
    assert_eq!(wrong(&page).await, Vec::<String>::new(), "of links that were clicked");

    // The steps' details: keys, values and errors are the server's words, too.
    page.click_on(&format!("{} button:last-child", hook("view"))).await;
    let script = "const step = document.querySelectorAll('[data-testid=step]')[2]; step?.click(); return !!step;";
    let clicked = async || page.0.execute(script, Vec::new()).await.ok()?.convert::<bool>().ok()?.then_some(());
    wait_for("a click on a step", clicked).await;
    page.see("step-detail").await;
    assert_eq!(wrong(&page).await, Vec::<String>::new(), "of steps and their details");

    // A run that failed keeps what was streamed; its error is an attack, too.
    page.click_on(&format!("{} button:first-child", hook("view"))).await;
    page.click("run-again").await;
    page.status_among(&["failed"]).await;
    page.see("ending").await;
    assert_eq!(wrong(&page).await, Vec::<String>::new(), "of a failed run");
    flowdeck.picture("failed-run").await;
    assert_eq!(bait.came(), 0, "nobody asked for anything");

    // The traps themselves work: a click fetches a picture, and a load of the page's own is refused and seen.
    page.click_on(&format!("{} button:first-child", hook("view"))).await;
    let script = "const button = [...document.querySelectorAll('[data-testid=show-picture]')].find((button) => button.textContent.includes(arguments[0])); button?.click(); return !!button;";
    let clicked = async || {
        let answer = page.0.execute(script, vec![bait.host.clone().into()]).await.ok()?;
        answer.convert::<bool>().ok()?.then_some(())
    };
    wait_for("a picture of the web to be offered", clicked).await;
    let fetched = async || (bait.came() > 0).then_some(());
    wait_for("the bait to be taken on a click", fetched).await;
    let script = "const image = new Image(); image.src = 'http://' + arguments[0] + '/control.png'; document.body.append(image);";
    page.0.execute(script, vec![bait.host.clone().into()]).await.expect("a control");
    let seen = async || (!wrong(&page).await.is_empty()).then_some(());
    wait_for("what the page loads itself to be seen", seen).await;
}
