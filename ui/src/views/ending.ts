/** What the page says of a run that did not simply succeed: what happened, then what to do. */
import { quoteOf, troubleWords, whenAgain, withWhen, worthDoing } from '../ipc/errors';
import type { FailureCode } from '../ipc/gen/FailureCode';
import type { App } from '../ipc/gen/App';
import type { Capability } from '../ipc/gen/Capability';
import type { Reason } from '../ipc/gen/Reason';
import type { RunHead } from '../ipc/gen/RunHead';
import type { IconName } from '../parts/icons';
import type { Words } from '../text/en';
import { listOf } from '../text/format';
import { whose, type Who } from './whose';

export interface Ending {
  tone: '' | 'bad' | 'warn' | 'info';
  icon: IconName;
  title: string;
  /** The server's own words, marked as such. */
  quote?: string;
  text: string;
  /** Whose job it is; null where nothing is wrong, or nobody can say. */
  who: Who | null;
  /** The button that stands out. */
  main: 'again' | 'edit' | 'check' | 'key' | null;
}

/** What the steps tell of it. */
export interface StepsTold {
  /** Titles of those that failed, in order. */
  failed: string[];
  /** How often the last of them was tried. */
  tries: number;
}

/** Whether the server can be asked how a run ended, and why not. */
export type Askable = 'yes' | 'app_gone' | 'server_cannot';

export function askable(head: Pick<RunHead, 'server'>, app: Pick<App, 'abilities'> | undefined): Askable {
  if (!app) return 'app_gone';
  const cannot = (capability: Capability) => app.abilities.some((ability) => ability.capability === capability && ability.support === 'no');
  // A run whose number never arrived is looked for in the server's log.
  if (head.server.runId === null) return cannot('server_log') ? 'server_cannot' : 'yes';
  return cannot('run_detail') && cannot('resume_stream') ? 'server_cannot' : 'yes';
}

/** Nobody knows what the first one did: a second one may do it again. */
export function mayRunTwice({ status, error }: Pick<RunHead, 'status' | 'error'>): boolean {
  return status === 'unknown' || (status === 'failed' && (error?.cause === 'lost' || error?.cause === 'interrupted' || error?.cause === 'not_understood'));
}

