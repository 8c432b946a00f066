/** What stands below the name of an app that others share. Pure. */
import type { App } from '../ipc/gen/App';
import type { AppId } from '../ipc/gen/AppId';
import type { Words } from '../text/en';

function host(app: Pick<App, 'origin' | 'baseUrl'>, t: Words): string {
  if (app.origin === 'demo') return t.app.onThisComputer;
  try {
    return new URL(app.baseUrl).host;
  } catch {
    return app.baseUrl;
  }
}

/** Of apps with one name: the server's name for an app that was given its name, else its server; counted where both are the same. */
export function toldApart(apps: Pick<App, 'id' | 'origin' | 'baseUrl' | 'givenName' | 'serverTitle' | 'branding'>[], t: Words): Map<AppId, string> {
  const same = (of: (app: (typeof apps)[number]) => string, among: typeof apps) => {
    const groups = new Map<string, typeof apps>();
    for (const app of among) groups.set(of(app), [...(groups.get(of(app)) ?? []), app]);
    return [...groups.values()].filter((group) => group.length > 1);
  };
  const notes = new Map<AppId, string>();
  for (const group of same((app) => app.branding.title.trim().toLocaleLowerCase(), apps)) {
    for (const app of group) notes.set(app.id, app.givenName !== null && app.serverTitle !== app.branding.title ? `${app.serverTitle} · ${host(app, t)}` : host(app, t));
    for (const alike of same((app) => notes.get(app.id) ?? '', group)) alike.forEach((app, place) => notes.set(app.id, `${notes.get(app.id) ?? ''} · ${place + 1}`));
  }
  return notes;
}
