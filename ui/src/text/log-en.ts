import { count, n } from './numbers-en';

/** Runs known from a server's list of them, in English. */
export const serverLog = {
  updating: 'Looking for new runs…',
  justNow: 'Updated just now',
  minutesAgo: (minutes: number) => `Updated ${n(minutes)} min ago`,
  updatedAt: (when: string) => `Last updated: ${when}`,
  update: 'Look for new runs on the server',
  stop: 'Stop',
  since: (day: string) => `Runs on the server since ${day} are known`,
  allOfEverybody: 'All runs on the server are known',
  others: (runs: number) => `${count(runs, 'run', 'runs')} of other people`,

  troubles: {
    no_log: 'This server keeps no list of runs. Runs made here are all kept.',
    no_details: 'This server tells no more about past runs.',
    not_reached: 'The server was not reached. What is known stays.',
    busy: 'The server asks to wait. What is known stays.',
    key_missing: 'To look for runs on the server, the app needs its key.',
    key_refused: 'The server refuses the key. What is known stays.',
    refused: 'The server does not show its list of runs to this key.',
    not_understood: 'The server’s list of runs could not be read.',
    not_kept: 'This computer could not keep the list. Check the free space.',
  },

  search: 'Search the server too',
  searching: 'Searching on the server…',
  onServer: 'On the server',
  foundThere: (runs: number) => (runs === 0 ? 'No more runs were found on the server.' : `${count(runs, 'more run', 'more runs')} on the server`),
  foundMeans: 'Their inputs and results are not on this computer yet. They are fetched when you open them.',
  searchStopped: 'The search was stopped before its end.',
  moreThere: 'Only the newest runs with these words were looked at. Add a word to narrow it down.',
  notSearched: (app: string, why: string) => `${app}: ${why}`,
  inexact: 'Servers cannot be asked for everything you typed, so some of these runs may not fit.',
  nothingToAsk: 'This search leaves nothing to ask a server for.',
  noneAsked: 'No app is connected that could be asked.',
  closeFound: 'Close what was found on the server',

  showOthers: 'Also show runs of other people…',
  onlyOwn: 'Show only my own runs',
  askTitle: (app: string) => `Show everybody’s runs of “${app}”?`,
  askText: 'The key of this app lets you see what other people ran with it: what they entered, and their results. They are not told. Ask yourself whether they would mind. You can go back at any time; their runs are then removed from this computer, except those you starred, tagged or wrote a note about.',
  askNo: 'Only my own',
  askYes: 'Show all runs',

  fetchAll: (runs: number) => `Fetch the details of ${count(runs, 'run', 'runs')} for reading offline`,
  allFetched: 'All details are on this computer.',
  fetchingNow: 'They are being fetched.',
  fetching: (done: number, of: number) => `Fetching details: ${done} of ${of}`,

  fetchingRun: 'Fetching this run from the server…',
  needsServer: 'Only the server’s list of this run is on this computer.',
  goesOn: 'On the server this run has not ended yet.',
  onlyHead: 'Its inputs and result are on the server.',
  fromServer: 'This run was not made on this computer. The server tells what went in and what came out, but not its steps.',
};
