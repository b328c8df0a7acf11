import { inspect } from 'node:util';
import { expect, it } from 'vitest';

import { HftError } from '../../lib/models/hft-error.js';

it('an error with a remedy is printed with it, one without it has no empty line', () => {
  const said = inspect(new HftError('ERR_CLOSED', 'it is closed', { remedy: 'open it' }));
  expect(said).toMatch(/it is closed\. open it\.[^]*remedy: 'open it'/);
  const bare = new HftError('ERR_CLOSED', 'it is closed');
  expect(bare.remedy).toBe('');
  expect(inspect(bare)).toMatch(/code: 'ERR_CLOSED'/);
  expect(inspect(bare)).not.toContain('remedy');
  expect(inspect(bare)).not.toContain('undefined');
  expect('ordersLeft' in bare).toBe(false);
});
