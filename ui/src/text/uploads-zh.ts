import { n } from './numbers-zh';
import type { UploadWords } from './uploads-en';

/** 正在上传的文件。与 uploads-en.ts 结构相同。 */
export const uploads: UploadWords = {
  queued: '排队中',
  speed: (size) => `每秒 ${size}`,
  standsStill: '暂时没有进展',
  left: { s: (seconds) => `还剩 ${n(seconds)} 秒`, min: (minutes) => `约剩 ${n(minutes)} 分钟`, h: (hours) => `约剩 ${n(hours)} 小时` },
  confirming: (size) => `已发送 ${size}，正在等待服务器确认`,
  again: { s: (seconds) => `${n(seconds)} 秒后重试。`, min: (minutes) => `${n(minutes)} 分钟后重试。` },
  tryNow: '立即重试',
  tryNowLabel: (name) => `立即重新上传 ${name}`,
  interrupted: '有文件上传中断，将自动重试。',
  sum: (done, all) => `已上传 ${n(done)} / ${n(all)} 个文件`,
  sumLabel: '正在上传全部文件',
  allThere: (files) => (files === 1 ? '文件已上传。' : `全部 ${n(files)} 个文件已上传。`),
  refusedFrom: (size) => `曾有 ${size} 的文件未能通过。`,
};
