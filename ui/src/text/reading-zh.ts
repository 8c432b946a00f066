import { n } from './numbers-zh';
import type { reading as readingEn } from './reading-en';

/** 阅读结果：谁写了什么、思考、公式、图片、链接。 */
export const reading: typeof readingEn = {
  thinking: '正在思考…',
  thought: '模型的思考过程',
  thoughtFor: (time) => `思考了 ${time}`,
  ofStep: (step) => `${step}：`,
  otherText: '其他文字',
  variable: (step, variable) => `${step} · ${variable}`,
  earlier: (characters) => `文字仍在增加，前面的 ${n(characters)} 个字符暂不显示。`,
  earlierShow: '从头阅读',
  showPicture: (host) => `显示来自 ${host} 的图片`,
  pictureLoading: '正在加载图片……',
  pictureFailed: '图片无法加载。',
  picture: (description) => (description ? `图片：${description}` : '图片'),
  linkTo: '此链接通往',
  mailTo: '将写邮件给',
  linkWritten: (host) => `写作 ${host}`,
  linkDisguised: '此地址的开头看起来像另一个网站，请以上面的名称为准。',
};
