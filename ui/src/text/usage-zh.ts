import { n } from './numbers-zh';
import type { UsageWords } from './usage-en';

/** 按周统计的用量。与 usage-en.ts 对应。 */
export const usage: UsageWords = {
  title: '用量',
  intro: '统计本机历史记录中的运行，每周从星期一开始。',
  app: '应用',
  allApps: '全部应用',
  span: '时间',
  spans: { weeks4: '最近 4 周', weeks12: '最近 12 周', weeks52: '最近 52 周', all: '全部' },
  measure: '显示',
  measures: { runs: '运行次数', failed: '失败', seconds: '用时', tokens: 'Token 数', cost: '费用' },
  week: '周（起始日）',
  failed: '失败',
  runs: '运行次数',
  time: '用时',
  tokens: 'Token 数',
  cost: '费用',
  total: '合计',
  empty: '这段时间没有运行',
  chart: (measure) => `每周${measure}，下表内容相同。`,
  bar: (week, value) => `${week} 起的一周：${value}`,
  runsSaid: (runs) => `${n(runs)} 次运行`,
  tokensSaid: (tokens) => `${n(tokens)} 个 Token`,
  mixed: '不同币种的费用分别统计，图表只显示一种。',
  currency: '币种',
  saveCsv: '存为 CSV…',
  saveTitle: '将用量另存为',
  fileName: '用量',
  saved: '已保存。',
};
