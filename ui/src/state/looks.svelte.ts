/** The page's preferences (theme, language, text size, what closing and notifications do): kept in this computer's web view and applied at once; `early.js` reads them before the first paint. */
import type { AppId } from '../ipc/gen/AppId';
import type { Closing as ClosingChoice } from '../ipc/gen/Closing';
import type { LanguageChoice } from '../ipc/gen/LanguageChoice';
import type { Preferences } from '../ipc/gen/Preferences';
import type { StepDensity } from '../ipc/gen/StepDensity';
import type { TextSize } from '../ipc/gen/TextSize';
import type { Theme } from '../ipc/gen/Theme';
import { ourLanguage } from '../text/lang';
import { words, type Language } from '../text/words.svelte';

export type { ClosingChoice, LanguageChoice };

const key = 'flowdeck.looks';

/** What the user wants wherever he sits: backups have it. */
type OfUser = Omit<Preferences, 'speed'>;

interface Kept extends Omit<OfUser, 'appLanguage'> {
  /** Of the first app that was connected; null if that is none of ours. */
  appLanguage?: Language | null;
  // How the window is divided goes with this computer's screen, and into no backup.
  /** Side bar as a rail, per window width class. */
  railNarrow?: boolean;
  railWide?: boolean;
  formWidth?: number;
  resultShare?: number;
  sourceShare?: number;
}

function read(): Kept {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    return typeof kept === 'object' && kept !== null ? kept : {};
  } catch {
    return {};
  }
}

export class Looks {
  private kept = $state<Kept>(read());
  private readonly narrowQuery = matchMedia('(max-width: 1079px)');
  narrow = $state(this.narrowQuery.matches);
  private readonly wideQuery = matchMedia('(min-width: 1600px)');
  /** Result and steps stand side by side. */
  wide = $state(this.wideQuery.matches);

  constructor() {
    this.narrowQuery.addEventListener('change', (event) => (this.narrow = event.matches));
    this.wideQuery.addEventListener('change', (event) => (this.wide = event.matches));
    this.apply();
  }

  get theme(): Theme {
    return this.kept.theme ?? 'system';
  }
  set theme(theme: Theme) {
    this.keep({ theme });
  }

  get textSize(): TextSize {
    return this.kept.textSize ?? 'normal';
  }
  set textSize(textSize: TextSize) {
    this.keep({ textSize });
  }

  get language(): LanguageChoice {
    return this.kept.language ?? 'system';
  }
  set language(language: LanguageChoice) {
    this.keep({ language });
  }

  get rail(): boolean {
    return this.narrow ? (this.kept.railNarrow ?? true) : (this.kept.railWide ?? false);
  }
  toggleRail(): void {
    this.keep(this.narrow ? { railNarrow: !this.rail } : { railWide: !this.rail });
  }

  /** Null: as wide as the layout gives it. */
  get formWidth(): number | null {
    return this.kept.formWidth ?? null;
  }
  set formWidth(formWidth: number | null) {
    this.keep({ formWidth: formWidth ?? undefined });
  }

  /** Share of the result beside the steps, 20–80 %. */
  get resultShare(): number {
    return Math.min(80, Math.max(20, this.kept.resultShare ?? 45));
  }
  set resultShare(resultShare: number) {
    this.keep({ resultShare });
  }

  get showsSource(): boolean {
    return this.kept.showsSource ?? true;
  }
  set showsSource(showsSource: boolean) {
    this.keep({ showsSource });
  }

  /** Share of the source beside the result, 25–70 %. */
  get sourceShare(): number {
    return Math.min(70, Math.max(25, this.kept.sourceShare ?? 45));
  }
  set sourceShare(sourceShare: number) {
    this.keep({ sourceShare });
  }

  get comparesAll(): boolean {
    return this.kept.comparesAll ?? false;
  }
  set comparesAll(comparesAll: boolean) {
    this.keep({ comparesAll });
  }

