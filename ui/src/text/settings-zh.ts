import type { link as linkEn, network as networkEn, settings as settingsEn, shortcuts as shortcutsEn } from './settings-en';
import { n } from './numbers-zh';

/** 设置、网络、快捷键与打开链接前的确认。与 settings-en.ts 结构相同。 */
export const settings: typeof settingsEn = {
  title: '设置',
  sections: '设置分类',
  general: '通用',
  language: '语言',
  languages: { system: '跟随系统', en: 'English', zh: '简体中文' },
  theme: '主题',
  themeHelp: '“跟随系统”使用本机的浅色或深色设置。',
  themes: { system: '跟随系统', light: '浅色', dark: '深色' },
  textSize: '文字大小',
  textSizes: { small: '小', normal: '标准', large: '大' },
  keys: '应用与密钥',
  noApps: '尚未连接任何应用。',
  replaceKey: '更换…',
  enterKey: '输入密钥…',
  removeKey: '移除…',
  demoKey: '内置演示，无需密钥',
  shortcuts: '键盘快捷键',
  about: '关于',
  version: '版本',
  dataFolder: '本机记录保存在',
  independent: 'Flowdeck 是独立项目，与 Dify 的开发者 LangGenius 没有关联。',
  licence: '自由软件，采用 MIT 或 Apache 2.0 许可证。',
};

export const network: typeof networkEn = {
  title: '网络',
  open: '网络设置',
  proxy: '代理',
  proxyHelp: '请求如何离开本机。“跟随系统”使用本机的设置。',
  proxies: { system: '跟随系统', off: '不使用', manual: '手动' },
  address: '代理地址',
  addressHelp: '例如 proxy.example:3128，也可以使用 https:// 和 socks5://。',
  addressNeeded: '输入地址之前，使用本机的设置。',
  user: '用户名',
  userHelp: '代理不需要登录时留空。',
  password: '密码',
  passwordStates: {
    keychain: '已保存在系统密钥库。输入新密码即可更换。',
    session: '本机没有可用的密钥库，密码仅保留到 Flowdeck 退出。',
    missing: '密码保存在系统密钥库，不会写入文件。',
  },
  passwordRemove: '移除',
  bypass: '不经过代理',
  bypassHelp: '名称和地址，用逗号分隔，例如 intranet.example, 10.0.0.0/8。本机始终直接访问。',
  certificates: '附加证书',
  certificatesHelp: '用于证书由本单位签发的服务器。本机已信任的服务器不需要。',
  choose: '选择文件…',
  chooseTitle: '选择证书文件',
  certificateFiles: '证书',
  replace: '更换…',
  remove: '移除',
  from: (file) => `来自 ${file}`,
  until: (date) => `有效期至 ${date}`,
  expired: (date) => `已于 ${date} 过期，不再使用`,
  more: (rest) => `另有 ${n(rest)} 个证书`,
};

export const shortcuts: typeof shortcutsEn = {
  title: '键盘快捷键',
  run: '运行表单',
  stop: '停止当前运行',
  sidebar: '显示或隐藏侧栏',
  help: '打开此列表',
  undo: '撤销上一次删除或清空',
  rows: '在列表和步骤中移动',
  fold: '展开或收起步骤',
  details: '查看步骤详情、打开运行',
  problem: '步骤中的下一个问题',
  end: '最新文字',
  esc: '关闭菜单、对话框或详情',
};

export const link: typeof linkEn = {
  title: '在浏览器中打开此地址？',
  open: '在浏览器中打开',
  cancel: '留在此处',
};
