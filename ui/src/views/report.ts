import type { RunHead } from '../ipc/gen/RunHead';

/** What support needs, in English whatever the language of the page. Never a key, never an input. */
export function reportOf(head: RunHead, version: string | null): string {
  const lines: [string, string | number | null | undefined][] = [
    ['status', head.status],
    ['cause', head.error?.cause],
    ['reason', head.error?.reason],
    ['step', head.error?.step],
    ['message', head.error?.message],
    ['server run', head.server.runId],
    ['server task', head.server.taskId],
    ['server workflow', head.server.workflowId],
    ['trace', head.server.traceId],
    ['server version', version],
    ['local run', head.id],
    ['started', new Date(head.startedAt).toISOString()],
    ['finished', head.finishedAt === null ? null : new Date(head.finishedAt).toISOString()],
  ];
  return lines.filter(([, value]) => value !== null && value !== undefined && value !== '').map(([name, value]) => `${name}: ${value}`).join('\n');
}
