/** What the page's Copy and Save buttons take of the output that is on screen. */
export interface Shown {
  text: string;
  /** Whether there is any text; asking for the text itself may write a whole table. */
  has: boolean;
  /** It is the first of the run's outputs: what the run itself speaks. */
  whole?: boolean;
  /** The drawn document, where it is all drawn. */
  element: HTMLElement | undefined;
  /** For pasting with its form, where that is not the drawn one. */
  html?: () => string;
  /** What "Save as" writes, where that is not the text. */
  saved?: () => string;
  extension: 'md' | 'txt' | 'csv' | 'json';
}
