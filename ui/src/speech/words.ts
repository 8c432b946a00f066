/** What is the matter with what is listened to, in plain words. */
import { failureWords } from '../ipc/errors';
import type { PlayerTrouble } from '../ipc/gen/PlayerTrouble';
import type { Words } from '../text/en';

export function troubleWords(trouble: PlayerTrouble, t: Words): string {
  if (trouble.code === 'refused') {
    const { title, text } = failureWords(trouble.failure, t);
    return [`${t.speech.refused}${t.fullStop}`, `${title}${t.fullStop}`, text, t.speech.whatIsThere].filter(Boolean).join(t.betweenSentences);
  }
  if (trouble.code === 'not_kept') return trouble.full ? t.speech.troubles.not_kept_full : t.speech.troubles.not_kept;
  return t.speech.troubles[trouble.code];
}

/** Result files that are sound, by their extension; whether one can be played, its bytes decide. */
const sounds = new Set(['mp3', 'mpga', 'wav', 'flac', 'ogg', 'oga', 'opus', 'm4a', 'aac']);

export const isSound = (extension: string) => sounds.has(extension.toLowerCase());
