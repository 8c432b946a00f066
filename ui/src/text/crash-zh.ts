import type { crash as crashEn } from './crash-en';

const number = new Intl.NumberFormat('zh-CN');

/** 本机数据无法打开或已损坏时的说明。与 crash-en.ts 结构相同。 */
export const crash: typeof crashEn = {
  broken: {
    title: 'Flowdeck 无法打开本机数据',
    kept: '您的应用和运行记录仍原样保存在以下文件夹中：',
    disk_full: '磁盘已满。请腾出空间，然后重试。',
    disk_read_only: 'Flowdeck 无权写入下面的文件夹，或磁盘有写保护。请向 IT 支持申请写入权限，然后重试。',
    store_locked: '其他程序正在占用这些数据，例如备份或杀毒软件。请稍候或将其关闭，然后重试。',
    store_damaged: '部分数据已损坏。请重试：Flowdeck 会重新启动，恢复所有仍可读取的内容，并保留原文件。',
    other: '请重试。如果仍然不行，请重新启动电脑，并把技术详情发给 IT 支持。',
  },
  setAside: (file, runs, apps, whole) =>
    [
      '本机数据已损坏，已新建一份。',
      runs + apps === 0
        ? '原有数据无法读取，请重新连接应用。'
        : `已从中恢复 ${number.format(runs)} 条运行记录和 ${number.format(apps)} 个应用${whole ? '。' : '，其余部分无法读取。'}`,
      `原文件保留为 ${file}，删除前请先咨询 IT 支持。`,
    ].join(''),
};
