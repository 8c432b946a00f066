/** A comparison as a page of its own, to be kept or sent on: it holds no script and asks nobody for anything. Pure. */
import { duration } from '../text/format';
import type { Words } from '../text/en';
import { titleOf } from '../timeline/types';
import { cellsOfEffort, cellsOfPart, headOf, type Cells } from './cells';
import { shownFields, type Comparison, type Part } from './comparison';
import type { StepPair, StepSide } from './steps';
import { runsOf, type Run } from './texts';
import type { LongText } from './values';

export interface Heads {
  /** When it was, how it ended, what it was about. */
  left: string;
  right: string;
}

const style = `body{font:15px/1.6 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1.5rem;color:#1d1f23}table{width:100%;table-layout:fixed;border-collapse:collapse;margin-bottom:1.5rem}
th,td{text-align:start;vertical-align:top;padding:4px 10px;border-top:1px solid #ddd;overflow-wrap:anywhere;white-space:pre-wrap;font-weight:400}thead th{font-weight:600;border-top:0}ins{background:#ddf3e4;color:#14532f}del{background:#fbe4e1;color:#86190f}
h2{font-size:1.1rem}h3{font-size:1rem}.num{text-align:end}b{font-weight:600}`;

const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

function marked(runs: Run[] | null, t: Words): string {
  if (runs === null) return `<i>${escaped(t.compare.missing)}</i>`;
  return runs
    .map(({ kind, text, as }) => {
      const words = as.includes('b') ? `<b>${escaped(text)}</b>` : escaped(text);
      return kind === 'same' ? words : `<${kind}>${words}</${kind}>`;
    })
    .join('');
}

function fields(rows: Cells[], heads: Heads, t: Words): string {
  if (rows.length === 0) return '';
  const lines = rows.map(({ name, nameRight, left, right, note }) => `<tr><th>${escaped(nameRight ? t.compare.place(name, nameRight) : name)}</th><td>${marked(left, t)}</td><td>${marked(right, t)}${note ? ` <small>${escaped(note)}</small>` : ''}</td></tr>`);
  return `<table>${head([t.compare.name, heads.left, heads.right])}<tbody>${lines.join('')}</tbody></table>`;
}

function head(names: string[]): string {
  return `<thead><tr>${names.map((name) => `<th>${escaped(name)}</th>`).join('')}</tr></thead>`;
}

function textTable({ name, diff }: LongText, heads: Heads, onlyDifferences: boolean, t: Words): string {
  const rows = diff.rows.filter(({ kind }) => !onlyDifferences || kind !== 'same');
  if (rows.length === 0) return '';
  const cell = (row: (typeof rows)[number], side: 'left' | 'right') => {
    const block = row[side];
    return `<td>${block ? `${block.mark ? `${escaped(block.mark)} ` : ''}${marked(runsOf(row, side), t)}` : ''}</td>`;
  };
  const lines = rows.map((row) => `<tr>${cell(row, 'left')}${cell(row, 'right')}</tr>`);
  return `<h3>${escaped(name || t.compare.result)}</h3><table>${head([heads.left, heads.right])}<tbody>${lines.join('')}</tbody></table>`;
}

function stepTable(pairs: StepPair[], heads: Heads, t: Words): string {
  if (pairs.length === 0) return '';
  const time = (side: StepSide | null) => (side === null || side.ms === null ? '–' : duration(side.ms, t));
  const said = ({ step, round, level }: StepPair) => `${'\u2003'.repeat(level - 1)}${round === null ? titleOf(step, t) : round.number === null ? t.steps.noRound : t.steps.round(round.number + 1)}`;
  const lines = pairs.map((pair) => `<tr><th>${escaped(said(pair))}</th><td class="num">${escaped(time(pair.left))}</td><td class="num">${escaped(time(pair.right))}</td></tr>`);
  return `<h2>${escaped(t.compare.steps)}</h2><table>${head([t.compare.step, heads.left, heads.right])}<tbody>${lines.join('')}</tbody></table>`;
}

/** `end`: how both ended, where that is to be said. */
export function asPage(made: Comparison, heads: Heads, end: Cells[], onlyDifferences: boolean, t: Words): string {
  const part = (name: string, part: Part) =>
    `<h2>${escaped(name)}</h2>${part.differing === 0 ? `<p>${escaped(headOf(name, part, t))}</p>` : ''}${part.texts.map((text) => textTable(text, heads, onlyDifferences, t)).join('')}${fields(shownFields(cellsOfPart(part, t), onlyDifferences), heads, t)}`;
  const steps = onlyDifferences ? made.steps.filter(({ differs }) => differs) : made.steps;
  return `<!doctype html><html lang="${t.locale}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${escaped(t.compare.title)}</title><style>${style}</style></head><body><h1>${escaped(t.compare.title)}</h1>${made.identical ? `<p>${escaped(t.compare.identical)}</p>` : ''}${made.coarse ? `<p>${escaped(t.compare.coarse)}</p>` : ''}${part(t.compare.inputs, made.inputs)}${part(t.compare.result, made.result)}<h2>${escaped(t.compare.effort)}</h2>${fields([...shownFields(end, onlyDifferences), ...cellsOfEffort(made.effort, t)], heads, t)}${stepTable(steps, heads, t)}</body></html>\n`;
}
