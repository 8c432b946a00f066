/** What the fake keeps of what was entered: drafts, saved inputs, and what past runs were started with. */
import type { Backend, Entries } from './backend';
import { found, stagedFile, type World } from './fake-world';
import type { Draft } from './gen/Draft';
import type { Filled } from './gen/Filled';
import type { Fitted } from './gen/Fitted';
import type { Form } from './gen/Form';
import type { FormChanges } from './gen/FormChanges';
import type { Preset } from './gen/Preset';
import type { StagedFile } from './gen/StagedFile';

type Methods = Pick<Backend, 'formRefit' | 'draftRead' | 'draftSave' | 'answerDraftRead' | 'answerDraftSave' | 'presetList' | 'presetNamed' | 'presetSave' | 'presetRename' | 'presetRemove' | 'presetRestore' | 'presetApply' | 'runRefill' | 'runAlike'>;

export function keptMethods(all: World, drafts: Map<string, Draft>): Methods {
  const { staged, entered, appOf, runOf } = all;
  const presets = new Map<string, { appId: string; preset: Preset; entries: Entries; removed: boolean }>();
  const answers = new Map<string, { entries: Entries; revision: number }>();
  const isOpen = (id: string, place: number) => runOf(id).questions[place]?.state.state === 'open';
  const folded = (name: string) => name.trim().replace(/\s+/gu, ' ').toLowerCase();
  const named = (appId: string, name: string) => [...presets.values()].filter((kept) => kept.appId === appId && !kept.removed && folded(kept.preset.name) === folded(name));
  const presetOf = (id: string) => found(presets.get(id));

  function filled(entries: Entries): Filled {
    const ids = Object.values(entries).flatMap((entry) => (entry.kind === 'files' ? entry.value : [])).flatMap((file) => (file.kind === 'staged' ? [file.value] : []));
    const files = ids.map((id) => staged.get(id) ?? stagedFile(id, { id, state: { state: 'gone' }, since: 'gone' }));
    return structuredClone({ entries, changes: { fields: [], aside: [] }, files, revision: 0, fromCopies: [] });
  }

  /** New and gone fields only: the rule is Rust's (`model::changes`). */
  function refit(before: Form, now: Form, old: Entries, changes: FormChanges): Fitted {
    const has = (form: Form, variable: string) => form.fields.some((field) => field.variable === variable);
    const entries: Entries = {};
    const told: FormChanges = structuredClone(changes);
    for (const { variable, label } of now.fields) if (!has(before, variable)) told.fields.push({ variable, label, change: { kind: 'new' } });
    for (const { variable, label } of before.fields) if (!has(now, variable)) told.fields.push({ variable, label, change: { kind: 'gone' } });
    for (const [variable, entry] of Object.entries(old)) {
      if (has(now, variable)) entries[variable] = entry;
      else told.aside.push({ variable, label: before.fields.find((field) => field.variable === variable)?.label ?? variable, entry, why: { code: 'field_gone' } });
    }
    return structuredClone({ entries, changes: told });
  }

  return {
    formRefit: async (before, now, entries, changes) => refit(before, now, entries, changes),
    async draftRead(id) {
      const draft = drafts.get(id);
      if (!draft) return null;
      const { entries, changes } = refit(draft.form, appOf(id).form, draft.entries, draft.changes);
      return { ...filled(entries), changes, revision: draft.revision };
    },
    async draftSave(id, draft) {
      if (draft.revision > (drafts.get(id)?.revision ?? -1)) drafts.set(id, structuredClone(draft));
    },
    async answerDraftRead(id, place) {
      const kept = answers.get(`${id}/${place}`);
      return kept && isOpen(id, place) ? { ...filled(kept.entries), revision: kept.revision } : null;
    },
    async answerDraftSave(id, place, entries, revision) {
      const key = `${id}/${place}`;
      if (isOpen(id, place) && revision > (answers.get(key)?.revision ?? -1)) answers.set(key, structuredClone({ entries, revision }));
    },
    presetNamed: async (appId, name, except) => structuredClone(named(appId, name).find((kept) => kept.preset.id !== except)?.preset ?? null),
    presetList: async (id) => structuredClone([...presets.values()].filter((kept) => kept.appId === id && !kept.removed).map((kept) => kept.preset)),
    async presetSave(appId, name, entries) {
      const [before] = named(appId, name);
      if (before) before.removed = true;
      const preset: Preset = { id: `preset-${++all.counter}`, name, createdAt: Date.now(), usedAt: null };
      presets.set(preset.id, { appId, preset, entries: structuredClone(entries), removed: false });
      return { preset, replaced: before?.preset.id ?? null };
    },
    async presetRename(id, name) {
      presetOf(id).preset.name = name;
    },
    async presetRemove(id) {
      presetOf(id).removed = true;
    },
    async presetRestore(id) {
      const kept = presetOf(id);
      for (const other of named(kept.appId, kept.preset.name)) other.removed = true;
      kept.removed = false;
      return structuredClone(kept.preset);
    },
    presetApply: async (id) => filled(presetOf(id).entries),
    async runAlike(appId, entries) {
      const same = [...all.runs.values()].filter((run) => run.head.appId === appId && JSON.stringify(entered.get(run.head.id)) === JSON.stringify(entries));
      return structuredClone(same.at(-1)?.head ?? null);
    },
    async runRefill(id) {
      const kept = entered.get(id);
      if (kept) return filled(kept);
      // Of past runs only what was shown is known.
      const gone: StagedFile[] = [];
      const entries: Entries = {};
      for (const { variable, value, isFiles } of runOf(id).inputs) {
        if (!isFiles) entries[variable] = typeof value === 'boolean' ? { kind: 'flag', value } : { kind: 'text', value: String(value) };
        else if (Array.isArray(value)) {
          const files = value.map((name) => stagedFile(String(name), { id: `gone-${String(name)}`, size: 0, state: { state: 'gone' }, since: 'gone' }));
          gone.push(...files);
          entries[variable] = { kind: 'files', value: files.map((file) => ({ kind: 'staged', value: file.id })) };
        }
      }
      return { ...filled(entries), files: gone };
    },
  };
}
