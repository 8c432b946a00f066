/** Closing the window while something is under way, the tray's menu, and notifications, in English. */
const n = (value: number) => new Intl.NumberFormat('en').format(value);
const runs = (value: number) => (value === 1 ? '1 run' : `${n(value)} runs`);
const are = (value: number) => (value === 1 ? '1 run is' : `${n(value)} runs are`);

/** How a run ended that nobody looked at, or that it waits. */
export type Told = 'ready' | 'partly' | 'failed' | 'stopped' | 'unknown' | 'waiting' | 'paused';

export const desktop = {
  closing: {
    closeTitle: (count: number) => `Close the window while ${are(count)} under way?`,
    quitTitle: (count: number) => `Quit while ${are(count)} under way?`,
    closeAtWork: 'Close the window while Flowdeck is at work?',
    quitAtWork: 'Quit while Flowdeck is at work?',
    work: { backup: 'A backup is being made', restore: 'A backup is being read', export: 'Runs are being saved as a file' },
    workLost: (count: number) => `If Flowdeck ends before ${count === 1 ? 'that is' : 'these are'} done, what was written so far is removed, and you have to begin anew.`,
    breakOff: (count: number): string => (count === 0 ? 'Break off and quit' : 'Stop everything and quit'),
    breakingOff: 'Breaking off',
    tidying: 'Flowdeck ends as soon as what is half done has been removed.',
    more: (count: number) => `and ${n(count)} more`,
    inTray: (count: number) => `In the background ${count === 1 ? 'it goes' : 'they go'} on, and Flowdeck stays in the system tray.`,
    noTray: (count: number) => `In the background ${count === 1 ? 'it goes' : 'they go'} on without a window. Start Flowdeck again to bring the window back.`,
    atServer: (count: number) =>
      `If Flowdeck ends without stopping ${count === 1 ? 'it' : 'them'}, such as when the computer shuts down, newer servers go on by themselves. At the next start Flowdeck fetches what came of it.`,
    keep: 'Keep running in the background',
    stop: (count: number) => `Stop ${runs(count)} and quit`,
    cancel: 'Cancel',
    remember: 'Do not ask again',
    rememberHelp: 'You can change this in the settings.',
    stoppingTitle: (count: number) => `Stopping ${runs(count)}`,
    unheardTitle: (count: number) => `The stop did not reach the server${count === 1 ? '' : ` for ${runs(count)}`}`,
    unheard: (count: number) => `${count === 1 ? 'The run' : 'They'} may go on there. If Flowdeck ends now, it fetches what came of ${count === 1 ? 'it' : 'them'} at the next start.`,
    quitAnyway: 'Quit anyway',
    keepRunning: 'Keep running',
    stopping: 'Flowdeck ends as soon as the server confirms. If it does not within 5 seconds, Flowdeck asks once more.',
  },

  tray: {
    show: 'Show Flowdeck',
    runs: (count: number) => (count === 0 ? 'Nothing is running' : `${are(count)} under way`),
    quit: 'Quit',
  },

  told: {
    one: {
      ready: (run: string) => `${run} is ready.`,
      partly: (run: string, step: string) => (step ? `${run} is ready, but the step “${step}” failed.` : `${run} is ready, but not everything worked.`),
      failed: (run: string, step: string) => (step ? `${run} failed in the step “${step}”.` : `${run} failed.`),
      stopped: (run: string) => `${run} was stopped.`,
      // Without a title it is “a run”, here not at the beginning.
      unknown: (run: string) => `It is not known how ${run.replace(/^A /, 'a ')} ended.`,
      waiting: (run: string, step: string) => (step ? `${run} waits for you: “${step}”.` : `${run} waits for you.`),
      paused: (run: string) => `${run} waits.`,
    } satisfies Record<Told, (run: string, step: string) => string>,
    named: (title: string) => `“${title}”`,
    unnamed: 'A run',
    /** Several that all came to the same. */
    all: {
      ready: (count: number) => `${n(count)} runs are ready.`,
      partly: (count: number) => `${n(count)} runs are ready, but not everything worked.`,
      failed: (count: number) => `${n(count)} runs failed.`,
      stopped: (count: number) => `${n(count)} runs were stopped.`,
      unknown: (count: number) => `It is not known how ${n(count)} runs ended.`,
      waiting: (count: number) => `${n(count)} runs wait for you.`,
      paused: (count: number) => `${n(count)} runs wait.`,
    } satisfies Record<Told, (count: number) => string>,
    /** Several that came to different things. */
    part: {
      ready: (count: number) => `${n(count)} ready`,
      partly: (count: number) => `${n(count)} ready in part`,
      failed: (count: number) => `${n(count)} failed`,
      stopped: (count: number) => `${n(count)} stopped`,
      unknown: (count: number) => `${n(count)} with an unknown end`,
      waiting: (count: number) => `${n(count)} waiting for you`,
      paused: (count: number) => `${n(count)} waiting`,
    } satisfies Record<Told, (count: number) => string>,
    mixed: (count: number, parts: string[]) => `${runs(count)}: ${parts.join(', ')}.`,
  },

  settings: {
    title: 'Window and notifications',
    closing: 'When the window closes while runs are under way',
    closings: { ask: 'Ask', background: 'Keep them running', stop: 'Stop them and quit' },
    notify: 'Notifications',
    notifyHelp: 'When a run ends or waits while you look at something else.',
    titles: 'Name the run in notifications',
    titlesHelp: 'Others may see them on your screen. Results are never shown.',
  },
};
