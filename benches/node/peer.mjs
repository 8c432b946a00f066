// The JavaScript peer of `cargo xtask bench decode`: eventsource-parser and JSON.parse, one order per line of input.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createParser } from "eventsource-parser";

const corpora = new Map();

function reader() {
  const tally = { started: 0, finished: 0, nodes: 0, texts: 0, others: 0, text_length: 0 };
  const parser = createParser({
    onEvent({ data }) {
      const event = JSON.parse(data);
      switch (event.event) {
        case "text_chunk":
          tally.texts += 1;
          tally.text_length += event.data.text.length;
          break;
        case "node_started":
        case "node_finished":
          tally.nodes += 1;
          break;
        case "workflow_started":
          tally.started += 1;
          break;
        case "workflow_finished":
          tally.finished += 1;
          break;
        default:
          tally.others += 1;
      }
    },
  });
  const decoder = new TextDecoder();
  return { tally, push: (bytes) => parser.feed(decoder.decode(bytes, { stream: true })) };
}

async function run(kind, piece, source) {
  if (kind === "memory") {
    if (!corpora.has(source)) corpora.set(source, readFileSync(source));
    const bytes = corpora.get(source);
    const before = process.cpuUsage();
    const { tally, push } = reader();
    for (let at = 0; at < bytes.length; at += piece) push(bytes.subarray(at, at + piece));
    return { tally, cpu: process.cpuUsage(before) };
  }
  const before = process.cpuUsage();
  const { tally, push } = reader();
  const response = await fetch(source, { method: "POST", body: "{}" });
  for await (const bytes of response.body) push(bytes);
  return { tally, cpu: process.cpuUsage(before) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const [kind, piece, ...source] = line.split(" ");
  const { tally, cpu } = await run(kind, Number(piece), source.join(" "));
  console.log(JSON.stringify({ tally, cpu: (cpu.user + cpu.system) / 1e6 }));
}
