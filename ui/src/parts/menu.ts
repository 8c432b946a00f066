import type { IconName } from './icons';

export interface MenuItem {
  label: string;
  icon: IconName;
  run: () => void;
  danger?: boolean;
  /** A line above it. */
  apart?: boolean;
  testid?: string;
}
