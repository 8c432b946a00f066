import { count, n } from './numbers-en';

/** What runs used, week by week, in English. */
export const usage = {
  title: 'Usage',
  intro: 'Runs that are in your history on this computer. Weeks begin on Monday.',
  app: 'App',
  allApps: 'All apps',
  gone: 'No longer connected',
  whose: 'Whose runs',
  whoseRuns: { own: 'My own', known: 'All that are known' },
  whoseHelp: {
    own: 'Made here, or on another computer under your user.',
    known: 'All in this history: other people’s runs, where these are read, and runs from files count as well.',
  },
  priced: 'Cost known for',
  pricedOf: (priced: number, runs: number) => `${n(priced)} of ${count(runs, 'run', 'runs')}`,
  partly: (priced: number, runs: number) => `The cost is known for ${n(priced)} of ${count(runs, 'run', 'runs')}. The steps of the others are not on this computer.`,
  span: 'Time',
  spans: { weeks4: 'Last 4 weeks', weeks12: 'Last 12 weeks', weeks52: 'Last 52 weeks', all: 'All' },
  measure: 'Shown',
  measures: { runs: 'Runs', failed: 'Failed', seconds: 'Time', tokens: 'Tokens', cost: 'Cost' },
  week: 'Week of',
  failed: 'Failed',
  runs: 'Runs',
  time: 'Time',
  tokens: 'Tokens',
  cost: 'Cost',
  total: 'In all',
  empty: 'No runs in this time',
  chart: (measure: string) => `${measure} per week. The table below says the same.`,
  bar: (week: string, value: string) => `Week of ${week}: ${value}`,
  runsSaid: (runs: number) => count(runs, 'run', 'runs'),
  tokensSaid: (tokens: number) => `${n(tokens)} tokens`,
  mixed: 'Costs in several currencies are kept apart; the chart shows one.',
  currency: 'Currency',
  saveCsv: 'Save as CSV…',
  saveTitle: 'Save the usage as',
  fileName: 'usage',
  saved: 'Saved.',
};

export type UsageWords = typeof usage;
