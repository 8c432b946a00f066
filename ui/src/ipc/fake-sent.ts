/** What the fake's runs were given, as far as it is shown; its copies are only counted. */
import type { Backend } from './backend';
import { found, type World } from './fake-world';
import type { Copies } from './gen/Copies';
import type { SentFile } from './gen/SentFile';

type Methods = Pick<Backend, 'runSent' | 'runSentLook' | 'runSentBytes' | 'runSentOpen' | 'runSentShow' | 'runSentSave' | 'copies' | 'copiesKeep' | 'copiesDelete'>;

const extract = {
  cut: false,
  parts: [
    {
      of: { part: 'document' as const },
      title: null,
      cut: false,
      blocks: [
        { kind: 'heading' as const, level: 1, text: 'Service levels' },
        { kind: 'paragraph' as const, text: 'The provider answers within four hours.\nOn weekends within eight.' },
        { kind: 'item' as const, level: 0, text: 'Severity 1: four hours' },
        { kind: 'row' as const, cells: ['Clause', 'Finding'] },
        { kind: 'row' as const, cells: ['7.2', 'Cap of 24 months'] },
      ],
    },
  ],
};

export function sentMethods(all: World): Methods {
  const kept: Copies = { keep: true, apps: [], files: 3, bytes: 4_200_000 };
  return {
    async runSent(id) {
      const names = all.runOf(id).inputs.flatMap((input) => (input.isFiles && Array.isArray(input.value) ? input.value.map((name) => ({ name: String(name), input })) : []));
      return names.map(({ name, input }, index): SentFile => {
        const isLink = /^https?:/.test(name);
        const extension = isLink ? '' : (name.split('.').pop() ?? '').toLowerCase();
        return { index, variable: input.variable, label: input.label, name, extension, size: isLink ? null : 184_000, copy: isLink ? 'none' : 'kept', reads: isLink ? 'nowhere' : 'copy', link: isLink ? name : null, knownAs: isLink ? [] : [`seen ${name}`] };
      });
    },
    runSentLook: async () => structuredClone({ look: { shows: 'nothing' as const, mimeType: 'application/zip', size: 184_000, text: null, cut: false }, extract, unread: null }),
    runSentBytes: async () => new ArrayBuffer(0),
    runSentOpen: async () => undefined,
    runSentShow: async () => undefined,
    runSentSave: async () => true,
    copies: async () => structuredClone(kept),
    async copiesKeep(appId, keep) {
      if (appId === null) kept.keep = keep ?? true;
      else {
        kept.apps = kept.apps.filter((app) => app.appId !== appId);
        if (keep !== null) kept.apps.push({ appId: found(all.apps.get(appId)).id, keep, files: 0, bytes: 0 });
      }
      return structuredClone(kept);
    },
    async copiesDelete(appId) {
      if (appId === null) Object.assign(kept, { files: 0, bytes: 0 });
      return structuredClone(kept);
    },
  };
}
