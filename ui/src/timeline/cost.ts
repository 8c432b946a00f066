import type { Words } from '../text/en';
import type { Cost } from './tree';

const formats = new Map<string, Intl.NumberFormat>();

/** “$0.0313”: as the server gives it, with at most two telling digits after the zeros. Empty when it is nothing. */
export function cost(price: string | null, currency: string | null, t: Words): string {
  return price === null ? '' : costText({ amount: Number(price), currency }, t);
}

export function costText(cost: Cost | null, t: Words): string {
  if (cost === null || !Number.isFinite(cost.amount) || cost.amount <= 0) return '';
  const key = `${t.locale} ${cost.currency ?? 'USD'}`;
  let format = formats.get(key);
  const digits = { minimumFractionDigits: 2, maximumSignificantDigits: 3 };
  try {
    if (!format) formats.set(key, (format = new Intl.NumberFormat(t.locale, { style: 'currency', currency: cost.currency ?? 'USD', currencyDisplay: 'narrowSymbol', ...digits })));
    return format.format(cost.amount);
  } catch {
    // Servers may name a currency that is none.
    return `${new Intl.NumberFormat(t.locale, digits).format(cost.amount)} ${cost.currency ?? ''}`.trim();
  }
}
