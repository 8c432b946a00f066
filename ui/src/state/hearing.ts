/** What Rust tells, and whom it concerns. */
import type { AppEvent } from '../ipc/gen/AppEvent';
import type { Desk } from './desk.svelte';

export function hear(desk: Desk, event: AppEvent): void {
  switch (event.type) {
    case 'app_changed':
      desk.apps.put(event.app);
      desk.toasts.take(event.app.id);
      desk.adopt(event.app);
      break;
    case 'app_removed':
      desk.forget(event.appId);
      break;
    case 'connect_stage':
      desk.stage = event.stage;
      break;
    case 'run_changed':
      desk.runs.apply(event.patch);
      desk.notifications.hear(event.patch);
      break;
    case 'history_changed':
      desk.hearHistory();
      break;
    case 'offline_changed':
      desk.reach.hear(event.offline, event.away);
      break;
    case 'prepared_changed':
      desk.prepared.read().catch((thrown: unknown) => desk.tell(thrown));
      break;
    case 'log_changed':
      desk.logs.hear(event.state);
      break;
    case 'backup_progress':
      desk.keeping.hear(event);
      break;
    case 'export_changed':
      desk.outgoing.hear(event.runs);
      break;
    case 'run_brought':
      desk.broughtBy(event.outcome);
      break;
    case 'files_handed':
      // What comes earlier is asked for once the page is there.
      if (desk.ready) void desk.takeHanded();
      break;
    case 'sent_changed':
      void desk.sent.hear(event.runId);
      break;
    case 'player_changed':
      desk.player.hear(event.player);
      break;
    case 'file_changed':
      desk.files.hear(event.file);
      break;
    case 'close_asked':
      desk.closing.hear(event);
      break;
    case 'stop_not_heard':
      desk.closing.hearUnheard(event.runs);
      break;
    case 'opening_changed':
      if (!desk.ready) void desk.load();
      break;
    case 'window_shown':
      desk.closing.shown();
      break;
    case 'open_run':
      desk.openRun(event.runId).catch((thrown: unknown) => desk.tell(thrown));
      break;
    case 'link_changed':
      // One that comes late tells of nothing any more.
      if (desk.files.received.has(event.link)) desk.files.received.set(event.link, event.bytes);
      break;
    case 'files_over':
    case 'files_moved':
    case 'files_left':
    case 'folder_changed':
    case 'files_dropped':
      if (!desk.drops.hear(event) && event.type === 'files_dropped') desk.refuseDrop(event);
      break;
  }
}
