// Started by the doctor in a process of its own: loads the addon and prints how that went.
import { tryLoadAddon } from '../../native/load-addon.js';

const loaded = tryLoadAddon();
process.stdout.write(
  JSON.stringify(
    loaded.ok
      ? { ok: true, path: loaded.path }
      : { ok: false, reason: loaded.reason, remedy: loaded.remedy },
  ),
);
