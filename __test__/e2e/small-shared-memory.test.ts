// Docker gives 64 MB of /dev/shm. Where this system lets a test have namespaces, it gets one of that size.
import { execFile, spawnSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

import { describeNative } from '../support/native-suite.js';

const main = path.resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
const SMALL = 'mount -t tmpfs -o size=64m tmpfs /dev/shm';
const isolated = (script: string): [string, string[]] => ['unshare', ['-rm', 'sh', '-c', script]];
const canMount = spawnSync(...isolated(SMALL)).status === 0;

describeNative('a /dev/shm of 64 MB', () => {
  it.runIf(canMount)(
    'is enough for connector and bot with default settings, most of it left',
    async () => {
      const script = `${SMALL} && "${process.execPath}" "${main}" demo --json --seconds 3 --backend native &
        sleep 2.5; df --output=used -k /dev/shm | tail -1 >&2; wait`;
      const { stdout, stderr } = await promisify(execFile)(...isolated(script), {
        timeout: 40_000,
      });
      expect(JSON.parse(stdout)).toMatchObject({ backend: 'native', dropped: 0, gaps: 0 });
      const usedKb = Number(/^\s*(\d+)\s*$/m.exec(stderr)?.[1]);
      expect(usedKb).toBeGreaterThan(100);
      expect(usedKb).toBeLessThan(16 * 1024);
    },
    60_000,
  );
});
