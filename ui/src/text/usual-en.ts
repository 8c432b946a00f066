import { count, n } from './numbers-en';

/** How long runs usually take, and how much is left, in English. Figures come rounded up. */
export const usual = {
  seconds: (seconds: number) => count(seconds, 'second', 'seconds'),
  fewSecondsLeft: 'a few seconds left',
  leftSeconds: (seconds: number) => `about ${n(seconds)} s left`,
  leftMinutes: (minutes: number) => `about ${n(minutes)} min left`,
  leftHours: (hours: number) => `about ${n(hours)} h left`,
  /** Beside the time it took so far, where there is little room. */
  short: { s: (seconds: number) => `~${n(seconds)} s left`, min: (minutes: number) => `~${n(minutes)} min left`, h: (hours: number) => `~${n(hours)} h left` },
  s: (figure: string) => `${figure} s`,
  min: (figure: string) => `${figure} min`,
  h: (figure: string) => `${figure} h`,
  /** The middle half of the past runs. */
  range: (low: string, high: string) => `${low}–${high}`,
  takes: (time: string) => `usually ${time}`,
  takesAbout: (time: string) => `usually about ${time}`,
  /** The time it took so far stands beside it. */
  late: (usually: string) => `longer than usual (${usually})`,
  lateAlone: (soFar: string, usually: string) => `longer than usual (${soFar} so far, ${usually})`,
  steps: (done: string, usually: number) => `${done}, usually about ${n(usually)}`,
  progress: 'Steps done',
  progressOf: (done: number, usually: number) => `${n(done)} of usually about ${count(usually, 'step', 'steps')} done`,
  /** Once, with the word that it has begun. */
  spoken: (usually: string) => `For this app: ${usually}.`,
  spokenLate: 'It takes longer than usual.',
};
