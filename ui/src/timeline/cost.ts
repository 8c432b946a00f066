import type { Words } from '../text/en';

/** “$0.0313”: as the server gives it, with at most two telling digits after the zeros. Empty when it is nothing. */
export function cost(price: string | null, currency: string | null, t: Words): string {
  const value = Number(price);
  if (price === null || !Number.isFinite(value) || value <= 0) return '';
  const digits = { minimumFractionDigits: 2, maximumSignificantDigits: 3 };
  try {
    return new Intl.NumberFormat(t.locale, { style: 'currency', currency: currency ?? 'USD', currencyDisplay: 'narrowSymbol', ...digits }).format(value);
  } catch {
    // Servers may name a currency that is none.
    return `${new Intl.NumberFormat(t.locale, digits).format(value)} ${currency ?? ''}`.trim();
  }
}
