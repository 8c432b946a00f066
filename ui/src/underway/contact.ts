/** What is said of a run that nobody hears of at the moment: what is known, what is in the way, what to do. Pure. */
import { networkFailures, troubleWords } from '../ipc/errors';
import type { App } from '../ipc/gen/App';
import type { FailureCode } from '../ipc/gen/FailureCode';
import type { NetworkTrouble } from '../ipc/gen/NetworkTrouble';
import type { RunHead } from '../ipc/gen/RunHead';
import type { IconName } from '../parts/icons';
import type { Words } from '../text/en';

export interface ContactSaid {
  icon: IconName;
  title: string;
  /** Sentences. */
  text: string[];
  /** The word in the status line and in lists. */
  word: string;
  /** Only the user can help: without a key nobody is asked. */
  keyNeeded: boolean;
  /** The network settings may help. */
  mendable: boolean;
}

type Head = Pick<RunHead, 'status' | 'contact' | 'error'>;
type Key = Pick<App, 'origin' | 'key'> | undefined;

export function keyNeeded(app: Key): boolean {
  return app?.origin === 'server' && (app.key === 'missing' || app.key === 'refused');
}

/** One that waits needs no contact: that it has none is a small thing there. */
export function isAway({ status, contact }: Pick<RunHead, 'status' | 'contact'>): boolean {
  return status === 'out_of_contact' || (contact !== null && (status === 'starting' || status === 'running' || status === 'stopping'));
}

/** `stopping`: it was asked to stop, here or in Rust. */
export function contactSaid(head: Head, app: Key, stopping: boolean, t: Words): ContactSaid {
  const c = t.underway.contact;
  const { contact } = head;
  const trouble = contact ? contact.trouble : (head.error?.network ?? null);
  const said = (icon: IconName, title: string, word: string, ...text: string[]): ContactSaid => ({
    icon,
    title,
    word,
    text: text.filter(Boolean),
    keyNeeded: false,
    mendable: trouble !== null && networkFailures.has(trouble.code),
  });
  if (contact?.goesOn) {
    return stopping
      ? said('server', c.stopTitle, t.run.statuses.stopping, c.stopPending)
      : said('server', c.goesOnTitle, t.underway.onServer, c.goesOnText);
  }
  const wish = stopping ? c.stopWaits : '';
  if (keyNeeded(app)) {
    const [title, text] = app?.key === 'missing' ? [c.keyMissingTitle, c.keyMissingText] : [c.keyRefusedTitle, c.keyRefusedText];
    return { ...said('key', title, t.underway.keyWord, stopping ? c.keyStop : '', text), keyNeeded: true, mendable: false };
  }
  // An entered key is tried at once: what was said of the one before is over.
  const inTheWay = trouble?.code === 'key_refused' || trouble?.code === 'key_missing' ? null : trouble;
  if (contact === null) return said('offline', c.nobodyTitle, t.underway.awayWord, wish, c.nobodyText);
  if (inTheWay === null) {
    return stopping ? said('stop', c.stopTitle, t.run.statuses.stopping, c.stopPending) : said('offline', c.askingTitle, t.run.statuses.out_of_contact, c.nothingLost);
  }
  const { title, text } = troubleSaid(inTheWay, contact.tries, t);
  return said('offline', title, t.run.statuses.out_of_contact, wish, text, stopping ? '' : c.nothingLost);
}

/** A connection that broke is another thing than a server that was asked in vain since. */
function troubleSaid(trouble: NetworkTrouble, tries: number, t: Words): { title: string; text: string } {
  const c = t.underway.contact;
  const own: Partial<Record<FailureCode, { title: string; text: string }>> = c.troubles;
  if (trouble.code === 'unreachable' && tries === 0) return { title: c.lostTitle, text: '' };
  return own[trouble.code] ?? troubleWords(trouble, t);
}
