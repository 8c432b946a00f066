/** What a text is: most are documents; drawn as one, a table, a log or a program would lose its shape. Pure. */
import type { JsonValue } from '../ipc/gen/serde_json/JsonValue';
import { separatorOf } from './csv';

export type View = 'document' | 'text' | 'table' | 'tree';

/** Longer texts are shown as they are: reading them as a value would hold the page up. */
const longestJson = 8_000_000;

/** The ways a text can be shown, the best first. */
export function viewsOf(text: string): View[] {
  if (parseJson(text) !== undefined) return ['tree', 'text'];
  if (isMarkdown(text)) return ['document', 'text'];
  if (separatorOf(text)) return ['table', 'text'];
  return looksDrawn(text) ? ['text', 'document'] : ['document', 'text'];
}

/** The value of a text that is a JSON object or list with something in it. */
export function parseJson(text: string): JsonValue | undefined {
  const first = /^\s*([[{])/.exec(text)?.[1];
  if (!first || text.length > longestJson || !/[\]}]\s*$/.test(text)) return undefined;
  try {
    const value = JSON.parse(text) as JsonValue;
    return value !== null && typeof value === 'object' && Object.keys(value).length > 0 ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What only Markdown writes. */
function isMarkdown(text: string): boolean {
  const beginning = text.slice(0, 20_000);
  if (/^\s*```/m.test(beginning) || /^\s*\|?\s*:?-{3,}:?\s*\|/m.test(beginning)) return true;
  const marks = [/^#{1,6} \S/gm, /^\s{0,3}(?:[-*+]|\d{1,3}[.)]) \S/gm, /\*\*\S[^*\n]*\*\*/g, /\[[^\]\n]+\]\([^)\n]+\)/g, /^> /gm];
  const found = marks.map((mark) => beginning.match(mark)?.length ?? 0);
  // One mark may be a comment of a program or a sign in a log; two kinds, or many of one, are not.
  return found.filter((count) => count > 0).length >= 2 || (found.some((count) => count >= 2) && !looksDrawn(text));
}

const stamp = /^\s*(?:\[?\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}|\[?\d{2}:\d{2}:\d{2}|\[?(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL)\b|[A-Z][a-z]{2} +\d{1,2} \d{2}:\d{2}:\d{2} )/;
const program = /[;{}]\s*$|^\s*(?:\/\/|\/\*|\*\/|#include|import |from \S+ import|def |class |fn |func |function |public |private |const |let |var |return\b|SELECT |INSERT |CREATE |<\/?[a-z][\w-]*[ >/])|^\s*<\?xml|^\s*<!doctype/i;
const drawing = /[\u2500-\u257f]|\S {3,}\S.* {3,}\S/;

/** Logs, programs, columns of blanks: their lines are their shape. */
function looksDrawn(text: string): boolean {
  const lines = text.slice(0, 20_000).split('\n').filter((line) => line.trim()).slice(0, 200);
  if (lines.length < 2) return /^\s*<(?:!doctype|html|svg|\?xml)/i.test(text);
  const share = (of: RegExp) => lines.filter((line) => of.test(line)).length / lines.length;
  return share(stamp) > 0.5 || share(program) > 0.5 || share(drawing) > 0.5;
}
