/** Inputs that were saved under a name, of one app. */
import type { Backend, Entries } from '../ipc/backend';
import type { AppId } from '../ipc/gen/AppId';
import type { Filled } from '../ipc/gen/Filled';
import type { Form } from '../ipc/gen/Form';
import type { Preset } from '../ipc/gen/Preset';
import type { PresetId } from '../ipc/gen/PresetId';
import type { SavedPreset } from '../ipc/gen/SavedPreset';

export class Presets {
  list = $state.raw<Preset[]>([]);
  /** The one that was applied or saved last: saving again offers its name. */
  current = $state<PresetId | null>(null);

  constructor(
    private readonly backend: Backend,
    private readonly appId: AppId,
  ) {}

  get currentName(): string {
    return this.list.find((preset) => preset.id === this.current)?.name ?? '';
  }

  /** Which names are the same is Rust's word. */
  named(name: string, except: PresetId | null = null): Promise<Preset | null> {
    return this.backend.presetNamed(this.appId, name, except);
  }

  async load(): Promise<void> {
    this.list = await this.backend.presetList(this.appId);
  }

  async save(name: string, entries: Entries, form: Form): Promise<SavedPreset> {
    const saved = await this.backend.presetSave(this.appId, name.trim(), entries, form);
    this.current = saved.preset.id;
    await this.load();
    return saved;
  }

  async rename(id: PresetId, name: string): Promise<void> {
    await this.backend.presetRename(id, name.trim());
    await this.load();
  }

  async remove(id: PresetId): Promise<void> {
    await this.backend.presetRemove(id);
    await this.load();
  }

  /** Brings removed or replaced ones back; whatever has their name by now makes room. */
  async restore(id: PresetId): Promise<void> {
    await this.backend.presetRestore(id);
    await this.load();
  }

  async apply(id: PresetId): Promise<Filled> {
    const filled = await this.backend.presetApply(id);
    this.current = id;
    return filled;
  }
}
