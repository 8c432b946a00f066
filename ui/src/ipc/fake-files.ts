/** The fake's chosen files and their uploads. */
import type { Backend } from './backend';
import { failure, stagedFile, type World } from './fake-world';
import type { StagedFile } from './gen/StagedFile';

type Methods = Pick<Backend, 'fileChoose' | 'fileUpload' | 'fileSendNow' | 'fileForget'>;

export function fileMethods(all: World): Methods {
  const { staged, pace, emit, wait } = all;
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
    // Nothing interrupts an upload here.
    async fileSendNow() {},
    async fileForget(id) {
      staged.delete(id);
    },
  };
}
