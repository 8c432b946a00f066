import type { checks as checksEn } from './checks-en';
import { n } from './numbers-zh';

/** 发送前对文件的检查：哪些文件有什么问题，以及如何处理。与 checks-en.ts 结构相同。 */
export const checks: typeof checksEn = {
  title: '发送之前',
  spoken: (files) => `发送之前有 ${n(files)} 个文件需要查看。`,

  kindsTo: (list, limit) => `${list}${/[\p{Script=Latin}\d]$/u.test(list) ? ' ' : ''}不超过 ${limit}`,
  kinds: (parts) => parts.join('；'),
  anyKind: (parts) => `所有类型的文件：${parts}`,

  causes: {
    kind: {
      row: ({ extension }) => (extension ? `此处不接受 ${extension.toUpperCase()} 文件` : '此处不接受这类文件'),
      title: (files) => `${n(files)} 个文件的类型不受支持`,
      help: ({ label, accepts }) => `“${label}”接受：${accepts}。`,
    },
    picture: {
      row: ({ size, limit }) => `文件过大：${size}，上限 ${limit}`,
      title: (files) => `${n(files)} 张图片过大`,
      help: ({ files, limit }) => `${files === 1 ? '' : '每张'}不超过 ${limit}。可以为您制作较小的副本，原文件保持不变。`,
    },
    too_large: {
      row: ({ size, limit }) => `文件过大：${size}，上限 ${limit}`,
      title: (files) => `${n(files)} 个文件过大`,
      help: ({ files, limit }) => `${files === 1 ? '' : '每个'}不超过 ${limit}。请拆分文件或另存为较小的文件，然后重新选择。`,
    },
    too_many: {
      row: ({ max }) => `此处最多 ${n(max)} 个文件，请移除一些。`,
      title: (files) => `多了 ${n(files)} 个文件`,
      help: ({ label, max }) => `“${label}”最多接受 ${n(max)} 个文件。`,
    },
    empty: {
      row: () => '文件为空',
      title: (files) => `${n(files)} 个文件为空`,
      help: () => '文件中没有内容，可能尚未保存。',
    },
    missing: {
      row: () => '文件已不在原处，请重新选择。',
      title: (files) => `${n(files)} 个文件已不在原处`,
      help: () => '文件已被移动、重命名或删除。请重新选择，或将其移除。',
    },
    unreadable: {
      row: () => '无法打开此文件，它可能是文件夹或正被其他程序使用。',
      title: (files) => `${n(files)} 个文件无法打开`,
      help: () => '可能是文件夹、正被其他程序使用，或您没有权限。请先在别处关闭，然后重新检查。',
    },
    locked: {
      row: () => '需要密码才能打开，大多数应用无法读取。',
      title: (files) => `${n(files)} 个文件需要密码才能打开`,
      help: () => '大多数应用无法读取。请去掉密码，或索取不带密码的副本。',
    },
    twice: {
      row: ({ other }) => (other ? `与 ${other} 相同` : '此文件已经添加过'),
      title: (files) => `${n(files)} 个文件已经添加过`,
      help: () => '名称可能不同，但内容完全相同。',
    },
    mismatch: {
      row: () => '服务器判断此文件属于其他类型。请另存为 PDF，或请应用的制作者放宽文件类型。',
      title: (files) => `服务器认为 ${n(files)} 个文件属于其他类型`,
      help: () => '请另存为 PDF，或请应用的制作者接受更多类型。',
    },
    forgotten: {
      row: () => '服务器上已没有此文件，请移除后重新添加。',
      title: (files) => `服务器上已没有 ${n(files)} 个文件`,
      help: () => '重新选择后会再次发送。',
    },
    not_link: {
      row: () => '请输入以 http:// 或 https:// 开头的地址',
      title: (files) => `${n(files)} 个链接不完整`,
      help: () => '链接以 http:// 或 https:// 开头',
    },
    no_links: {
      row: () => '此处不接受链接',
      title: (files) => `此处不接受 ${n(files)} 个链接`,
      help: () => '请先下载文件，再添加该文件。',
    },
    not_fetched: {
      row: () => '服务器无法获取此链接。请先下载，再作为文件添加。',
      title: (files) => `服务器无法获取 ${n(files)} 个链接`,
      help: () => '请先下载文件，再用文件代替链接。',
    },
    refused: {
      row: () => '服务器不接受此项内容。',
      title: (files) => `服务器不接受 ${n(files)} 个文件`,
      help: () => '原因见文件处的说明。请移除，或选择其他文件。',
    },
  },

  names: '具体文件',
  sameAs: (name, other) => `${name}，与 ${other} 相同`,
  nameSize: (name, size) => `${name}，${size}`,
  more: (files) => `另有 ${n(files)} 个`,

  remove: (files) => (files === 1 ? '移除此文件' : `移除这 ${n(files)} 个文件`),
  removeCopies: (files) => (files === 1 ? '移除重复的文件' : `移除 ${n(files)} 个重复的文件`),
  keepFirst: (max) => `只保留前 ${n(max)} 个`,
  removed: (files) => `已从表单中移除 ${n(files)} 个文件。`,
  chooseAgain: '重新选择',
  chooseAgainName: (name) => `重新选择 ${name}`,
  lookAgain: '重新检查',
  shrink: (files) => (files === 1 ? '缩小图片' : `缩小 ${n(files)} 张图片`),
  shrinking: '正在缩小…',
  shrunk: (name, before, after) => `“${name}”已从 ${before} 缩小到 ${after}，原文件没有改变。`,
  shrunkMany: (files, before, after) => `${n(files)} 张图片已从 ${before} 缩小到 ${after}，原文件没有改变。`,
  wasLarger: (size) => `较小的副本，原文件为 ${size}。`,
  sendAnyway: '仍然发送',

  howTo: '如何去掉密码',
  steps: {
    pdf: 'PDF：用密码打开，选择“打印”，打印为新的 PDF。',
    office: 'Word、Excel、PowerPoint：用密码打开，在“文件”>“信息”>“保护”中选择“用密码进行加密”，删除密码后保存。',
    odf: 'LibreOffice：用密码打开，选择“另存为”，取消“用密码保存”，然后保存。',
    archive: '压缩文件：用密码解压，然后添加其中的文件。',
  },
  andThen: '然后在此处选择新文件。',
  copyRequest: '复制给同事的请求',
  request: (names) => `您好：\n\n以下文件需要密码才能打开，因此无法处理：${names}。\n能否请您发一份不带密码的副本？\n\n谢谢！`,
};
