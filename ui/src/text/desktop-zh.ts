import type { desktop as desktopEn } from './desktop-en';

/** 有工作进行时关闭窗口、托盘菜单、通知。与 desktop-en.ts 结构相同。 */
const n = (value: number) => new Intl.NumberFormat('zh-CN').format(value);

export const desktop: typeof desktopEn = {
  closing: {
    closeTitle: (count) => `还有 ${n(count)} 次运行正在进行，要关闭窗口吗？`,
    quitTitle: (count) => `还有 ${n(count)} 次运行正在进行，要退出吗？`,
    closeAtWork: 'Flowdeck 仍在工作，要关闭窗口吗？',
    quitAtWork: 'Flowdeck 仍在工作，要退出吗？',
    work: { backup: '正在创建备份', restore: '正在读取备份', export: '正在将运行保存为文件' },
    workLost: () => '如果 Flowdeck 在完成之前结束，已写入的部分会被移除，需要重新开始。',
    breakOff: (count) => (count === 0 ? '中断并退出' : '全部停止并退出'),
    breakingOff: '正在中断',
    tidying: '移除未完成的内容后，Flowdeck 就会退出。',
    more: (count) => `以及另外 ${n(count)} 次`,
    inTray: () => '在后台会继续进行，Flowdeck 会留在系统托盘中。',
    noTray: () => '在后台会继续进行，但没有窗口。再次启动 Flowdeck，窗口就会回来。',
    atServer: () => '如果没有停止运行 Flowdeck 就结束了（例如关机），较新的服务器会自行继续。下次启动时，Flowdeck 会取回结果。',
    keep: '在后台继续运行',
    stop: (count) => `停止 ${n(count)} 次运行并退出`,
    cancel: '取消',
    remember: '不再询问',
    rememberHelp: '您可以在设置中更改。',
    stoppingTitle: (count) => `正在停止 ${n(count)} 次运行`,
    unheardTitle: (count) => (count === 1 ? '停止请求未能到达服务器' : `${n(count)} 次运行的停止请求未能到达服务器`),
    unheard: () => '运行可能仍在服务器上继续。如果现在退出，Flowdeck 会在下次启动时取回结果。',
    quitAnyway: '仍然退出',
    keepRunning: '继续运行',
    stopping: '服务器确认后 Flowdeck 就会退出；如果 5 秒内没有确认，会再次询问您。',
  },

  tray: {
    show: '显示 Flowdeck',
    runs: (count) => (count === 0 ? '没有正在进行的运行' : `${n(count)} 次运行正在进行`),
    quit: '退出',
  },

  told: {
    one: {
      ready: (run) => `${run}已完成。`,
      partly: (run, step) => (step ? `${run}已完成，但步骤“${step}”失败了。` : `${run}已完成，但并非全部成功。`),
      failed: (run, step) => (step ? `${run}在步骤“${step}”中失败了。` : `${run}失败了。`),
      stopped: (run) => `${run}已停止。`,
      unknown: (run) => `无法得知${run}的结果。`,
      waiting: (run, step) => (step ? `${run}等待您处理：“${step}”。` : `${run}等待您处理。`),
      paused: (run) => `${run}正在等待。`,
    },
    named: (title) => `“${title}”`,
    unnamed: '一次运行',
    all: {
      ready: (count) => `${n(count)} 次运行已完成。`,
      partly: (count) => `${n(count)} 次运行已完成，但并非全部成功。`,
      failed: (count) => `${n(count)} 次运行失败了。`,
      stopped: (count) => `${n(count)} 次运行已停止。`,
      unknown: (count) => `无法得知 ${n(count)} 次运行的结果。`,
      waiting: (count) => `${n(count)} 次运行等待您处理。`,
      paused: (count) => `${n(count)} 次运行正在等待。`,
    },
    part: {
      ready: (count) => `${n(count)} 次完成`,
      partly: (count) => `${n(count)} 次部分成功`,
      failed: (count) => `${n(count)} 次失败`,
      stopped: (count) => `${n(count)} 次停止`,
      unknown: (count) => `${n(count)} 次结果未知`,
      waiting: (count) => `${n(count)} 次等待您处理`,
      paused: (count) => `${n(count)} 次正在等待`,
    },
    mixed: (count, parts) => `${n(count)} 次运行：${parts.join('，')}。`,
  },

  settings: {
    title: '窗口与通知',
    closing: '有运行正在进行时关闭窗口',
    closings: { ask: '询问', background: '继续运行', stop: '停止并退出' },
    notify: '通知',
    notifyHelp: '当您在看别处时，运行结束或等待处理会通知您。',
    titles: '在通知中显示运行名称',
    titlesHelp: '旁人可能会看到您屏幕上的通知。结果永远不会显示。',
  },
};
