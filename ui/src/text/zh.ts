import type { Words } from './en';
import { app } from './app-zh';
import { atStart } from './at-start-zh';
import { checks } from './checks-zh';
import { compare } from './compare-zh';
import { crash } from './crash-zh';
import { desktop } from './desktop-zh';
import { failures, reasons } from './failures-zh';
import { drop, form } from './form-zh';
import { history } from './history-zh';
import { issues } from './issues-zh';
import { serverLog } from './log-zh';
import { kept } from './kept-zh';
import { n } from './numbers-zh';
import { offline } from './offline-zh';
import { outputs } from './outputs-zh';
import { question } from './question-zh';
import { reading } from './reading-zh';
import { endings, notices, run } from './run-zh';
import { link, network, settings, shortcuts } from './settings-zh';
import { copies, source } from './source-zh';
import { connect, start } from './start-zh';
import { speech } from './speech-zh';
import { steps } from './steps-zh';
import { underway } from './underway-zh';
import { uploads } from './uploads-zh';
import { usual } from './usual-zh';
import { ways } from './ways-zh';

/** 简体中文：与 en.ts 结构相同。 */
export const zh: Words = {
  locale: 'zh-CN',
  appName: 'Flowdeck',

  common: {
    cancel: '取消',
    close: '关闭',
    copy: '复制',
    copied: '已复制',
    copyFailed: '复制未成功。请选中文字后手动复制。',
    tryAgain: '重试',
    technicalDetails: '技术详情',
    add: '添加',
    undo: '撤销',
    dismiss: '关闭',
    notifications: '消息',
    showAll: (characters) => `显示全部，共 ${n(characters)} 个字符`,
    skipToContent: '跳到正文',
    loading: '正在载入',
    yes: '是',
    no: '否',
  },

  sidebar: {
    label: '应用与导航',
    hide: '隐藏侧栏',
    show: '显示侧栏',
    search: '搜索应用',
    noMatch: '没有这个名称的应用。',
    apps: '应用',
    allRuns: '全部运行',
    connect: '连接应用',
    settings: '设置',
    running: '运行中',
    keyProblem: '需要密钥',
  },

  start,
  connect,
  app,
  form,
  kept,
  checks,
  issues,
  drop,
  ways,
  run,
  reading,
  endings,
  notices,
  steps,
  offline,
  outputs,
  source,
  copies,
  speech,
  compare,

  history,
  serverLog,

  settings,
  network,
  shortcuts,
  link,

  atStart,
  crash,

  saidByServer: (words) => `服务器提示：“${words}”`,
  underway,
  uploads,
  usual,
  desktop,
  failures,
  question,
  failuresAbout: {
    connect_timed_out: (seconds) => `${n(Number(seconds))} 秒内未能建立连接。请检查地址和网络，或打开 VPN。`,
    timed_out: (seconds) => `服务器接受了连接，但 ${n(Number(seconds))} 秒内没有回答。它可能正忙。`,
    went_silent: (seconds) => `服务器开始回答后，有 ${n(Number(seconds))} 秒没有任何内容。`,
    upload_stalled: (seconds) => `服务器有 ${n(Number(seconds))} 秒没有再接收文件。`,
    proxy_unreachable: (proxy) => `请求要经过代理 ${proxy}，但无法连接到它。请检查代理地址。`,
    proxy_login_needed: (proxy) => `请输入 ${proxy} 的用户名和密码。`,
    proxy_login_refused: (proxy) => `请检查 ${proxy} 的用户名和密码。`,
    proxy_refused: (proxy) => `${proxy} 可能不允许访问此服务器，或者也无法连接它。请检查地址，或联系管理员。`,
    plain_http: (address) => `您的密钥和文件将不受保护地传输到 ${address}，同一网络中的其他人可能读到。如果服务器支持，请使用 https。`,
    certificate_expired: (at) => `它已于 ${new Intl.DateTimeFormat('zh-CN', { dateStyle: 'long' }).format(Number(at))} 过期。请向管理员索取当前的证书。`,
    moved: (address) => `服务器要求转到 ${address}，那是另一个地方，密钥没有发送过去。请用新地址重新连接此应用。`,
  },
  reasons,
  wait: (seconds) => (seconds <= 90 ? `请在 ${n(seconds)} 秒后重试。` : `请在 ${n(Math.ceil(seconds / 60))} 分钟后重试。`),
  waitAMinute: '请等一分钟再试。',
  waitMinutes: '请过几分钟再试。',
  betweenSentences: '',
  fullStop: '。',
  runsAtATime: (runs) => `它最多同时运行 ${n(runs)} 次。`,
  chatApp: (mode) => `它是“${mode}”类型的应用。`,

};
