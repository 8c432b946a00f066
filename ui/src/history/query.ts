/** Which of what is typed in the search are words, read as the search itself reads it. Pure. */
import type { QueryRemark } from '../ipc/gen/QueryRemark';

/** What names a field before a colon; any other word there is looked for like all words. */
export const fieldNames: ReadonlySet<string> = new Set([
  ...['app', '应用', '应用程序', 'apps'],
  ...['status', '状态', 'state'],
  ...['origin', '来源', 'source'],
  ...['after', '之后', 'since', '晚于', '起始', '从'],
  ...['before', '之前', 'until', '早于', '截止'],
  ...['on', '日期', 'date', 'day', '时间'],
  ...['file', '文件', '文件名', 'files', 'filename'],
  ...['tag', '标签', 'tags', 'label'],
  ...['tokens', 'token', '令牌', '词元'],
  ...['duration', '用时', 'took', 'time', '耗时', '时长'],
  ...['is', '是'],
  ...['has', '有', '含', '含有'],
  ...['in', '在', '位于'],
]);

/** One after the other: blanks, what leaves out, a word with a colon, a phrase or what stands up to a blank or a quote. */
const item = /\s*([-－−](?=[^\s\-－>]))?(?:(\p{Alphabetic}{1,24})[:：︰])?(?:["＂“”„‟]([^"＂”“]*)["＂”“]?|[「｢]([^」｣]*)[」｣]?|『([^』]*)』?|([^\s"＂“”„‟「｢『]*))/uy;

/** Are there words that must occur? A value that no field knows is looked for as words: the remarks tell. */
export function hasWords(text: string, remarks: readonly QueryRemark[]): boolean {
  const known = new Set(remarks.filter(({ kind }) => kind === 'value_not_understood').map(({ from }) => from));
  item.lastIndex = 0;
  for (let at = 0; at < text.length; at = item.lastIndex) {
    const [all = '', without = '', name = '', ...texts] = item.exec(text) ?? [];
    if (all === '') return false;
    const begin = at + (all.length - all.trimStart().length);
    const isField = fieldNames.has(name.normalize('NFKC').toLowerCase());
    // Of what is no field the word before the colon is looked for, too.
    const said = [...(isField ? [] : [name]), ...texts].join(' ');
    if (without === '' && (!isField || known.has(begin)) && /[\p{L}\p{N}]/u.test(said)) return true;
  }
  return false;
}
