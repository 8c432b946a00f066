/** What is said while the program starts, and of what it found then. */
export const atStart = {
  opening: { title: 'Opening your data', text: 'Flowdeck looks over the apps and past runs on this computer. This may take a moment.' },
  held: {
    title: 'Your data is in use by another program',
    text: 'A backup or a virus scanner, perhaps. Flowdeck waits and goes on by itself as soon as the data is free.',
  },

  /** Runs that the program before this one ended too early to send. */
  notSent: (count: number, name: string) =>
    count === 1 ? `“${name}” was not sent: Flowdeck ended before that. Open it to start it again.` : `${new Intl.NumberFormat('en').format(count)} runs were not sent: Flowdeck ended before that. Open them to start them again.`,

  /** Of a run whose stored copy has a hole. */
  notReadable: 'A part of this run can no longer be read from this computer. Everything else is shown.',
};
