/** What can be read beside a result: the documents a run was given, and long texts that were entered. */
import type { InputShown } from '../ipc/gen/InputShown';
import type { SentFile } from '../ipc/gen/SentFile';

export type Source = { key: string; file: SentFile; text: null; label: string } | { key: string; file: null; text: string; label: string };

/** Shorter ones are read at a glance, where the inputs are. */
const long = 240;

const isLong = (input: InputShown): input is InputShown & { value: string } => !input.isFiles && !input.hidden && typeof input.value === 'string' && input.value.length >= long;

/** Whether there is anything to read: known before the documents are. */
export function hasSource(inputs: readonly InputShown[]): boolean {
  return inputs.some((input) => (input.isFiles && Array.isArray(input.value) && input.value.length > 0) || isLong(input));
}

export function sourcesOf(files: readonly SentFile[], inputs: readonly InputShown[]): Source[] {
  return [
    ...files.map((file): Source => ({ key: `file-${file.index}`, file, text: null, label: file.name })),
    ...inputs.filter(isLong).map((input): Source => ({ key: `text-${input.variable}`, file: null, text: input.value, label: input.label })),
  ];
}
