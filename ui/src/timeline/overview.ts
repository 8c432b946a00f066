/** The whole run on a few lines: one bar per step, as paths to draw. Pure. */
import type { StepStatus } from '../ipc/gen/StepStatus';
import type { Axis } from './axis';
import { join, pack, type Bar } from './lanes';
import type { Tree } from './tree';

interface StepBar extends Bar {
  id: string;
}

export interface Overview {
  lanes: StepBar[][];
  /** One path per look: a few elements, however many steps there are. */
  paths: { status: StepStatus; d: string }[];
}

/** Units across. */
export const across = 1000;

/** Steps that hold others are told by these. */
export function overview(tree: Tree, axis: Axis, origin: number, known: number, lanes: number, pitch: number, thick: number): Overview {
  const bars: StepBar[] = [];
  for (const { step, rounds } of tree.byId.values()) {
    if (rounds.length > 0) continue;
    bars.push({ id: step.id, from: step.startedAt, to: Math.max(step.startedAt, step.finishedAt ?? (step.status === 'running' ? known : step.startedAt)), status: step.status });
  }
  const packed = pack(bars, lanes);
  const drawn = new Map<StepStatus, string[]>();
  const scale = across / axis.end;
  for (const [index, lane] of packed.entries()) {
    for (const bar of join(lane, axis.end / across)) {
      const left = Math.min(across - 2, Math.max(0, (bar.from - origin) * scale));
      const width = Math.min(across - left, Math.max(2, (bar.to - origin) * scale - left));
      let pieces = drawn.get(bar.status);
      if (!pieces) drawn.set(bar.status, (pieces = []));
      pieces.push(`M${left.toFixed(1)} ${index * pitch}h${width.toFixed(1)}v${thick}h-${width.toFixed(1)}z`);
    }
  }
  return { lanes: packed, paths: [...drawn].map(([status, pieces]) => ({ status, d: pieces.join('') })) };
}

/** The step at a place: of that lane the one that runs then, else the nearest. */
export function stepAt({ lanes }: Overview, lane: number, at: number): string | null {
  const bars = lanes[Math.min(lanes.length - 1, Math.max(0, lane))] ?? [];
  let best: StepBar | null = null;
  let distance = Infinity;
  for (const bar of bars) {
    const away = at < bar.from ? bar.from - at : at > bar.to ? at - bar.to : 0;
    if (away < distance) [best, distance] = [bar, away];
  }
  return best?.id ?? null;
}
