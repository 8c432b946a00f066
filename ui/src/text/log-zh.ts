import type { serverLog as en } from './log-en';
import { n } from './numbers-zh';

/** 从服务器列表得知的运行。与 log-en.ts 对应。 */
export const serverLog: typeof en = {
  updating: '正在查找新的运行…',
  justNow: '刚刚更新',
  minutesAgo: (minutes) => `${n(minutes)} 分钟前已更新`,
  updatedAt: (when) => `上次更新：${when}`,
  update: '在服务器上查找新的运行',
  stop: '停止',
  since: (day) => `已读取服务器上自 ${day} 以来的运行`,
  allOfEverybody: '服务器上的全部运行均已读取',
  others: (runs) => `其他人的运行 ${n(runs)} 次`,

  troubles: {
    no_log: '此服务器不保存运行列表。在本机进行的运行都已保存。',
    no_details: '此服务器不提供更多历史运行信息。',
    not_reached: '无法连接服务器。已知的内容保持不变。',
    busy: '服务器要求稍后再试。已知的内容保持不变。',
    key_missing: '要查找服务器上的运行，需要此应用的密钥。',
    key_refused: '服务器拒绝了密钥。已知的内容保持不变。',
    refused: '服务器不允许用此密钥查看运行列表。',
    not_understood: '无法读取服务器的运行列表。',
    not_kept: '本机无法保存列表。请检查剩余空间。',
  },

  search: '也在服务器上搜索',
  searching: '正在服务器上搜索…',
  onServer: '服务器上',
  foundThere: (runs) => (runs === 0 ? '服务器上没有找到更多运行。' : `服务器上另有 ${n(runs)} 次运行`),
  foundMeans: '它们的输入和结果尚不在本机，打开时会获取。',
  searchStopped: '搜索尚未完成就已停止。',
  moreThere: '只查看了含这些词语的最新运行。再加一个词可缩小范围。',
  notSearched: (app, why) => `${app}：${why}`,
  inexact: '服务器无法按您输入的全部内容查找，因此其中有些运行可能不符合。',
  nothingToAsk: '按此搜索条件，没有需要向服务器查询的内容。',
  noneAsked: '没有可以询问的已连接应用。',
  closeFound: '关闭服务器上的搜索结果',

  showOthers: '也显示其他人的运行…',
  onlyOwn: '只显示我自己的运行',
  askTitle: (app) => `显示所有人在“${app}”中的运行？`,
  askText: '凭此应用的密钥，可以看到其他人用它运行了什么：他们填写的内容和得到的结果。他们不会收到通知。请想一想他们是否介意。您可以随时改回来；届时他们的运行会从本机移除，但您加了星标、标签或备注的除外。',
  askNo: '只看自己的',
  askYes: '显示全部运行',

  fetchAll: (runs) => `获取 ${n(runs)} 次运行的详情，以便离线查看`,
  allFetched: '所有详情都已在本机。',
  fetchingNow: '正在获取。',
  fetching: (done, of) => `正在获取详情：第 ${n(done)} 个，共 ${n(of)} 个`,

  fetchingRun: '正在从服务器获取此运行…',
  needsServer: '本机只有服务器列表中关于此运行的信息。',
  goesOn: '此运行在服务器上尚未结束。',
  onlyHead: '它的输入和结果在服务器上。',
  fromServer: '此运行不是在本机进行的。服务器提供输入和结果，但不提供步骤。',
};
