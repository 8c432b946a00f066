import './styles/tokens.css';
import './styles/base.css';
import './styles/frame.css';
import './styles/buttons.css';
import './styles/run.css';
import './styles/reading.css';
import './styles/outputs.css';
import './styles/fields.css';
import './styles/question.css';
import './styles/steps.css';
import './styles/lists.css';
import './styles/compare.css';
import './styles/history.css';
import './styles/floating.css';
import './styles/start.css';
import './styles/underway.css';
import './styles/player.css';
import './styles/source.css';
import './styles/keeping.css';
import './styles/out.css';
import './styles/print.css';
import './styles/media.css';
import { mount } from 'svelte';
import type { Backend } from './ipc/backend';
import { tauriBackend } from './ipc/tauri';
import { keepLoaded } from './parts/reload';
import { Desk } from './state/desk.svelte';
import Window from './views/Window.svelte';

async function chooseBackend(): Promise<Backend> {
  // The condition is constant in a production build, so the fake is not in it.
  if (import.meta.env.DEV) {
    const query = new URLSearchParams(location.search);
    if (query.has('fake')) {
      const { fakeBackend, pastRuns } = await import('./ipc/fake');
      const { demoApps } = await import('./ipc/fake-data');
      const filled = query.get('fake') === 'filled';
      const fake = fakeBackend({
        pace: Number(query.get('pace') ?? 600),
        apps: filled ? demoApps().map((app) => ({ ...app, runCount: 80 })) : [],
        runs: filled ? pastRuns(240) : [],
      });
      // For the console: `fake.emit({ type: 'files_over', … })`.
      return Object.assign(window, { fake }).fake;
    }
  }
  return tauriBackend;
}

const target = document.getElementById('root');
if (target) {
  const desk = new Desk(await chooseBackend());
  // While it is being made, loading it anew is what one does all day.
  if (!import.meta.env.DEV) keepLoaded(document);
  mount(Window, { target, props: { desk } });
  void desk.begin();
}