  get comparesAsOne(): boolean {
    return this.kept.comparesAsOne ?? false;
  }
  set comparesAsOne(comparesAsOne: boolean) {
    this.keep({ comparesAsOne });
  }

  get stepDensity(): StepDensity {
    return this.kept.stepDensity ?? 'comfortable';
  }
  set stepDensity(stepDensity: StepDensity) {
    this.keep({ stepDensity });
  }

  get stepsAsTable(): boolean {
    return this.kept.stepsAsTable ?? false;
  }
  set stepsAsTable(stepsAsTable: boolean) {
    this.keep({ stepsAsTable });
  }

  get closing(): ClosingChoice {
    return this.kept.closing ?? 'ask';
  }
  set closing(closing: ClosingChoice) {
    this.keep({ closing });
  }

  get notify(): boolean {
    return this.kept.notify ?? true;
  }
  set notify(notify: boolean) {
    this.keep({ notify });
  }

  /** Whether notifications name the run. */
  get notifyTitles(): boolean {
    return this.kept.notifyTitles ?? true;
  }
  set notifyTitles(notifyTitles: boolean) {
    this.keep({ notifyTitles });
  }

  /**
   * The language of an app that was connected while there was none is the page's where nobody has said anything better:
   * the user chose none, and the system's is none of ours. Apps that come later do not turn the page around, nor does one
   * that comes after the demo: by then it has been read in another language.
   */
  adoptLanguage(given: string | null): void {
    if (this.kept.appLanguage === undefined) this.keep({ appLanguage: ourLanguage(given) });
  }

  /** The user's wish for this app; null: as its owner has it. */
  showsSteps(appId: AppId): boolean | null {
    return this.kept.showsSteps?.[appId] ?? null;
  }
  keepShowsSteps(appId: AppId, shows: boolean): void {
    if (this.showsSteps(appId) !== shows) this.keep({ showsSteps: { ...this.kept.showsSteps, [appId]: shows } });
  }

  /** The app that was on screen last. */
  get lastApp(): AppId | null {
    return this.kept.lastApp ?? null;
  }
  set lastApp(lastApp: AppId) {
    if (this.kept.lastApp !== lastApp) this.keep({ lastApp });
  }

  forgetApp(appId: AppId): void {
    if (this.showsSteps(appId) !== null) this.keep({ showsSteps: Object.fromEntries(Object.entries(this.kept.showsSteps ?? {}).filter(([id]) => id !== appId)) });
  }

  /** Each value as it holds now, so that it takes the place of another one where it is taken over. */
  ofUser(): OfUser {
    const { theme, language, textSize, closing, notify, notifyTitles, showsSource, comparesAll, comparesAsOne, stepDensity, stepsAsTable } = this;
    const { appLanguage, showsSteps = {}, lastApp } = $state.snapshot(this.kept);
    const all = { theme, language, textSize, closing, notify, notifyTitles, showsSource, comparesAll, comparesAsOne, stepDensity, stepsAsTable, showsSteps };
    return { ...all, ...(appLanguage && { appLanguage }), ...(lastApp !== undefined && { lastApp }) };
  }

  /** What is not said stays as it is. */
  adopt(ofUser: OfUser): void {
    if (Object.keys(ofUser).length > 0) this.keep(ofUser);
  }

  private keep(change: Kept): void {
    this.kept = { ...this.kept, ...change };
    try {
      localStorage.setItem(key, JSON.stringify(this.kept));
    } catch {
      // Storage may be full or forbidden: the choice then lasts until the program ends.
    }
    this.apply();
  }

  private apply(): void {
    const root = document.documentElement;
    if (this.theme === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = this.theme;
    if (this.textSize === 'normal') delete root.dataset['text'];
    else root.dataset['text'] = this.textSize;
    words.language = this.language === 'system' ? (ourLanguage(navigator.language) ?? this.kept.appLanguage ?? 'en') : this.language;
    root.lang = words.now.locale;
  }
}
