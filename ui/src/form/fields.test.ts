import { expect, it } from 'vitest';
import { demoApps } from '../ipc/fake-data';
import { isUnderMore } from './fields';

const fields = demoApps()[1]?.form.fields ?? [];

it('puts hidden fields and optional ones with a default under More options', () => {
  expect(fields.filter(isUnderMore).map((field) => field.variable)).toEqual(['reference', 'pace', 'events']);
});
