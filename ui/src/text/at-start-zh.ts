import type { atStart as atStartEn } from './at-start-en';

/** 启动时以及启动后发现情况的说明。与 at-start-en.ts 结构相同。 */
export const atStart: typeof atStartEn = {
  opening: { title: '正在打开本机数据', text: 'Flowdeck 正在检查本机上的应用和运行记录，可能需要一点时间。' },
  held: {
    title: '其他程序正在使用本机数据',
    text: '可能是备份或杀毒软件。Flowdeck 正在等待，数据一旦可用就会自动继续。',
  },

  notSent: (count, name) =>
    count === 1 ? `“${name}”未发送：Flowdeck 在发送前就结束了。打开它即可重新运行。` : `${new Intl.NumberFormat('zh-CN').format(count)} 次运行未发送：Flowdeck 在发送前就结束了。打开它们即可重新运行。`,

  notReadable: '此次运行的一部分已无法从本机读取，其余内容照常显示。',
};
