/** 中文数字格式。与 numbers-en.ts 对应。 */
const number = new Intl.NumberFormat('zh-CN');
export const n = (value: number) => number.format(value);
