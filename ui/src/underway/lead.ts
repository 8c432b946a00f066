/** Where the keyboard goes when what it was at has gone with a run's state: to that state, in words. */
import { leadsOn } from '../parts/focus';

export const toStatus = leadsOn(() => document.querySelector<HTMLElement>('.run-page .status') ?? document.getElementById('main'));
