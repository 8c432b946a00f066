import type { OfflineWords } from './offline-en';

const number = new Intl.NumberFormat('zh-CN');
const n = (value: number) => number.format(value);

export const offline: OfflineWords = {
  since: (when) => `自 ${when} 起离线。`,
  whatWorks: '本机上的全部内容均可查看和搜索。',
  awaySince: (app, when) => `自 ${when} 起无法连接“${app}”的服务器。`,
  canKeep: '可将运行备好，稍后发送。',
  checking: '正在查找服务器…',

  keep: '备好待发',
  keepWhy: '将已填内容留作一次运行，由您稍后发送，不会自动发送。',
  kept: (title) => `“${title}”已备好。`,
  untitled: '无标题运行',

  title: '待发送',
  titleOf: (count) => `待发送 ${n(count)} 项`,
  waits: '选择“立即发送”时才会发送，绝不自动发送。',
  send: '立即发送',
  sendOf: (title) => `立即发送“${title}”`,
  sending: '正在发送…',
  notNow: '目前无法连接服务器，仍可尝试发送。',
  edit: '编辑',
  editOf: (title) => `编辑“${title}”`,
  editing: '内容已重新填入，不再待发送。',
  remove: '移除',
  removeOf: (title) => `移除“${title}”`,
  removed: (title) => `“${title}”已移除。`,
  removedSome: (count) => `已移除 ${n(count)} 项待发送的运行。`,
  filesGone: (names) => `已不在原处：${names}。`,
  filesChanged: (names) => `文件有改动，将按现有内容发送：${names}。`,
  formChanged: '表单已更改，发送前请先查看。',
  lookOver: '无法照原样发送。请查看后选择“运行”。',
};
