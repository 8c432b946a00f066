import { describe, expect, it } from 'vitest';
import type { Control } from '../ipc/gen/Control';
import type { Field } from '../ipc/gen/Field';
import { extensionOf, firstFor, hit, planDrop, roomOf, type DropFile, type Load } from './drop';

function fileField(variable: string, control: Control, more: Partial<Field> = {}): Field {
  return { variable, label: variable, required: false, hidden: false, hint: null, placeholder: null, control, ...more };
}

const pictures = fileField('pictures', { type: 'file', rules: { kinds: ['image'], extensions: [], methods: ['local_file'] } });
const papers = fileField('papers', { type: 'file_list', rules: { kinds: ['document', 'custom'], extensions: ['log'], methods: ['local_file'] }, maxCount: 2 });
const links = fileField('links', { type: 'file', rules: { kinds: [], extensions: [], methods: ['remote_url'] } });
const empty = () => 0;
const of = (files: DropFile[], more: Partial<Load> = {}): Load => ({ files, folders: 0, links: 0, ...more });

describe('dropped files', () => {
  it('go to the first field that takes them', () => {
    expect(planDrop([pictures, papers], empty, of([{ extension: 'pdf' }]), null)).toMatchObject({ kind: 'field', field: { variable: 'papers' }, direct: false });
  });

  it('go to the field they are dropped on', () => {
    expect(planDrop([papers, pictures], empty, of([{ extension: 'png' }]), 'pictures')).toMatchObject({ kind: 'field', field: { variable: 'pictures' }, direct: true });
  });

  it('are refused by a field that does not take them, even if another would', () => {
    expect(planDrop([papers, pictures], empty, of([{ extension: 'zip' }]), 'pictures')).toMatchObject({ kind: 'not_accepted', extensions: ['zip'] });
  });

  it('are taken by a listed extension of the kind custom', () => {
    expect(planDrop([papers], empty, of([{ extension: 'log' }]), null).kind).toBe('field');
  });

  it('are judged by their true kind once they were let go', () => {
    expect(planDrop([papers], empty, of([{ extension: 'dat', kind: 'document' }]), null).kind).toBe('field');
  });

  it('find a list that is full to be full, and a single file to be replaceable', () => {
    expect(planDrop([papers], () => 2, of([{ extension: 'pdf' }]), null).kind).toBe('full');
    expect(roomOf(pictures, 1)).toBe(1);
  });

  it('do not go to fields for links, hidden fields, or forms without files', () => {
    expect(planDrop([links], empty, of([{ extension: 'pdf' }]), null).kind).toBe('not_accepted');
    expect(planDrop([{ ...papers, hidden: true }], empty, of([{ extension: 'pdf' }]), null).kind).toBe('no_field');
  });
});

describe('several fields for files', () => {
  const other = fileField('other', { type: 'file_list', rules: { kinds: ['document'], extensions: [], methods: ['local_file'] }, maxCount: 5 });

  it('are asked about where more than one would take it, and only those', () => {
    const plan = planDrop([pictures, papers, other], empty, of([{ extension: 'pdf' }]), null);
    expect(plan).toMatchObject({ kind: 'ask', fields: [{ variable: 'papers' }, { variable: 'other' }] });
  });

  it('are not asked about over one of them, or where the other is full', () => {
    expect(planDrop([papers, other], empty, of([{ extension: 'pdf' }]), 'other')).toMatchObject({ kind: 'field', field: { variable: 'other' }, direct: true });
    expect(planDrop([papers, other], (variable) => (variable === 'papers' ? 2 : 0), of([{ extension: 'pdf' }]), null)).toMatchObject({ kind: 'field', field: { variable: 'other' } });
  });

  it('of one file are asked about before what they hold is replaced, unless it is dropped on them', () => {
    const full = (variable: string) => (variable === 'pictures' ? 1 : 0);
    expect(planDrop([pictures], full, of([{ extension: 'png' }]), null)).toMatchObject({ kind: 'ask', fields: [{ variable: 'pictures' }] });
    expect(planDrop([pictures], full, of([{ extension: 'png' }]), 'pictures').kind).toBe('field');
  });

  it('of one file each get what fits before anything is replaced', () => {
    const second = fileField('second', pictures.control);
    expect(planDrop([pictures, second], (variable) => (variable === 'pictures' ? 1 : 0), of([{ extension: 'png' }]), null)).toMatchObject({ kind: 'field', field: { variable: 'second' } });
  });
});

describe('before anything is let go', () => {
  it('it is counted what will be refused, and what is too much', () => {
    const files = ['pdf', 'zip', 'exe', 'zip', 'docx', 'pdf'].map((extension) => ({ extension }));
    expect(planDrop([papers], empty, of(files), null)).toMatchObject({ kind: 'field', refused: [{ extension: 'zip', count: 2 }, { extension: 'exe', count: 1 }], tooMany: 1, left: null });
    expect(planDrop([papers], empty, of([{ extension: 'pdf' }]), null)).toMatchObject({ refused: [], tooMany: 0, left: 1 });
  });

  it('a folder is taken for what it may hold, and no room is promised for it', () => {
    expect(planDrop([papers], empty, of([], { folders: 1 }), null)).toMatchObject({ kind: 'field', left: null });
    expect(planDrop([links], empty, of([], { folders: 1 }), null).kind).toBe('not_accepted');
  });

  it('a link goes to any field for files: it can be fetched here', () => {
    expect(planDrop([links], empty, of([], { links: 1 }), null).kind).toBe('field');
    expect(planDrop([papers], empty, of([], { links: 1 }), null).kind).toBe('field');
  });

  it('a field of one file takes the first that fits', () => {
    expect(firstFor(pictures, [{ extension: 'pdf' }, { extension: 'png' }])).toEqual({ extension: 'png' });
    expect(firstFor(pictures, [{ extension: 'pdf' }, { extension: 'zip' }]), 'a wrong one says at its row why').toEqual({ extension: 'pdf' });
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
