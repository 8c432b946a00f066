import type { underway as underwayEn } from './underway-en';

const number = new Intl.NumberFormat('zh-CN');
const n = (value: number) => number.format(value);

/** 进行中的运行：列表、失去联系、停止，以及未能看到的结束。与 underway-en.ts 结构相同。 */
export const underway: typeof underwayEn = {
  title: '进行中',
  ofApp: (app) => `${app} 的运行`,
  newRun: '新运行',
  more: (runs) => `另有 ${n(runs)} 次`,
  moreRuns: (runs) => `另有 ${n(runs)} 次运行`,
  dismiss: (title) => `关闭“${title}”，仍可在历史中查看。`,
  isNew: '新',
  going: (runs) => `${n(runs)} 次运行进行中`,
  waiting: (runs) => `${n(runs)} 次运行等待您处理`,
  ended: (runs) => `${n(runs)} 次运行已结束`,

  told: {
    succeeded: (title) => `“${title}”运行成功。`,
    partly_succeeded: (title) => `“${title}”部分成功。`,
    failed: (title) => `“${title}”运行失败。`,
    stopped: (title) => `“${title}”已停止。`,
    unknown: (title) => `无法得知“${title}”如何结束。`,
    waiting: (title) => `“${title}”正在等待您的答复。`,
    paused: (title) => `“${title}”正在等待。`,
  },
  toldMany: (runs) => `${n(runs)} 次运行有新情况。`,
  show: '查看',

  seconds: (seconds) => `${n(seconds)} 秒`,
  minutes: (minutes) => `${n(minutes)} 分钟`,
  hours: (hours) => `${n(hours)} 小时`,

  files: (files) => `${n(files)} 个文件`,
  stepsSeen: (steps) => `看到 ${n(steps)} 步`,
  lastNews: (span) => `${span}前有消息`,
  onServer: '服务器上运行中',
  onServerSpoken: '服务器表示运行仍在继续。',
  unconfirmed: '服务器尚未确认',
  stopAgain: '再次停止',
  stopFailed: '运行未能停止。',

  notBegunTitle: '服务器尚未开始',
  notBegunText: (span) => `已请求服务器 ${span}，它仍未开始，可能正忙。您可以继续等待，或停止此次运行。如果经常如此，请告知维护服务器的人。`,
  atOnceTitle: '结果会一次性返回',
  atOnceText: '此连接要求服务器一次返回全部结果，结束前看不到步骤和文字。',

  contact: {
    lostTitle: '连接已断开，正在重新连接…',
    lostText: '内容不会丢失：工作流可能仍在服务器上运行，连接恢复后会自动补全。',
    goesOnTitle: '服务器表示运行仍在继续',
    goesOnText: '只是在这里看不到它的步骤。有了结果会立即取回。',
    nobodyAsks: 'Flowdeck 目前没有自动查询服务器，例如因为缺少密钥，或系统密钥库已锁定。',
    keyNeeded: '没有有效的密钥，无法查询服务器。请输入密钥后再试。',
    stopWaits: '已请求停止，服务器一有回应就会转达。',
    stopPending: '已请求停止，服务器尚未停止它。',
    since: (time, span) => `自 ${time} 起没有消息，已有 ${span}。`,
    seenUntil: (time, span) => `步骤的最后消息来自 ${time}（${span}前）。`,
    nextIn: (span) => `${span}后再次尝试。`,
    asking: '正在查询服务器……',
    tries: (tries) => `已尝试 ${n(tries)} 次，均未成功。`,
    until: (time) => `Flowdeck 会一直查询到 ${time}。`,
    always: 'Flowdeck 会继续查询。',
    tryNow: '立即尝试',
    waitsText: (span) => `目前无法连接服务器，${span}后再次尝试。`,
    waitsAsking: '目前无法连接服务器，正在再次查询……',
  },

  keepChecking: '继续查询',
  checkFirst: '再次启动前，请先继续查询。',
  lookInDify: '此服务器无法查询过去的运行：再次启动前，请先在 Dify 的日志中查看。',
  appGone: '此应用已不再连接，因此无法查询服务器。',
  stoppedText: '服务器已确认。已生成的内容仍保留。',

  twiceTitle: (title) => `要再运行一次“${title}”吗？`,
  twiceText: '无法得知第一次运行如何结束：它可能已经完成，也可能仍在服务器上运行。再运行一次，工作流所做的事（例如发送消息、写入记录）可能会发生两次。',
  twiceNo: '不运行',
  twiceYes: '再运行一次',

  stopNotHeard: '已请求停止此次运行，但未能通知服务器。它可能仍继续执行。',
  gapMoment: (at) => `${at} 前后有步骤未能看到：连接短暂中断。`,
  gapClosed: (from, to) => `${from} 至 ${to} 之间的步骤未能看到：Flowdeck 当时没有运行。`,
  gapOnDays: (from, to) => `${from} 至 ${to} 之间没有连接，期间的步骤未能看到。`,
  gap: (from, to, span) => `${from} 至 ${to} 之间的步骤未能看到：连接中断了 ${span}。`,
  shortcut: '新运行：显示此应用的表单',
};
