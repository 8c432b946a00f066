/** Runs that leave the fake, as far as the page sees it: nothing is written, and what was used is counted. */
import type { Backend } from './backend';
import { failure, type World } from './fake-world';
import type { ExportOf } from './gen/ExportOf';
import type { Run } from './gen/Run';
import type { Usage } from './gen/Usage';
import type { UsageRow } from './gen/UsageRow';

type Methods = Pick<Backend, 'runPack' | 'runUnpack' | 'runsHanded' | 'runReport' | 'runReportBody' | 'printPage' | 'runsExport' | 'exportStop' | 'runVariables' | 'usage' | 'appFaces'>;

const over = ['succeeded', 'partly_succeeded', 'failed', 'stopped', 'unknown'];

/** Midnight of the Monday before. */
function monday(at: number): number {
  const date = new Date(at);
  date.setHours(0, 0, 0, 0);
  date.setDate(date.getDate() - ((date.getDay() + 6) % 7));
  return date.getTime();
}

function weekAfter(at: number): number {
  const date = new Date(at);
  date.setDate(date.getDate() + 7);
  return date.getTime();
}

function rowOf(week: number, appId: string, runs: Run[]): UsageRow {
  const sum = (of: (run: Run) => number) => runs.reduce((all, run) => all + of(run), 0);
  const price = (run: Run) => run.steps.reduce((all, step) => all + Number(step.price ?? 0), 0);
  const cost = sum(price);
  return {
    week,
    appId,
    runs: runs.length,
    failed: runs.filter((run) => run.head.status === 'failed').length,
    seconds: sum((run) => run.head.elapsed ?? 0),
    tokens: sum((run) => run.head.totalTokens ?? 0),
    costs: cost > 0 ? [{ currency: 'USD', amount: String(cost) }] : [],
    priced: runs.filter((run) => run.steps.length > 0 || (run.head.server.runId === null && run.head.status !== 'unknown')).length,
  };
}

export function outMethods(all: World): Methods {
  let stopped = false;
  const meant = (of: ExportOf): Run[] => {
    const ids = of.of === 'runs' ? of.runs : [...all.runs.keys()];
    const apps = of.of === 'search' ? of.search.filter.apps : [];
    return ids.flatMap((id) => all.runs.get(id) ?? []).filter((run) => apps.length === 0 || apps.includes(run.head.appId));
  };
  return {
    async runPack(id) {
      if (!over.includes(all.runOf(id).head.status)) throw failure('run_under_way');
      return true;
    },
    async runUnpack() {
      const [first] = all.runs.values();
      return first ? { runId: first.head.id, appId: first.head.appId, known: true } : null;
    },
    runsHanded: async () => [],
    async runReport(id) {
      all.runOf(id);
      return true;
    },
    async runReportBody(id, _parts, words) {
      const run = all.runOf(id);
      const escaped = run.head.title.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
      return `<main>\n<h1>${escaped}</h1>\n<section>\n<h2>${words.result}</h2>\n<p>${words.nothing}</p>\n</section>\n</main>`;
    },
    printPage: async () => undefined,
    async runsExport(wish) {
      stopped = false;
      const runs = meant(wish.of);
      for (let done = 0; done < runs.length; done += 100) {
        await all.wait(all.pace);
        if (stopped) throw failure('cancelled');
        all.emit({ type: 'export_changed', runs: Math.min(runs.length, done + 100) });
      }
      return { runs: runs.length, cut: 0, full: false };
    },
    async exportStop() {
      stopped = true;
    },
    async runVariables(of) {
      const runs = meant(of);
      return [...all.apps.keys()].flatMap((appId) => {
        const mine = runs.filter((run) => run.head.appId === appId);
        const inputs = new Map(mine.flatMap((run) => run.inputs).map((input) => [input.variable, input.label]));
        return mine.length > 0 ? [{ appId, inputs: [...inputs].map(([variable, label]) => ({ variable, label })), outputs: [...new Set(mine.flatMap((run) => Object.keys(run.outputs)))] }] : [];
      });
    },
    async usage(from, to, apps, whose): Promise<Usage> {
      const isOwn = (run: Run) => ['here', 'server'].includes(all.origins.get(run.head.id) ?? 'here');
      const runs = [...all.runs.values()].filter((run) => (apps.length === 0 || apps.includes(run.head.appId)) && (whose === 'known' || isOwn(run)));
      const until = to ?? Date.now();
      const first = monday(from ?? Math.min(until, ...runs.map((run) => run.head.startedAt)));
      const weeks: number[] = [];
      for (let week = first; week <= until; week = weekAfter(week)) weeks.push(week);
      const rows = weeks.flatMap((week) =>
        [...new Set([...all.apps.keys(), ...runs.map((run) => run.head.appId)])].flatMap((appId) => {
          const mine = runs.filter((run) => run.head.appId === appId && run.head.startedAt <= until && monday(run.head.startedAt) === week);
          return mine.length > 0 ? [rowOf(week, appId, mine)] : [];
        }),
      );
      const used = new Set(rows.map((row) => row.appId));
      return { weeks, rows, apps: [...all.apps.values()].filter((app) => used.has(app.id)).map((app) => ({ id: app.id, title: app.branding.title })) };
    },
    appFaces: async () => [],
  };
}
