/** Words about runs under way: the list of them, out of contact, stopping, and endings nobody saw. */
const number = new Intl.NumberFormat('en');
const n = (value: number) => number.format(value);
const count = (value: number, one: string, many: string) => `${n(value)} ${value === 1 ? one : many}`;

export const underway = {
  title: 'Under way',
  ofApp: (app: string) => `Runs of ${app}`,
  /** Beside how many are under way: how many wait. */
  waits: 'Waiting',
  newRun: 'New run',
  more: (runs: number) => `${n(runs)} more`,
  moreRuns: (runs: number) => `${count(runs, 'more run', 'more runs')}`,
  dismiss: (title: string) => `Close “${title}”. It stays in the history.`,
  isNew: 'new',
  /** Beside an app in the side bar. */
  going: (runs: number) => `${count(runs, 'run', 'runs')} under way`,
  waiting: (runs: number) => (runs === 1 ? '1 run waits for you' : `${n(runs)} runs wait for you`),
  resting: (runs: number) => `${count(runs, 'run', 'runs')} waiting`,
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
  /** Of an end nobody saw: how long it took is not known. */
  lastNewsAt: (time: string) => `last news at ${time}`,
  askedUntilAt: (time: string) => `asked until ${time}`,
  /** A run that goes on, and says nothing. */
  noNews: (span: string) => `no news for ${span}`,
  askedUntil: (time: string) => `is asked until ${time}`,
  answerBy: (time: string) => `answer by ${time}`,
  onServer: 'Running on the server',
  onServerSpoken: 'The server says that the run goes on.',
  unconfirmed: 'the server has not confirmed yet',
  notBegun: 'the server has not answered yet and is told as soon as it does',
  stopAgain: 'Stop again',
  stopFailed: 'The run was not stopped.',

  notBegunTitle: 'The server has not begun yet',
  notBegunText: (span: string) => `The server was asked ${span} ago and has not begun: it may be busy. Go on waiting, or stop the run. If this happens often, tell the people who look after the server.`,
  atOnceTitle: 'The result comes all at once',
  atOnceText: 'This connection asks for the whole result in one answer. Neither steps nor text are seen before the end.',

  /** In the status line and in lists. */
  keyWord: 'Key needed',
  awayWord: 'Out of contact',

  contact: {
    lostTitle: 'The connection was lost. Reconnecting…',
    askingTitle: 'Asking the server how this run goes on…',
    /** Nothing of it is gone, whatever is in the way. */
    nothingLost: 'Nothing is lost: the workflow may still be running on the server. What is missing is filled in as soon as the server tells.',
    goesOnTitle: 'The server says that this run goes on',
    goesOnText: 'Only its steps cannot be seen from here. The result is fetched as soon as it is there.',
    stopTitle: 'Waiting for the server to stop this run',
    stopPending: 'You asked to stop it: the server has not done so yet.',
    stopWaits: 'You asked to stop it. That is passed on as soon as the server answers.',
    keyRefusedTitle: 'The server does not accept the key any more',
    keyRefusedText: 'The workflow may still be running there, but without a valid key it tells nothing. Enter the key: Flowdeck then asks at once.',
    keyMissingTitle: 'The key of this app is not on this computer',
    keyMissingText: 'The workflow may still be running on the server, but without the key it tells nothing. Enter the key: Flowdeck then asks at once.',
    keyStop: 'You asked to stop it. Without a valid key the server does not take that.',
    nobodyTitle: 'Flowdeck cannot ask the server at the moment',
    nobodyText: 'The key cannot be read, for example because the keychain is locked. Unlock it, then try again. The workflow may still be running on the server.',
    /** After asking in vain; the others say what they say everywhere. */
    troubles: {
      unreachable: { title: 'The server cannot be reached. Trying again…', text: 'Check that this computer is online, and that the VPN is on if the server needs it.' },
      connect_timed_out: { title: 'The server cannot be reached. Trying again…', text: 'Check that this computer is online, and that the VPN is on if the server needs it.' },
      timed_out: { title: 'The server answers too slowly. Trying again…', text: 'It may be busy.' },
      went_silent: { title: 'The server went silent. Asking it again…', text: '' },
      server_error: { title: 'The server answers with an error. Trying again…', text: 'It can be reached, but something is wrong there. If it stays so, tell your administrator.' },
      too_many_requests: { title: 'The server asks to wait. Trying again…', text: 'Too many requests came at once.' },
      not_dify: { title: 'Something else answers in the server’s place', text: 'Often it is the sign-in page of a network. Sign in with your browser or turn on the VPN; Flowdeck goes on trying.' },
      not_understood: { title: 'The server’s answer could not be read. Trying again…', text: 'If it stays so, tell your administrator.' },
    },
    since: (time: string, span: string) => `No news since ${time}, for ${span}.`,
    seenUntil: (time: string, span: string) => `The last news of its steps came at ${time}, ${span} ago.`,
    nextIn: (span: string) => `Next try in ${span}.`,
    asking: 'Asking the server…',
    tries: (tries: number) => (tries === 1 ? 'Asked once in vain.' : `Asked ${n(tries)} times in vain.`),
    until: (time: string) => `Flowdeck goes on asking until ${time}; after that the end counts as unknown.`,
    always: 'Flowdeck goes on asking.',
    tryNow: 'Try now',
    waitsText: (span: string) => `The server cannot be reached at the moment. Next try in ${span}.`,
    waitsAsking: 'The server cannot be reached at the moment. Asking it again…',
  },

  keepChecking: 'Keep checking',
  /** What to do about an end that nobody saw. */
  checkFirst: 'Keep checking before you start it once more.',
  keyFirst: 'Without a valid key the server tells nothing: enter the key, then keep checking before you start it once more.',
  lookInDify: 'This server cannot be asked about past runs: look in Dify, under Logs, before you start it once more.',
  appGone: 'The app is no longer connected, so the server cannot be asked.',
  stoppedText: 'The server has confirmed it. What was written so far is kept.',

  twiceTitle: (title: string) => `Run “${title}” a second time?`,
  twiceText: 'Nobody knows how the first run ended. It may be finished, or still be going on at the server. Whatever the workflow does, such as sending a message or making an entry, may then happen twice.',
  twiceNo: 'Do not run it',
  twiceYes: 'Run it a second time',

  stopNotHeard: 'You asked to stop this run, but the server could not be told. It may have gone on.',
  stopNotHeardGoesOn: 'You asked to stop this run, but the server could not be told. It goes on.',
  stopNotHeardEnded: 'You asked to stop this run, but the server could not be told, and it went on to its end.',
  gapMoment: (at: string) => `Some steps around ${at} were not seen: the connection broke for a moment.`,
  gapClosed: (from: string, to: string) => `Steps between ${from} and ${to} were not seen: Flowdeck was not running.`,
  gapOnDays: (from: string, to: string) => `Steps between ${from} and ${to} were not seen: there was no connection.`,
  gap: (from: string, to: string, span: string) => `Steps between ${from} and ${to} were not seen: there was no connection for ${span}.`,
  shortcut: 'New run: the form of this app',
};