/** `step` is the title of the step it went wrong in, where there is one; `needsKey`: without one the server is not asked. */
export function endingOf(head: Pick<RunHead, 'status' | 'error'>, step: string | null, t: Words, ask: Askable = 'yes', needsKey = false, told: StepsTold = { failed: [], tries: 1 }): Ending | null {
  const { status, error } = head;
  const e = t.endings;
  const reason = error?.reason ?? null;
  const said = quoteOf(error?.message);
  const quote = said && (error?.cause === 'workflow' || error?.cause === 'refused') ? { quote: e.serverSays(said) } : {};
  const known = reason ? { title: t.reasons[reason].title, text: withWhen(t.reasons[reason].text, whenAgain({ reason }, t), t) } : null;
  // A key that was entered since is as good as any.
  const wantsKey = needsKey && ask === 'yes';
  const check = ask === 'yes' ? (wantsKey ? 'key' : 'check') : null;
  const main = { failed: mayRunTwice(head) ? check : wantsKey && error?.cause === 'refused' ? 'key' : worthDoing(reason), unknown: check, paused: check, stopped: error && error.cause !== 'not_sent' ? null : 'again' } as const;
  // What is worth doing about an end that nobody saw.
  const advice = { yes: wantsKey ? t.underway.keyFirst : t.underway.checkFirst, app_gone: t.underway.appGone, server_cannot: t.underway.lookInDify }[ask];
  const ending = (tone: Ending['tone'], icon: IconName, title: string, ...text: string[]): Ending => ({
    tone,
    icon,
    title,
    text: text.filter(Boolean).join(t.betweenSentences),
    who: status === 'failed' && error ? (wantsKey && error.cause === 'refused' ? 'you' : whose(error)) : null,
    main: status in main ? main[status as keyof typeof main] : null,
  });
  const tried = step && told.tries > 1 ? e.tried(told.tries) : '';
  const lost = () => ending('warn', error?.network || error?.message || reason ? 'offline' : 'help', e.unknownTitle, howLost(error, wantsKey, t), e.lostText, advice);
  const interrupted = (icon: IconName) => ending('warn', icon, e.interruptedTitle, e.interruptedText, advice);
  const notSent = () => ending('', 'stopped', e.notSentTitle, e.notSentText, e.inputsKept);
  switch (status) {
    case 'failed':
      switch (error?.cause) {
        case 'refused':
          // Not the inputs are to blame, and another key may be there by now.
          if (wantsKey) return ending('bad', 'key', t.failures.key_refused.title, e.nothingRan, t.failures.key_refused.text, e.inputsKept);
          return { ...ending('bad', 'error', known?.title ?? e.refusedTitle, known?.text ?? e.refusedText, e.inputsKept), ...quote };
        case 'not_reached':
          if (!known && error.network && error.network.code !== 'unreachable') {
            const said = troubleWords(error.network, t);
            return ending('bad', 'offline', said.title, e.nothingRan, said.text, e.inputsKept);
          }
          return ending('bad', 'offline', known?.title ?? e.notReachedTitle, known?.text ?? e.notReachedText, e.inputsKept);
        case 'lost':
          return lost();
        case 'not_sent':
          return notSent();
        case 'interrupted':
          return interrupted('warn');
        case 'not_understood':
          return ending('bad', 'error', known?.title ?? e.notUnderstoodTitle, known?.text ?? e.notUnderstoodText);
        default:
          return known
            ? { ...ending('bad', 'error', known.title, known.text, step ? e.inStep(step) : '', tried, e.inputsKept), ...quote }
            : { ...ending('bad', 'error', step ? e.failedStep(step) : e.failedTitle, tried, e.runAgainHint, e.inputsKept), ...quote };
      }
    case 'partly_succeeded':
      if (told.failed.length > 1) return { ...ending('warn', 'warn', e.partlySteps(told.failed.length), e.partlyNamed(named(told.failed, t)), e.partlySee), ...quote };
      return { ...ending('warn', 'warn', step ? e.partlyStep(step) : e.partlyTitle, e.partlyText), ...quote };
    case 'stopped':
      if (error?.cause === 'not_sent') return notSent();
      // The server's own time limit calls itself a stop, too.
      return error ? { ...ending('warn', 'stopped', t.reasons.stopped_elsewhere.title, t.reasons.stopped_elsewhere.text), ...quote } : ending('', 'stopped', e.stoppedTitle, t.underway.stoppedText);
    case 'unknown':
      if (error?.cause === 'not_sent') return notSent();
      return error?.cause === 'interrupted' ? interrupted('help') : lost();
    case 'paused':
      return ending('info', 'n-human', e.pausedTitle, e.pausedText);
    default:
      return null;
  }
}

/** The first of them by name. */
function named(steps: string[], t: Words): string {
  const few = [...new Set(steps)];
  const quoted = few.slice(0, 3).map((step) => t.endings.quoted(step));
  return listOf(few.length > 3 ? [...quoted, t.endings.moreSteps(few.length - 3)] : quoted, t);
}

/** Why nobody can say how it ended, in one sentence. Empty where it need not have been the connection: a server that never began is silent, too. */
function howLost(error: RunHead['error'], wantsKey: boolean, t: Words): string {
  const { lostHow, lostBecause, lostBy, lostAnyhow } = t.endings;
  const { code, subject } = error?.network ?? {};
  // Another key was entered since: what the first one was refused for need not be why the end is not known.
  if (code === 'key_refused' && !wantsKey) return '';
  const how: Partial<Record<FailureCode, (subject: string) => string>> = lostHow;
  const because: Partial<Record<FailureCode, string>> = lostBecause;
  if (code && !(code === 'server_error' && error?.reason)) return (subject && how[code]?.(subject)) || (because[code] ?? lostAnyhow);
  const reason = error?.reason;
  const by: Partial<Record<Reason, string>> = lostBy;
  if (reason) return by[reason] ?? t.reasons[reason].title + t.fullStop;
  return error?.message ? lostAnyhow : '';
}
