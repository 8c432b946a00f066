/** Weeks and apps as the chart and the table show them. Pure; amounts of money are Rust's, exact, and only added here. */
import type { Cost } from '../ipc/gen/Cost';
import type { Usage } from '../ipc/gen/Usage';
import type { UsageRow } from '../ipc/gen/UsageRow';

export type Measure = 'runs' | 'failed' | 'seconds' | 'tokens' | 'cost';
export type Span = 'weeks4' | 'weeks12' | 'weeks52' | 'all';

export const spans: Span[] = ['weeks4', 'weeks12', 'weeks52', 'all'];
const weeksOf: Record<Exclude<Span, 'all'>, number> = { weeks4: 4, weeks12: 12, weeks52: 52 };

/** The beginning of a time that ends with this week; null: from the first run on. */
export function fromOf(span: Span, now: number): number | null {
  if (span === 'all') return null;
  const date = new Date(now);
  date.setDate(date.getDate() - 7 * (weeksOf[span] - 1));
  return date.getTime();
}

/** Adds decimal texts to the last digit: `0.1` and `0.2` are `0.3`. */
export function added(amounts: readonly string[]): string {
  const places = Math.max(0, ...amounts.map((amount) => amount.split('.')[1]?.length ?? 0));
  let units = 0n;
  for (const amount of amounts) {
    const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount);
    if (!match) continue;
    const [, sign, whole = '0', fraction = ''] = match;
    const value = BigInt(whole + fraction.padEnd(places, '0'));
    units += sign === '-' ? -value : value;
  }
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${digits.slice(0, digits.length - places)}${places > 0 && fraction ? `.${fraction}` : ''}`;
}

export type Sum = Omit<UsageRow, 'week' | 'appId'>;

/** Rows together; currencies stay apart. */
export function together(rows: readonly UsageRow[]): Sum {
  const sum = (of: (row: UsageRow) => number) => rows.reduce((all, row) => all + of(row), 0);
  const all = rows.flatMap((row) => row.costs);
  const currencies = [...new Set(all.map((cost) => cost.currency))].sort();
  const costs = currencies.map((currency): Cost => ({ currency, amount: added(all.filter((cost) => cost.currency === currency).map((cost) => cost.amount)) }));
  return { runs: sum((row) => row.runs), failed: sum((row) => row.failed), seconds: sum((row) => row.seconds), tokens: sum((row) => row.tokens), costs, priced: sum((row) => row.priced) };
}

export function currenciesOf(usage: Usage): string[] {
  return [...new Set(usage.rows.flatMap((row) => row.costs.map((cost) => cost.currency)))].sort();
}

/** One number for each week; of money in one currency. */
export function heights(usage: Usage, measure: Measure, currency: string): number[] {
  return usage.weeks.map((week) => {
    const sum = together(usage.rows.filter((row) => row.week === week));
    return measure === 'cost' ? Number(sum.costs.find((cost) => cost.currency === currency)?.amount ?? 0) : sum[measure];
  });
}
