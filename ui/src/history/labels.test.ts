/**
 * Writes and checks what the search is told of the page's words: `npx vitest run labels -u` writes it anew, and the tests
 * of the search (`src-tauri/src/model/query`) then say which of them it does not know.
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { en } from '../text/en';
import { zh } from '../text/zh';

it('every word for a state, a source, a mark, a part of a run and a span of days is known to the search', async () => {
  const lines: string[] = [];
  for (const [lang, t] of Object.entries({ en, zh })) {
    const add = (field: string, value: string, label: string | undefined) => lines.push(JSON.stringify({ field, value, lang, label }));
    const { groups, origins, fields, parts, row } = t.history;
    for (const [status, label] of Object.entries(t.run.statuses)) add('status', status === 'waiting' ? 'waiting_for_you' : status, label);
    for (const [group, label] of Object.entries(groups)) if (group !== 'all') add('status', group.toLowerCase(), label);
    for (const [origin, label] of Object.entries(origins)) add('origin', origin, label);
    for (const mark of ['starred', 'unstarred', 'reviewed', 'unreviewed']) add('is', mark, fields[mark]);
    for (const [mark, label] of Object.entries({ starred: t.history.starred, reviewed: t.history.reviewed, unreviewed: t.history.notReviewed })) add('is', mark, label);
    add('is', 'starred', row.starred);
    add('is', 'reviewed', row.reviewed);
    for (const has of ['note', 'tag', 'error', 'name']) add('has', has, fields[has]);
    add('has', 'file', parts.sent_file);
    for (const part of ['input', 'output', 'step', 'error', 'note', 'file', 'title', 'tag']) add('in', part, fields[part]);
    add('in', 'file', parts.sent_file);
    add('in', 'step', parts.someStep);
    for (const days of ['today', 'yesterday', '7d', '30d', 'month', 'year']) add('on', days, fields[days]);
    for (const [period, days] of [['today', 'today'], ['week', '7d'], ['month', 'month'], ['lastMonth', 'lastmonth']] as const) add('on', days, t.history.periods[period]);
    for (const part of ['title', 'text', 'output', 'file', 'error', 'note', 'tag'] as const) add('in', part, parts[part]);
  }
  await expect(`[\n${lines.join(',\n')}\n]\n`).toMatchFileSnapshot(join(import.meta.dirname, '../../../src-tauri/src/model/query/labels.json'));
});
