import { app } from './app-en';
import { atStart } from './at-start-en';
import { checks } from './checks-en';
import { compare } from './compare-en';
import { crash } from './crash-en';
import { desktop } from './desktop-en';
import { failures, reasons } from './failures-en';
import { drop, form } from './form-en';
import { history } from './history-en';
import { issues } from './issues-en';
import { kept } from './kept-en';
import { serverLog } from './log-en';
import { count, n } from './numbers-en';
import { offline } from './offline-en';
import { outputs } from './outputs-en';
import { question } from './question-en';
import { reading } from './reading-en';
import { endings, notices, run } from './run-en';
import { link, network, settings, shortcuts } from './settings-en';
import { copies, source } from './source-en';
import { connect, start } from './start-en';
import { speech } from './speech-en';
import { steps } from './steps-en';
import { underway } from './underway-en';
import { uploads } from './uploads-en';
import { usual } from './usual-en';
import { ways } from './ways-en';

/** Every visible word in English. `zh.ts` has the same shape. Text of servers and apps is never in here. */
export const en = {
  locale: 'en',
  appName: 'Flowdeck',

  common: {
    cancel: 'Cancel',
    close: 'Close',
    copy: 'Copy',
    copied: 'Copied',
    copyFailed: 'Copying did not work. Select the text and copy it by hand.',
    tryAgain: 'Try again',
    technicalDetails: 'Technical details',
    add: 'Add',
    undo: 'Undo',
    dismiss: 'Dismiss',
    notifications: 'Messages',
    showAll: (characters: number) => `Show all, ${n(characters)} characters`,
    skipToContent: 'Skip to the content',
    loading: 'Loading',
    yes: 'Yes',
    no: 'No',
  },

  sidebar: {
    label: 'Apps and navigation',
    hide: 'Hide the side bar',
    show: 'Show the side bar',
    search: 'Search apps',
    noMatch: 'No app has this name.',
    apps: 'Apps',
    allRuns: 'All runs',
    connect: 'Connect an app',
    settings: 'Settings',
    running: 'running',
    keyProblem: 'key needed',
  },

  start,
  connect,
  app,
  form,
  kept,
  checks,
  issues,
  drop,
  ways,
  run,
  reading,
  endings,
  notices,
  steps,
  offline,
  outputs,
  source,
  copies,
  speech,
  compare,

  history,
  serverLog,

  settings,
  network,
  shortcuts,
  link,

  atStart,
  crash,

  saidByServer: (words: string) => `The server says: “${words}”`,
  underway,
  uploads,
  usual,
  desktop,
  failures,
  question,
  failuresAbout: {
    connect_timed_out: (seconds: string) => `No connection came about within ${count(Number(seconds), 'second', 'seconds')}. Check the address and the network, or turn on the VPN.`,
    timed_out: (seconds: string) => `It accepted the connection but did not answer within ${count(Number(seconds), 'second', 'seconds')}. It may be busy.`,
    went_silent: (seconds: string) => `It began to answer and then went silent for ${count(Number(seconds), 'second', 'seconds')}.`,
    upload_stalled: (seconds: string) => `The server took nothing more of the file for ${count(Number(seconds), 'second', 'seconds')}.`,
    proxy_unreachable: (proxy: string) => `Requests leave this computer through the proxy ${proxy}, and it could not be reached. Check its address.`,
    proxy_login_needed: (proxy: string) => `Enter the user name and the password of ${proxy}.`,
    proxy_login_refused: (proxy: string) => `Check the user name and the password of ${proxy}.`,
    proxy_refused: (proxy: string) => `${proxy} may not be allowed to, or cannot reach the server either. Check the address, or ask your administrator.`,
    plain_http: (address: string) => `Your key and documents would travel unprotected to ${address}. Others in the network could read them. Use https if the server offers it.`,
    certificate_expired: (at: string) => `It expired on ${new Intl.DateTimeFormat('en-GB', { dateStyle: 'long' }).format(Number(at))}. Ask your administrator for the current one.`,
    moved: (address: string) => `It sends Flowdeck on to ${address}, which is another place. The key was not sent there. Connect the app again at its new address.`,
  },
  reasons,
  wait: (seconds: number) => (seconds <= 90 ? `Try again in ${count(seconds, 'second', 'seconds')}.` : `Try again in ${count(Math.ceil(seconds / 60), 'minute', 'minutes')}.`),
  waitAMinute: 'Try again in a minute.',
  waitMinutes: 'Try again in a few minutes.',
  betweenSentences: ' ',
  fullStop: '.',
  runsAtATime: (runs: number) => `It takes at most ${count(runs, 'run', 'runs')} at a time.`,
  chatApp: (mode: string) => `It is an app of the kind “${mode}”.`,

};

export type Words = typeof en;
