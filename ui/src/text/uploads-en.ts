import { count, n } from './numbers-en';

/** Files on their way to the server, in English. */
export const uploads = {
  queued: 'Waiting for its turn',
  /** Of a second. */
  speed: (size: string) => `${size}/s`,
  standsStill: 'nothing moves at the moment',
  left: { s: (seconds: number) => `${n(seconds)} s left`, min: (minutes: number) => `about ${n(minutes)} min left`, h: (hours: number) => `about ${n(hours)} h left` },
  confirming: (size: string) => `${size} sent, waiting for the server`,
  again: { s: (seconds: number) => `Trying again in ${n(seconds)} s.`, min: (minutes: number) => `Trying again in ${n(minutes)} min.` },
  tryNow: 'Try now',
  tryNowLabel: (name: string) => `Try to upload ${name} now`,
  interrupted: 'An upload was interrupted. It is tried again by itself.',
  sum: (done: number, all: number) => `${n(done)} of ${count(all, 'file', 'files')} uploaded`,
  sumLabel: 'Uploading all files',
  allThere: (files: number) => (files === 1 ? 'The file is uploaded.' : `All ${n(files)} files are uploaded.`),
  refusedFrom: (size: string) => `A file of ${size} did not get through.`,
};

export type UploadWords = typeof uploads;
