/**
 * What support needs of a run, in English whatever the language of the page. Never a key, an input or an output; and of
 * what the server said only which kind of error it names: messages quote what they fail on.
 */
import type { About } from '../ipc/gen/About';
import type { App } from '../ipc/gen/App';
import type { RunHead } from '../ipc/gen/RunHead';

type Said = Pick<App, 'baseUrl' | 'serverTitle' | 'serverVersion' | 'origin'>;

export function reportOf(head: RunHead, app: Said | undefined, about: Pick<About, 'version' | 'system'> | null, step: string | null): string {
  const { error, server, contact } = head;
  const network = error?.network ?? contact?.trouble;
  const time = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  const lines: [string, string | null | undefined][] = [
    ['program', about && `Flowdeck ${about.version}`],
    ['system', about?.system],
    ['app', app?.serverTitle],
    ['server', app && (app.origin === 'demo' ? 'demo on this computer' : place(app.baseUrl))],
    ['server version', app?.serverVersion],
    ['status', head.status],
    ['cause', error?.cause],
    ['reason', error?.reason],
    ['network', network && [network.code, subjectOf(network.subject)].filter(Boolean).join(' ')],
    ['last heard of', contact && time(contact.heardAt)],
    ['asked in vain', contact && `${contact.tries} times`],
    ['step', step],
    ['the server names', error?.message ? kinds(error.message) : null],
    ['server run', id(server.runId)],
    ['server task', id(server.taskId)],
    ['server workflow', id(server.workflowId)],
    ['trace', id(server.traceId)],
    ['local run', head.id],
    ['started', time(head.startedAt)],
    ['finished', time(head.finishedAt)],
    ['took', head.elapsed === null ? null : `${head.elapsed.toFixed(1)} s`],
  ];
  return lines
    .filter((line): line is [string, string] => Boolean(line[1]))
    .map(([name, value]) => `${name}: ${line(value)}`)
    .join('\n');
}

/** One value cannot pass for several. */
const line = (value: string) => value.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim().slice(0, 200);

/** Ids are of one kind of characters; anything else under their name is none of them. */
const id = (value: string | null) => (value === null || /^[\w.:-]{1,128}$/.test(value) ? value : 'not an id');

/** Without user, password and query, where a key could stand. */
function place(address: string): string | null {
  try {
    const { origin, pathname } = new URL(address);
    return origin + pathname.replace(/\/$/, '');
  } catch {
    return null;
  }
}

/** Seconds, a proxy, another address: what a trouble is about, as far as it is safe to pass on. */
function subjectOf(subject: string | null): string {
  if (subject === null) return '';
  return /^[\w.-]+(:\d+)?$/.test(subject) ? subject : (place(subject) ?? '');
}

/** `HTTP 503`, `ReadTimeout`: the kinds of error that a message names. Its other words may be anybody's. */
export function kinds(message: string): string {
  const classes = message.match(/(?<![\w@./-])[A-Z][A-Za-z]{0,40}?(?:Error|Exception|Timeout)(?![\w@/-])/g) ?? [];
  const codes = [...message.matchAll(/(?:\b(?:HTTP(?:\/\d(?:\.\d)?)?|status(?:[ _]code)?|code)|Error|Exception)\W{0,3}([45]\d\d)\b/gi)].map(([, code]) => `HTTP ${code ?? ''}`);
  const named = [...new Set([...codes, ...classes])].slice(0, 6);
  return named.length > 0 ? named.join(', ') : 'no kind of error that is safe to pass on';
}
