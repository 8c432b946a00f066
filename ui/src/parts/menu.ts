import type { IconName } from './icons';

export interface MenuItem {
  label: string;
  icon: IconName;
  run: () => void;
  danger?: boolean;
  /** Why it cannot be chosen now. */
  off?: string;
  /** A line above it. */
  apart?: boolean;
  testid?: string;
  /** Tells it from others of the same name. */
  id?: string;
  /** Class of the icon: the state it stands for. */
  tone?: string;
  /** Said after the label, and seen where the label is cut. */
  note?: string;
}
