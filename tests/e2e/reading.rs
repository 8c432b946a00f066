//! Reading along while a text is written: the end stays in sight for as long as the reader is there, and what somebody
//! selects or scrolls to stays where it is.

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::flowdeck::Flowdeck;
use crate::hands::{focus, xdotool};
use crate::page::{Page, hook, wait_for};
use crate::scripted::{Reply, STREAM_HEAD, Server, Step, json as answer};

const DOCUMENT: &str = r#"## Findings

The **mean** of $x_1, \dots, x_n$ is written \(\bar{x}\); the fee is $5 and $10 a year, see [the tariff](https://ok.example/tariff).

$$
\bar{x} = \frac{1}{n}\sum_{i=1}^{n} x_i, \qquad \sigma^2 = \frac{1}{n-1}\sum_{i=1}^{n}(x_i - \bar{x})^2
$$

- [x] read the report
- [ ] ask *Ms Keller*
  - about the dates
  - about the `limit`

| Quarter | Amount |
|:--------|-------:|
| Q1 | 1,204 |
| Q2 | 980 |

```python
def mean(values: list[float]) -> float:
    """The plain one."""  # not weighted
    return sum(values) / len(values) if values else 0.0
```

```json
{"name": "Flowdeck", "steps": 14, "live": true}
```

这是一段中文说明：合同自二〇二六年一月一日起生效，任何一方可提前三十天书面通知终止。

> A word of a witness.

![The plan](https://pictures.example/plan.png)
"#;

fn frame(event: &str, data: &Value) -> Vec<u8> {
    let event = json!({"event": event, "task_id": "task", "workflow_run_id": "run", "data": data});
    format!("data: {event}\n\n").into_bytes()
}

fn chunk(node: &str, text: &str) -> Step {
    Step::Write(frame("text_chunk", &json!({"text": text, "from_variable_selector": [node, "text"]})))
}

fn paragraphs(from: usize, to: usize) -> String {
    (from..to).map(|at| format!("Paragraph {at} says a little more than the one before it did.\n\n")).collect()
}

/// What stands between two pieces of the text.
type Gates = Vec<watch::Receiver<bool>>;

fn begin(node: &str, title: &str) -> Step {
    Step::Write(frame(
        "node_started",
        &json!({"id": format!("e-{node}"), "node_id": node, "node_type": "llm", "title": title, "index": 1, "created_at": 1, "extras": {}}),
    ))
}

fn end(outputs: &Value) -> [Step; 2] {
    let finished = json!({"id": "run", "workflow_id": "w", "status": "succeeded", "outputs": outputs, "error": null,
        "elapsed_time": 2.0, "total_tokens": 1, "total_steps": 2, "created_at": 1, "finished_at": 2});
    [Step::Write(frame("workflow_finished", &finished)), Step::Close]
}

async fn server(script: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |request| {
        let ok = |body: Value| answer("200 OK", &body.to_string());
        match request.path() {
            "/v1/info" => ok(json!({"name": "Reader", "description": "", "tags": [], "mode": "workflow"})),
            "/v1/parameters" => ok(json!({"user_input_form": [], "system_parameters": {}})),
            "/v1/workflows/run" => {
                let started = json!({"id": "run", "workflow_id": "w", "inputs": {}, "created_at": 1});
                let mut reply = vec![
                    Step::Write(STREAM_HEAD.as_bytes().to_vec()),
                    Step::Write(frame("workflow_started", &started)),
                ];
                reply.extend(script());
                reply
            }
            _ => answer("404 Not Found", r#"{"code": "not_found", "message": "no", "status": 404}"#),
        }
    })
    .await
}

async fn begin_run(page: &Page, server: &Server) {
    page.click("nav-connect").await;
    page.fill("connect-address", server.url("/v1").as_str()).await;
    page.fill("connect-key", "app-reader0123456789").await;
    page.click("connect-submit").await;
    page.click("app-item-Reader").await;
    page.run().await;
}

async fn script(page: &Page, script: &str) -> Value {
    page.0.execute(script, Vec::new()).await.expect("a script of the test").json().clone()
}

async fn holds(page: &Page, wish: &str, condition: &str) {
    // What it asks about may not be there yet.
    let ask = async || {
        let answer = page.0.execute(format!("return !!({condition});"), Vec::new()).await.ok()?;
        answer.convert::<bool>().ok()?.then_some(())
    };
    wait_for(wish, ask).await;
}

const AT_END: &str = "(() => { const box = document.querySelector('.doc-scroll'); return box.scrollHeight - box.scrollTop - box.clientHeight < 24; })()";

fn says(paragraph: usize) -> String {
    format!("document.querySelector('.answer').textContent.includes('Paragraph {paragraph} says')")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn the_end_of_a_text_is_followed_only_while_the_reader_is_there() {
    let (open, gates): (Vec<_>, Gates) = (0..6).map(|_| watch::channel(false)).unzip();
    let server = server(move || {
        let mut reply = vec![begin("a", "Write"), chunk("a", &paragraphs(0, 60))];
        for (at, gate) in gates.iter().enumerate() {
            reply.extend([Step::Gate(gate.clone()), chunk("a", &paragraphs(60 + at * 10, 70 + at * 10))]);
        }
        reply.extend([Step::Silence]);
        reply
    })
    .await;
    let mut flowdeck = Flowdeck::start("reading").await;
    let page = flowdeck.page();
    begin_run(&page, &server).await;
    holds(&page, "the text", &says(59)).await;
    holds(&page, "its end to be in sight", AT_END).await;

    // The wheel.
    let middle = script(&page, "const { x, y, width, height } = document.querySelector('.doc-scroll').getBoundingClientRect(); return [Math.round(x + width / 3), Math.round(y + height / 2), Math.round(x + width), Math.round(y), Math.round(height)];").await;
    // WebDriver's numbers may have a fraction.
    let number = |place: usize| middle[place].as_f64().unwrap_or_default() as i64;
    let at = |place: usize| number(place).to_string();
    xdotool(&["mousemove", &at(0), &at(1)]);
    holds(&page, "the mouse to be over the text", "document.querySelector('.doc-scroll:hover')").await;
    xdotool(&["click", "--repeat", "4", "--delay", "40", "4"]);
    page.see("jump").await;
    let top = "return document.querySelector('.doc-scroll').scrollTop;";
    // What the wheel set going comes to rest.
    let rests = async || {
        let before = script(&page, top).await;
        for _ in 0..3 {
            page.painted().await;
            if script(&page, top).await != before {
                return None;
            }
        }
        Some(before)
    };
    let place = wait_for("the wheel to rest", rests).await;
    open[0].send_replace(true);
    holds(&page, "more text", &says(69)).await;
    page.painted().await;
    assert_eq!(script(&page, top).await, place, "the reader stays where he is");
    page.click("jump").await;
    holds(&page, "the end once more", AT_END).await;
    open[1].send_replace(true);
    holds(&page, "more text", &says(79)).await;
    holds(&page, "the end to be followed again", AT_END).await;

    // The keyboard.
    let window = flowdeck.window().await;
    wait_for("the window to have the keyboard", async || focus(&window).then_some(())).await;
    script(&page, "document.querySelector('.doc-scroll').focus();").await;
    xdotool(&["key", "--delay", "60", "Prior"]);
    page.see("jump").await;
    xdotool(&["key", "End"]);
    page.gone(&hook("jump")).await;
    open[2].send_replace(true);
    holds(&page, "more text", &says(89)).await;
    holds(&page, "the end to be followed after End", AT_END).await;

    // The scroll bar: its thumb is at the bottom, and is dragged to the middle.
    let whole = "const page = document.scrollingElement; return page.scrollHeight > page.clientHeight;";
    assert_eq!(script(&page, whole).await, Value::Bool(false), "a bar of the window itself would lie over it");
    let (bar, bottom) = (number(2) - 4, number(3) + number(4) - 8);
    xdotool(&["mousemove", &bar.to_string(), &bottom.to_string()]);
    xdotool(&["mousedown", "1"]);
    for step in 1..=8 {
        xdotool(&["mousemove", &bar.to_string(), &(bottom - step * 12).to_string()]);
    }
    page.see("jump").await;
    xdotool(&["mouseup", "1"]);
    open[3].send_replace(true);
    holds(&page, "more text", &says(99)).await;
    page.see("jump").await;
    page.click("jump").await;
    holds(&page, "the end once more", AT_END).await;

    // A selection in a part that is finished.
    script(&page, "const block = [...document.querySelectorAll('.answer .block')].at(-9); getSelection().selectAllChildren(block); window.__selected = getSelection().toString();").await;
    open[4].send_replace(true);
    holds(&page, "more text", &says(109)).await;
    page.painted().await;
    assert_eq!(
        script(&page, "return window.__selected.length > 20 && getSelection().toString() === window.__selected;").await,
        Value::Bool(true),
        "the selection stays"
    );
    flowdeck.picture("selected").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_result_is_read_with_formulas_colours_and_thinking_in_both_themes_and_languages() {
    let (open, gate) = watch::channel(false);
    let server = server(move || {
        let outputs = json!({"report": DOCUMENT, "note": format!("{}\n\n{DOCUMENT}", paragraphs(0, 3))});
        let mut reply = vec![begin("a", "Write the report"), begin("b", "Check it")];
        let thinking = json!({"reasoning": "First the numbers, then the dates.", "node_id": "b", "is_final": true});
        reply.push(Step::Write(frame("reasoning_chunk", &thinking)));
        reply.push(chunk("a", "<think>\nHow shall I begin?\n"));
        reply.push(Step::Work(std::time::Duration::from_millis(300)));
        reply.push(chunk("a", "</think>\n"));
        // Two that speak at the same time, each in its own words.
        for line in DOCUMENT.split_inclusive('\n') {
            reply.extend([chunk("a", line), chunk("b", "All of it "), chunk("b", "is right. ")]);
        }
        reply.push(Step::Gate(gate.clone()));
        reply.extend(end(&outputs));
        reply
    })
    .await;
    let mut flowdeck = Flowdeck::start("reading-result").await;
    let page = flowdeck.page();
    begin_run(&page, &server).await;
    holds(&page, "two parts", "document.querySelectorAll('.source').length === 2").await;
    holds(
        &page,
        "the second to be whole",
        "document.querySelectorAll('.source')[1].textContent.includes('is right. All of it is right.')",
    )
    .await;
    let titles = "[...document.querySelectorAll('.source-title')].map((title) => title.textContent).join()";
    holds(&page, "each to say whose words they are", &format!("{titles} === 'Write the report,Check it'")).await;
    holds(&page, "formulas", "document.querySelectorAll('.answer .maths.display math').length === 1").await;
    holds(&page, "colours", "document.querySelector('.answer .hljs-keyword')").await;
    holds(&page, "thinking to be folded", "document.querySelectorAll('.answer details.thinking').length === 2").await;
    holds(&page, "it to be closed", "document.querySelectorAll('.answer details[open]').length === 0").await;
    page.click_on(&format!("{} [role=radio]:first-child, {} button:first-child", hook("view"), hook("view"))).await;
    script(&page, "document.querySelector('.doc-scroll').scrollTop = 0;").await;
    flowdeck.picture("streaming").await;

    open.send_replace(true);
    page.status_among(&["succeeded", "failed"]).await;
    page.see("copy").await;
    holds(&page, "formulas", "document.querySelectorAll('.answer .maths.display math').length === 1").await;
    holds(&page, "colours", "document.querySelector('.answer .hljs-keyword')").await;
    for theme in ["light", "dark"] {
        script(&page, &format!("document.documentElement.dataset.theme = '{theme}'; document.querySelector('.doc-scroll').scrollTop = 120;")).await;
        flowdeck.picture(theme).await;
        script(&page, "document.querySelector('.doc-scroll').scrollTop = 1e6;").await;
        flowdeck.picture(&format!("{theme}-end")).await;
        page.still().await;
        // WCAG: each colour against what stands behind it.
        let poor = script(&page, CONTRAST).await;
        assert_eq!(poor, json!([]), "colours of code in {theme}");
    }
    let marked = "[...document.querySelectorAll('.answer .block[lang]')].map((block) => block.lang).join()";
    holds(&page, "Chinese within English to be marked", &format!("{marked} === 'zh-CN'")).await;
}

/// Colours of code that have less than 4.5:1 against what stands behind them.
const CONTRAST: &str = "
    const channels = (colour) => colour.match(/[0-9.]+/g).slice(0, 3).map((value) => { const share = value / 255; return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4; });
    const light = (colour) => { const [r, g, b] = channels(colour); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const poor = [];
    for (const piece of document.querySelectorAll('.codeblock [class^=hljs]')) {
      const front = light(getComputedStyle(piece).color);
      const back = light(getComputedStyle(piece.closest('.codeblock')).backgroundColor);
      const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
      if (ratio < 4.5) poor.push(piece.className + ' ' + ratio.toFixed(2));
    }
    return poor;
";
