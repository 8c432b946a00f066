/** Without a network: what is said of it, and runs that are kept ready. */
const number = new Intl.NumberFormat('en');
const n = (value: number) => number.format(value);

export const offline = {
  since: (when: string) => `Offline since ${when}.`,
  whatWorks: 'Everything on this computer can be read and searched.',
  awaySince: (app: string, when: string) => `The server of “${app}” has not been reached since ${when}.`,
  canKeep: 'Runs can be kept ready and sent later.',
  checking: 'Looking for the server…',

  keep: 'Keep ready',
  keepWhy: 'Keeps what is filled in as a run that you send later. Nothing is sent by itself.',
  kept: (title: string) => `“${title}” is kept ready.`,
  untitled: 'Run without a title',

  title: 'Kept ready',
  titleOf: (count: number) => `Kept ready, ${n(count)}`,
  waits: 'These are sent when you choose “Send now”, and never by themselves.',
  send: 'Send now',
  sendOf: (title: string) => `Send now: “${title}”`,
  sending: 'Sending…',
  notNow: 'There is no connection to the server. You can try all the same.',
  edit: 'Edit',
  editOf: (title: string) => `Edit “${title}”`,
  editing: 'It is filled in again, and no longer kept ready.',
  remove: 'Remove',
  removeOf: (title: string) => `Remove “${title}”`,
  removed: (title: string) => `“${title}” was removed.`,
  removedSome: (count: number) => `${n(count)} runs were removed.`,
  filesGone: (names: string) => `No longer there: ${names}.`,
  filesChanged: (names: string) => `Changed since, will be sent as they are now: ${names}.`,
  formChanged: 'The form has changed since. Look it over before you send it.',
  lookOver: 'It could not be sent as it is. Look it over, then choose Run.',
};

export type OfflineWords = typeof offline;
