import { count } from './numbers-en';

/** Words about listening, in English. */
export const speech = {
  listen: 'Listen',
  listenTo: 'Listen to the result',
  listenToFile: (name: string) => `Listen to “${name}”`,
  playFile: (name: string) => `Play ${name}`,
  play: 'Play',
  pause: 'Pause',
  again: 'Play again from the beginning',
  loading: 'Loading the voice',
  back: 'Back 10 seconds',
  forward: 'Forward 10 seconds',
  position: 'Position',
  /** 1 minute 12 seconds of 3 minutes 10 seconds */
  at: (position: string, duration: string) => `${position} of ${duration}`,
  /** While more is still to come. */
  atSoFar: (position: string, duration: string) => `${position} of ${duration} so far`,
  span(seconds: number): string {
    const whole = Math.floor(seconds);
    const minutes = whole >= 60 ? `${count(Math.floor(whole / 60), 'minute', 'minutes')} ` : '';
    return whole >= 60 && whole % 60 === 0 ? minutes.trim() : `${minutes}${count(whole % 60, 'second', 'seconds')}`;
  },
  /** Behind the duration: more is still to come. */
  more: 'More is still to come',
  speed: 'Speed',
  times: (speed: string) => `${speed}×`,
  volume: 'Volume',
  percent: (volume: number) => `${volume} %`,
  stop: 'Stop listening',
  save: (format: string) => `Save as ${format}…`,
  saving: 'Saving…',
  saveTitle: 'Save the speech',
  saved: 'Saved.',
  nothingToSave: 'There is no sound to save',
  openFile: 'Open in another program',
  showRun: 'Show the run',
  listeningTo: (title: string) => `Listening to “${title}”`,
  autoplay: 'Play speech as it arrives',
  autoplayHelp: 'Some apps read their answers aloud while a run goes on. When this is off, you hear them only when you press “Listen”.',
  toggleKey: 'Play or pause, in the player',
  moveKey: 'Ten seconds back or forward, in the player',
  spoken: { loading: 'Loading the voice.', playing: 'Playing.', paused: 'Paused.', ended: 'The end.' },
  troubles: {
    no_device: 'This computer has nothing to play sound with. Connect a loudspeaker or headphones, then press Play.',
    device_lost: 'The loudspeaker or the headphones are gone. It plays on when they are back, or when you press Play.',
    broken: 'What the server sent cannot be played: it is no sound, or it is broken. The result itself is not affected.',
    unknown_kind: 'This kind of sound cannot be played here. You can save it, or open it in another program.',
    incomplete: 'The server did not send all of it. This is what arrived.',
    too_much: 'The server sent more sound than is kept of one run. This is the beginning of it.',
    not_kept: 'The sound could not be written to the disk. This is what was written.',
    not_kept_full: 'The disk is full, so the rest of the sound could not be kept. Make some room and try again.',
    nothing_to_say: 'There is nothing in this text that could be read aloud.',
  },
  refused: 'It cannot be read on',
  whatIsThere: 'What is there can be played. Press Play at its end to try once more.',
};
