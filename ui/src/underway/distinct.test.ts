import { expect, it } from 'vitest';
import { distinct } from './distinct';

it('shows where titles that begin alike differ, from the beginning of a word', () => {
  expect(distinct(['Quarterly report, north', 'Quarterly report, northwest', 'Quarterly report, south'])).toEqual([
    ['Quarterly report, ', 'north'],
    ['Quarterly report, ', 'northwest'],
    ['Quarterly report, ', 'south'],
  ]);
  expect(distinct(['温室年度维修报告说明第一部分', '温室年度维修报告说明第二部分'])[1], 'Chinese has no spaces to go back to').toEqual(['温室年度维修报告说明第', '二部分']);
});

it('leaves titles alone that their beginning tells apart, and equal ones, which nothing can', () => {
  for (const titles of [['Alpha', 'Beta'], ['Report A', 'Report B'], ['The same long title', 'The same long title'], ['One alone that is long enough']]) {
    expect(distinct(titles)).toEqual(titles.map((title) => [title, '']));
  }
});

it('keeps every character', () => {
  const titles = ['Quarterly report, north 😀', 'Quarterly report, north', 'Quarterly report, n', ''];
  expect(distinct(titles).map((parts) => parts.join(''))).toEqual(titles);
});
