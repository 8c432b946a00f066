/** What narrows the list, in words. Pure. */
import type { Words } from '../text/en';
import { fullDay, integer, listOf } from '../text/format';
import { dayOf, stateGroups, underWay, type Chosen, type Kind, type Period } from './filters';

function daySaid(written: string, t: Words): string {
  const day = dayOf(written);
  return day ? fullDay(day.getTime(), t) : written;
}

export function periodSaid(period: Exclude<Period, null>, t: Words): string {
  return typeof period === 'string' ? t.history.periods[period] : t.history.range(period.from && daySaid(period.from, t), period.to && daySaid(period.to, t));
}

/** Few are named, more are counted. */
function named(names: string[], what: string, t: Words): string {
  return names.length <= 2 ? listOf(names, t) : t.history.some(what, names.length);
}

export function kindSaid(kind: Kind, chosen: Chosen, period: Period, appName: (id: string) => string, t: Words): string {
  const h = t.history;
  const amount = (what: string, from: number | null, to: number | null, as: (value: number) => string) => h.between(what, from === null ? '' : as(from), to === null ? '' : as(to));
  switch (kind) {
    case 'apps':
      return named(chosen.apps.map(appName), h.apps, t);
    case 'statuses': {
      const groups = stateGroups.filter((group) => group.statuses.every((status) => chosen.statuses.includes(status))).map((group) => h.groups[group.name]);
      const alone = chosen.statuses.some((status) => underWay.includes(status)) && !groups.includes(h.groups.underWay) ? chosen.statuses.filter((status) => underWay.includes(status)).map((status) => t.run.statuses[status]) : [];
      return named([...groups, ...alone], h.states, t);
    }
    case 'origins':
      return named(chosen.origins.map((origin) => h.origins[origin]), h.sources, t);
    case 'period':
      return period === null ? h.periods.any : periodSaid(period, t);
    case 'elapsed':
      return amount(t.steps.duration, chosen.minElapsed, chosen.maxElapsed, (value) => h.seconds(integer(value, t)));
    case 'tokens':
      return amount(h.tokens, chosen.minTokens, chosen.maxTokens, (value) => integer(value, t));
    case 'starred':
      return h.starred;
    case 'reviewed':
      return chosen.reviewed ? h.reviewed : h.notReviewed;
    case 'tags':
      return named(chosen.tags, h.tags, t);
  }
}
