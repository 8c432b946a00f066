import { expect, it } from 'vitest';
import { eventsOf } from './tauri';

it('hears the same however a message came', () => {
  const events = [{ type: 'files_left' as const }];
  const bytes = new TextEncoder().encode(JSON.stringify(events));
  expect(eventsOf(events), 'short ones as they are').toEqual(events);
  expect(eventsOf(bytes.buffer as ArrayBuffer), 'long ones as bytes').toEqual(events);
  expect(eventsOf([...bytes]), 'as numbers, where the way for bytes failed').toEqual(events);
  expect(eventsOf([])).toEqual([]);
});
