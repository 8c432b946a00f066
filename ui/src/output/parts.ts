/** Small parts of our own within a drawn text. */
import { shapes } from '../parts/icons';

export function decorationButton(icon: keyof typeof shapes, label: string): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'btn quiet small';
  button.innerHTML = `<svg class="i s" viewBox="0 0 20 20" aria-hidden="true">${shapes[icon]}</svg>`;
  const text = document.createElement('span');
  text.textContent = label;
  button.append(text);
  return button;
}
