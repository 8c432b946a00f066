import { describe, expect, it } from 'vitest';
import type { Control } from '../ipc/gen/Control';
import type { Field } from '../ipc/gen/Field';
import { extensionOf, hit, planDrop, roomOf } from './drop';

function fileField(variable: string, control: Control, more: Partial<Field> = {}): Field {
  return { variable, label: variable, required: false, hidden: false, hint: null, placeholder: null, control, ...more };
}

const pictures = fileField('pictures', { type: 'file', rules: { kinds: ['image'], extensions: [], methods: ['local_file'] } });
const papers = fileField('papers', { type: 'file_list', rules: { kinds: ['document', 'custom'], extensions: ['log'], methods: ['local_file'] }, maxCount: 2 });
const links = fileField('links', { type: 'file', rules: { kinds: [], extensions: [], methods: ['remote_url'] } });
const empty = () => 0;

describe('dropped files', () => {
  it('go to the first field that takes them', () => {
    expect(planDrop([pictures, papers], empty, [{ extension: 'pdf' }], null)).toMatchObject({ kind: 'field', field: { variable: 'papers' }, direct: false });
  });

  it('go to the field they are dropped on', () => {
    expect(planDrop([papers, pictures], empty, [{ extension: 'png' }], 'pictures')).toMatchObject({ kind: 'field', field: { variable: 'pictures' }, direct: true });
  });

  it('are refused by a field that does not take them, even if another would', () => {
    expect(planDrop([papers, pictures], empty, [{ extension: 'zip' }], 'pictures')).toMatchObject({ kind: 'not_accepted', extensions: ['zip'] });
  });

  it('are taken by a listed extension of the kind custom', () => {
    expect(planDrop([papers], empty, [{ extension: 'log' }], null).kind).toBe('field');
  });

  it('are judged by their true kind once they were let go', () => {
    expect(planDrop([papers], empty, [{ extension: 'dat', kind: 'document' }], null).kind).toBe('field');
  });

  it('find a list that is full to be full, and a single file to be replaceable', () => {
    expect(planDrop([papers], () => 2, [{ extension: 'pdf' }], null).kind).toBe('full');
    expect(roomOf(pictures, 1)).toBe(1);
  });

  it('do not go to fields for links, hidden fields, or forms without files', () => {
    expect(planDrop([links], empty, [{ extension: 'pdf' }], null).kind).toBe('not_accepted');
    expect(planDrop([{ ...papers, hidden: true }], empty, [{ extension: 'pdf' }], null).kind).toBe('no_field');
  });
});

describe('the place of a drop', () => {
  const zones = [
    { variable: 'a', left: 0, top: 0, right: 100, bottom: 50 },
    { variable: 'b', left: 0, top: 60, right: 100, bottom: 110 },
    // Scrolled out of sight: its bottom lies above its top.
    { variable: 'c', left: 0, top: 200, right: 100, bottom: 150 },
  ];

  it('is the zone around the point', () => {
    expect(hit(zones, 50, 70)).toBe('b');
  });

  it('is none between zones, on the far edge, and in what is out of sight', () => {
    expect(hit(zones, 50, 55)).toBeNull();
    expect(hit(zones, 100, 10)).toBeNull();
    expect(hit(zones, 50, 175)).toBeNull();
  });
});

it('reads the extension of a name as Rust does', () => {
  expect([extensionOf('a.PDF'), extensionOf('.profile'), extensionOf('none'), extensionOf('a.tar.gz')]).toEqual(['pdf', '', '', 'gz']);
});
