/** What reports and tables of runs say, in the page's language: Rust writes them and knows no words. */
import type { ExportWords } from '../ipc/gen/ExportWords';
import type { ReportWords } from '../ipc/gen/ReportWords';
import type { RunStatus } from '../ipc/gen/RunStatus';
import type { StatusWord } from '../ipc/gen/StatusWord';
import type { Words } from '../text/en';

function statuses(t: Words): StatusWord[] {
  return (Object.entries(t.run.statuses) as [RunStatus, string][]).map(([status, word]) => ({ status, word }));
}

export function reportWords(t: Words): ReportWords {
  return {
    ...t.out.report,
    language: t.locale,
    untitled: t.history.untitled,
    yes: t.common.yes,
    no: t.common.no,
    statuses: statuses(t),
    stepStatuses: Object.entries(t.steps.statuses),
  };
}

export function exportWords(t: Words): ExportWords {
  return { sheet: t.out.sheet, yes: t.common.yes, no: t.common.no, whole: t.out.whole, onlyListed: t.out.onlyListed, cut: t.out.cutWord, statuses: statuses(t) };
}
