import { describe, expect, it } from 'vitest';
import type { Usage } from '../ipc/gen/Usage';
import { added, currenciesOf, fromOf, heights, together } from './sums';

const row = (week: number, appId: string, runs: number, costs: [string, string][]) => ({ week, appId, runs, failed: 1, seconds: 2.5, tokens: 10, priced: 2, costs: costs.map(([currency, amount]) => ({ currency, amount })) });
const usage: Usage = {
  weeks: [1, 2, 3],
  apps: [],
  rows: [row(1, 'a', 3, [['USD', '0.1']]), row(1, 'b', 2, [['RMB', '7'], ['USD', '0.2']]), row(3, 'a', 5, [])],
};

describe('what runs used', () => {
  it('is added up to the last digit', () => {
    expect(added(['0.1', '0.2'])).toBe('0.3');
    expect(added(['0.000000001', '999999999999999999'])).toBe('999999999999999999.000000001');
    expect(added(['1.50', '-2'])).toBe('-0.5');
    expect(added([])).toBe('0');
    expect(added(['free', '1'])).toBe('1');
  });

  it('keeps currencies apart', () => {
    expect(together(usage.rows)).toEqual({ runs: 10, failed: 3, seconds: 7.5, tokens: 30, priced: 6, costs: [{ currency: 'RMB', amount: '7' }, { currency: 'USD', amount: '0.3' }] });
    expect(currenciesOf(usage)).toEqual(['RMB', 'USD']);
  });

  it('has a bar for each week, also for one without runs', () => {
    expect(heights(usage, 'runs', 'USD')).toEqual([5, 0, 5]);
    expect(heights(usage, 'cost', 'USD')).toEqual([0.3, 0, 0]);
    expect(heights(usage, 'cost', 'RMB')).toEqual([7, 0, 0]);
  });

  it('is of this week and those before it', () => {
    const now = new Date(2026, 2, 4, 12).getTime();
    expect(new Date(fromOf('weeks4', now) ?? 0)).toEqual(new Date(2026, 1, 11, 12));
    expect(fromOf('all', now)).toBeNull();
  });
});
