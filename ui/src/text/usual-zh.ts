import type { usual as usualEn } from './usual-en';

const number = new Intl.NumberFormat('zh-CN');
const n = (value: number) => number.format(value);

/** 运行通常用时与剩余时间。与 usual-en.ts 结构相同，数字均向上取整。 */
export const usual: typeof usualEn = {
  seconds: (seconds) => `${n(seconds)} 秒`,
  fewSecondsLeft: '还剩几秒',
  leftSeconds: (seconds) => `约剩 ${n(seconds)} 秒`,
  leftMinutes: (minutes) => `约剩 ${n(minutes)} 分钟`,
  leftHours: (hours) => `约剩 ${n(hours)} 小时`,
  short: { s: (seconds) => `剩约 ${n(seconds)} 秒`, min: (minutes) => `剩约 ${n(minutes)} 分`, h: (hours) => `剩约 ${n(hours)} 小时` },
  s: (figure) => `${figure} 秒`,
  min: (figure) => `${figure} 分钟`,
  h: (figure) => `${figure} 小时`,
  range: (low, high) => `${low}–${high}`,
  takes: (time) => `通常需要 ${time}`,
  takesAbout: (time) => `通常约需 ${time}`,
  late: (usually) => `比平时久（${usually}）`,
  lateAlone: (soFar, usually) => `比平时久（已用 ${soFar}，${usually}）`,
  steps: (done, usually) => `${done}，通常约 ${n(usually)} 步`,
  progress: '已完成的步骤',
  progressOf: (done, usually) => `已完成 ${n(done)} 步，通常约 ${n(usually)} 步`,
  spoken: (usually) => `${usually}。`,
  spokenLate: '用时比平时久。',
};
