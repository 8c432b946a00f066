/** The connected apps, in the order they were added. */
import type { Backend } from '../ipc/backend';
import type { App } from '../ipc/gen/App';
import type { AppId } from '../ipc/gen/AppId';
import type { Branding } from '../ipc/gen/Branding';
import type { ConnectionOptions } from '../ipc/gen/ConnectionOptions';
import type { KeepKey } from '../ipc/gen/KeepKey';

export class Apps {
  list = $state.raw<App[]>([]);
  /** How apps look that are not connected, and whose runs are here. */
  private faces = $state.raw<ReadonlyMap<AppId, Branding>>(new Map());

  constructor(private readonly backend: Backend) {}

  async load(): Promise<void> {
    this.list = await this.backend.appList();
    // Runs are read all the same without them.
    this.loadFaces().catch(() => undefined);
  }

  /** Past runs came or went: how many each app has is read anew, and nothing else of it. */
  async recount(): Promise<void> {
    const counts = new Map((await this.backend.appList()).map((app) => [app.id, app.runCount]));
    const counted = this.list.map((app) => {
      const runCount = counts.get(app.id) ?? app.runCount;
      return runCount === app.runCount ? app : { ...app, runCount };
    });
    if (counted.some((app, index) => app !== this.list[index])) this.list = counted;
  }

  async loadFaces(): Promise<void> {
    const faces = await this.backend.appFaces();
    this.faces = new Map(faces.map((face) => [face.id, face.branding]));
  }

  /** How the app of a run looks, also one that is not connected any more, or never was here. */
  look(id: AppId): Branding | undefined {
    return this.get(id)?.branding ?? this.faces.get(id);
  }

  /** Apps that are not connected any more, or never were, and whose runs are here. */
  get gone(): { id: AppId; branding: Branding }[] {
    return [...this.faces].filter(([id]) => !this.get(id)).map(([id, branding]) => ({ id, branding }));
  }

  get(id: AppId): App | undefined {
    return this.list.find((app) => app.id === id);
  }

  put(app: App): void {
    this.list = this.get(app.id) ? this.list.map((old) => (old.id === app.id ? app : old)) : [...this.list, app];
  }

  drop(id: AppId): void {
    this.list = this.list.filter((app) => app.id !== id);
    this.loadFaces().catch(() => undefined);
  }

  async connect(baseUrl: string, key: string, keepKey: KeepKey, plainHttp: string | null): Promise<App> {
    const app = await this.backend.appConnect(baseUrl, key, keepKey, plainHttp);
    this.put(app);
    return app;
  }

  async connectDemo(): Promise<App[]> {
    const apps = await this.backend.appConnectDemo();
    for (const app of apps) this.put(app);
    return apps;
  }

  async refresh(id: AppId): Promise<void> {
    this.put(await this.backend.appRefresh(id));
  }

  async replaceKey(id: AppId, key: string, keepKey: KeepKey, plainHttp: string | null): Promise<App> {
    const app = await this.backend.appReplaceKey(id, key, keepKey, plainHttp);
    this.put(app);
    return app;
  }

  async rename(id: AppId, name: string): Promise<void> {
    this.put(await this.backend.appRename(id, name));
  }

  async setOptions(id: AppId, options: ConnectionOptions): Promise<void> {
    this.put(await this.backend.appSetOptions(id, options));
  }

  async setUser(id: AppId, user: string): Promise<void> {
    this.put(await this.backend.appSetUser(id, user));
  }

  async removeKey(id: AppId): Promise<void> {
    this.put(await this.backend.appRemoveKey(id));
  }

  async remove(id: AppId): Promise<void> {
    await this.backend.appRemove(id);
    this.drop(id);
  }
}
