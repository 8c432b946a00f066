/** The fake's chosen files and their uploads. */
import type { Backend, Entries } from './backend';
import { check } from './fake-check';
import { failure, stagedFile, type World } from './fake-world';
import type { Form } from './gen/Form';
import type { StagedFile } from './gen/StagedFile';

type Methods = Pick<Backend, 'fileChoose' | 'fileUpload' | 'fileShrink' | 'fileSendNow' | 'fileForget' | 'fileLook' | 'fileFits' | 'questionFits' | 'folderChoose' | 'folderRead' | 'folderForget' | 'paste' | 'linkFetch' | 'linkStop'>;

export function fileMethods(all: World): Methods {
  const { staged, pace, emit, wait } = all;
  function taken(name: string, more: Partial<StagedFile> = {}): StagedFile {
    const file = stagedFile(name, { id: `file-${++all.counter}`, ...more });
    staged.set(file.id, file);
    return structuredClone(file);
  }
  const fits = (form: Form, variable: string, ids: string[]) => {
    const entries: Entries = { [variable]: { kind: 'files', value: ids.map((value) => ({ kind: 'staged', value })) } };
    const problems = check(form, entries, staged).filter((problem) => problem.variable === variable && problem.issue.code !== 'file_not_uploaded');
    return ids.map((_, index) => problems.find((problem) => problem.fileIndex === index)?.issue ?? null);
  };
  return {
    async fileChoose(_app, variable) {
      const names = variable === 'attachment' ? ['Stamp page.png'] : ['Northwind–Helvetia MSA v4 (signed copy, scanned).pdf', 'Price sheet 2026.xlsx', 'Drafts.zip'];
      return names.map((name) => {
        const file = stagedFile(name, { id: `file-${++all.counter}` });
        staged.set(file.id, file);
        return structuredClone(file);
      });
    },
    async fileUpload(_app, id) {
      const file = staged.get(id);
      if (!file) throw failure('file_missing');
      for (let sent = 0; sent < file.size && pace > 0; sent += file.size / 8) {
        if (!staged.has(id)) throw failure('cancelled');
        emit({ type: 'file_changed', file: { ...file, state: { state: 'uploading', sent, speed: null, left: null } } });
        await wait(pace / 4);
      }
      const done: StagedFile = { ...file, state: { state: 'uploaded', uploadFileId: `upload-${id}` } };
      staged.set(id, done);
      emit({ type: 'file_changed', file: done });
      return structuredClone(done);
    },
    async fileShrink(_app, id) {
      const file = staged.get(id);
      if (!file) throw failure('file_missing');
      const small: StagedFile = { ...file, id: `file-${++all.counter}`, size: Math.floor(file.size / 3), state: { state: 'ready' }, found: { locked: false, alike: null, shrunkFrom: file.size } };
      staged.set(small.id, small);
      await wait(pace);
      return structuredClone(small);
    },
    async fileLook(ids) {
      return ids.flatMap((id) => staged.get(id) ?? []).map((file) => structuredClone(file));
    },
    fileFits: async (appId, variable, ids) => fits(all.appOf(appId).form, variable, ids),
    questionFits: async (_run, _place, _variable, ids) => ids.map(() => null),
    folderChoose: async () => ({ id: 'folder-1', name: 'Contracts' }),
    async folderRead(id) {
      await wait(pace);
      emit({ type: 'folder_changed', folderId: id, files: 2, size: 4_800_000 });
      await wait(pace);
      const files = ['Annex 1.pdf', 'Annex 2.pdf', 'Drafts.zip'].map((name) => taken(name));
      return { files, size: 7_200_000, hidden: 2, links: 0, unreadable: 0, cut: false };
    },
    folderForget: async () => undefined,
    async paste(names) {
      return { what: 'table', files: [taken(`${names.table}.csv`, { size: 1200 })], folders: [], links: [] };
    },
    async linkFetch(_app, link) {
      await wait(pace);
      emit({ type: 'link_changed', link, bytes: 1_200_000 });
      await wait(pace);
      if (link.includes('private')) return { kind: 'not', why: { why: 'sign_in' } };
      return { kind: 'file', file: taken(link.split('/').pop() || 'file') };
    },
    linkStop: async () => undefined,
    // Nothing interrupts an upload here.
    async fileSendNow() {},
    async fileForget(ids) {
      for (const id of ids) staged.delete(id);
    },
  };
}
