const number = new Intl.NumberFormat('en');
const count = (value: number, one: string, many: string) => `${number.format(value)} ${value === 1 ? one : many}`;

/** What is said when the data on this computer cannot be opened, or was damaged. */
export const crash = {
  broken: {
    title: 'Flowdeck could not open its data',
    kept: 'Your apps and past runs are kept in this folder, as they were:',
    disk_full: 'The disk is full. Make some room on it, then try again.',
    disk_read_only: 'Flowdeck may not write in the folder below, or the disk is write-protected. Ask your IT support for permission to write there, then try again.',
    store_locked: 'Another program has the data open, such as a backup or a virus scanner. Wait a moment or close it, then try again.',
    store_damaged: 'A part of it is damaged. Try again: Flowdeck then starts anew, brings over everything that can still be read, and keeps the old file.',
    other: 'Try again. If that does not help, restart the computer, then send the technical details to your IT support.',
  },
  /** The history was damaged; what could be read of it is in a new one. */
  setAside: (file: string, runs: number, apps: number, whole: boolean) =>
    [
      'The data on this computer was damaged, so a new file was begun.',
      runs + apps === 0
        ? 'Nothing of the old one could be read: connect your apps again.'
        : `${count(runs, 'run', 'runs')} and ${count(apps, 'app', 'apps')} were brought over${whole ? '.' : '; some of the rest could not be read.'}`,
      `The old file is kept as ${file}. Ask your IT support before you delete it.`,
    ].join(' '),
};
