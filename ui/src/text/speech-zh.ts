import type { speech as en } from './speech-en';

/** 与收听有关的文字。 */
export const speech: typeof en = {
  listen: '朗读',
  listenTo: '收听结果',
  listenToFile: (name) => `收听“${name}”`,
  playFile: (name) => `播放 ${name}`,
  play: '播放',
  pause: '暂停',
  again: '从头播放',
  loading: '正在载入语音',
  back: '后退 10 秒',
  forward: '前进 10 秒',
  position: '位置',
  at: (position, duration) => `${position}，共 ${duration}`,
  atSoFar: (position, duration) => `${position}，目前共 ${duration}`,
  span(seconds) {
    const whole = Math.floor(seconds);
    const minutes = whole >= 60 ? `${Math.floor(whole / 60)} 分` : '';
    return whole >= 60 && whole % 60 === 0 ? `${minutes}钟` : `${minutes ? `${minutes} ` : ''}${whole % 60} 秒`;
  },
  more: '后面还有内容',
  speed: '速度',
  times: (speed) => `${speed}×`,
  volume: '音量',
  percent: (volume) => `${volume}%`,
  stop: '停止收听',
  save: (format) => `存为 ${format}…`,
  saving: '正在保存…',
  saveTitle: '保存语音',
  saved: '已保存。',
  nothingToSave: '没有可保存的声音',
  showRun: '查看运行',
  listeningTo: (title) => `正在收听“${title}”`,
  toggleKey: '播放或暂停（在播放器中）',
  moveKey: '后退或前进 10 秒（在播放器中）',
  spoken: { loading: '正在载入语音。', playing: '正在播放。', paused: '已暂停。', ended: '播放完毕。' },
  troubles: {
    no_device: '本机没有可用的声音设备。请连接扬声器或耳机，然后按“播放”。',
    device_lost: '扬声器或耳机已断开。重新连接后会继续播放，您也可以按“播放”。',
    broken: '服务器发来的内容无法播放：它不是声音，或者已损坏。结果本身不受影响。',
    unknown_kind: '这里无法播放这种声音。请保存后用其他程序打开。',
    incomplete: '服务器没有发来全部语音。以下是已收到的部分。',
    too_much: '服务器发来的声音超过了一次运行的保存上限。以下是开头部分。',
    not_kept: '声音无法写入磁盘。以下是已写入的部分。',
    not_kept_full: '磁盘已满，其余的声音无法保存。请清理出空间后重试。',
    nothing_to_say: '这段文字中没有可以朗读的内容。',
  },
  refused: '无法继续朗读',
  whatIsThere: '已有的部分可以播放。播放到末尾后，请再按一次“播放”重试。',
};
