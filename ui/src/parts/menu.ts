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
}
