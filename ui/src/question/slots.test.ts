import { expect, test } from 'vitest';
import { cut } from './slots';

test('inputs stand where the text has a place for them, and a line that names one is its label', () => {
  const text = '## Check\n\nA desk\n\n**Comment:** {{#$output.comment#}}\n\nHow urgent： {{#$output.priority#}}\nThank you.';
  expect(cut(text, ['comment', 'priority'])).toEqual([
    { kind: 'text', text: '## Check\n\nA desk' },
    { kind: 'input', name: 'comment', label: 'Comment' },
    { kind: 'input', name: 'priority', label: 'How urgent' },
    { kind: 'text', text: 'Thank you.' },
  ]);
});

test('inputs without a place follow at the end, and none stands twice', () => {
  expect(cut('Say {{#$output.a#}} or {{#$output.a#}}', ['a', 'b'])).toEqual([
    { kind: 'text', text: 'Say' },
    { kind: 'input', name: 'a', label: null },
    { kind: 'text', text: 'or' },
    { kind: 'input', name: 'b', label: null },
  ]);
  expect(cut('', ['a'])).toEqual([{ kind: 'input', name: 'a', label: null }]);
});

test('a place that nobody asks for is not shown', () => {
  expect(cut('Left {{#$output.gone#}} over', [])).toEqual([{ kind: 'text', text: 'Left  over' }]);
  expect(cut('{{#$output.gone#}}', [])).toEqual([]);
});
