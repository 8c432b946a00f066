/** Where the keyboard is led when what it was at in the history has gone: to the list, or where there is none to the search. */
export const toList = (): HTMLElement | null => document.querySelector<HTMLElement>('.hist-list') ?? document.querySelector<HTMLElement>('.find-box input') ?? document.getElementById('main');
