/** Words about runs under way: the list of them, out of contact, stopping, and endings nobody saw. */
const number = new Intl.NumberFormat('en');
const n = (value: number) => number.format(value);
const count = (value: number, one: string, many: string) => `${n(value)} ${value === 1 ? one : many}`;

export const underway = {
  title: 'Under way',
  ofApp: (app: string) => `Runs of ${app}`,
  newRun: 'New run',
  more: (runs: number) => `${n(runs)} more`,
  moreRuns: (runs: number) => `${count(runs, 'more run', 'more runs')}`,
  dismiss: (title: string) => `Close “${title}”. It stays in the history.`,
  isNew: 'new',
  /** Beside an app in the side bar. */
  going: (runs: number) => `${count(runs, 'run', 'runs')} under way`,
  waiting: (runs: number) => (runs === 1 ? '1 run waits for you' : `${n(runs)} runs wait for you`),
  ended: (runs: number) => `${count(runs, 'run has', 'runs have')} ended`,

  /** Of a run that is not on screen. */
  told: {
    succeeded: (title: string) => `“${title}” succeeded.`,
    partly_succeeded: (title: string) => `“${title}” succeeded in part.`,
    failed: (title: string) => `“${title}” failed.`,
    stopped: (title: string) => `“${title}” was stopped.`,
    unknown: (title: string) => `It is not known how “${title}” ended.`,
    waiting: (title: string) => `“${title}” waits for your answer.`,
    paused: (title: string) => `“${title}” is waiting.`,
  },
  toldMany: (runs: number) => `${n(runs)} runs have news.`,
  show: 'Show',

  seconds: (seconds: number) => count(seconds, 'second', 'seconds'),
  minutes: (minutes: number) => count(minutes, 'minute', 'minutes'),
  hours: (hours: number) => count(hours, 'hour', 'hours'),

  files: (files: number) => count(files, 'file', 'files'),
  stepsSeen: (steps: number) => `${count(steps, 'step', 'steps')} seen`,
  lastNews: (span: string) => `last news ${span} ago`,
  onServer: 'Running on the server',
  onServerSpoken: 'The server says that the run goes on.',
  unconfirmed: 'the server has not confirmed yet',
  stopAgain: 'Stop again',
  stopFailed: 'The run was not stopped.',

  notBegunTitle: 'The server has not begun yet',
  notBegunText: (span: string) => `The server was asked ${span} ago and has not begun: it may be busy. Go on waiting, or stop the run. If this happens often, tell the people who look after the server.`,
  atOnceTitle: 'The result comes all at once',
  atOnceText: 'This connection asks for the whole result in one answer. Neither steps nor text are seen before the end.',

  contact: {
    lostTitle: 'The connection was lost. Reconnecting…',
    lostText: 'Nothing is lost: the workflow may still be running on the server. What is missing is filled in as soon as the connection is back.',
    goesOnTitle: 'The server says that this run goes on',
    goesOnText: 'Only its steps cannot be seen from here. The result is fetched as soon as it is there.',
    nobodyAsks: 'Flowdeck does not ask the server by itself at the moment, for example because the key is missing or the keychain is locked.',
    keyNeeded: 'The server is not asked without a valid key. Enter it, then try again.',
    stopWaits: 'You asked to stop it. That is passed on as soon as the server answers.',
    stopPending: 'You asked to stop it: the server has not done so yet.',
    since: (time: string, span: string) => `No news since ${time}, for ${span}.`,
    seenUntil: (time: string, span: string) => `The last news of its steps came at ${time}, ${span} ago.`,
    nextIn: (span: string) => `Next try in ${span}.`,
    asking: 'Asking the server…',
    tries: (tries: number) => (tries === 1 ? 'Asked once in vain.' : `Asked ${n(tries)} times in vain.`),
    until: (time: string) => `Flowdeck goes on asking until ${time}.`,
    always: 'Flowdeck goes on asking.',
    tryNow: 'Try now',
    waitsText: (span: string) => `The server cannot be reached at the moment. Next try in ${span}.`,
    waitsAsking: 'The server cannot be reached at the moment. Asking it again…',
  },

  keepChecking: 'Keep checking',
  /** What to do about an end that nobody saw. */
  checkFirst: 'Keep checking before you start it once more.',
  lookInDify: 'This server cannot be asked about past runs: look in Dify, under Logs, before you start it once more.',
  appGone: 'The app is no longer connected, so the server cannot be asked.',
  stoppedText: 'The server has confirmed it. What was written so far is kept.',

  twiceTitle: (title: string) => `Run “${title}” a second time?`,
  twiceText: 'Nobody knows how the first run ended. It may be finished, or still be going on at the server. Whatever the workflow does, such as sending a message or making an entry, may then happen twice.',
  twiceNo: 'Do not run it',
  twiceYes: 'Run it a second time',

  stopNotHeard: 'You asked to stop this run, but the server could not be told. It may have gone on.',
  gapMoment: (at: string) => `Some steps around ${at} were not seen: the connection broke for a moment.`,
  gapClosed: (from: string, to: string) => `Steps between ${from} and ${to} were not seen: Flowdeck was not running.`,
  gapOnDays: (from: string, to: string) => `Steps between ${from} and ${to} were not seen: there was no connection.`,
  gap: (from: string, to: string, span: string) => `Steps between ${from} and ${to} were not seen: there was no connection for ${span}.`,
  shortcut: 'New run: the form of this app',
};
