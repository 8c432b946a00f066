import { expect, it } from 'vitest';
import { demoApps } from '../ipc/fake-data';
import { changedLabels } from './changes';
import { isUnderMore } from './fields';

const fields = demoApps()[1]?.form.fields ?? [];

it('puts hidden fields and optional ones with a default under More options', () => {
  expect(fields.filter(isUnderMore).map((field) => field.variable)).toEqual(['reference', 'pace', 'events']);
});

it('names the new fields of a changed form', () => {
  expect(changedLabels(fields, fields)).toBeNull();
  expect(changedLabels(fields.slice(1), fields)).toEqual(['Short text']);
  expect(changedLabels(fields, fields.slice(1))).toEqual([]);
});
