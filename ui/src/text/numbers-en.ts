/** Numbers in English, and what is counted. */
const number = new Intl.NumberFormat('en');
export const n = (value: number) => number.format(value);
export const count = (value: number, one: string, many: string) => `${n(value)} ${value === 1 ? one : many}`;
