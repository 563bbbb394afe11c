import { expect, it } from 'vitest';
import { RpcError } from '../../src/base/errors.ts';
import { troublesOf } from '../../src/cluster/client/survey.ts';

it('names nodes in the same trouble together, and does not speak of what a question could have applied', () => {
  const at = (id: string | null, trouble: unknown) => ({ endpoint: { url: 'ws://127.0.0.1:1/', id }, trouble });
  const silent = new RpcError('UNKNOWN_OUTCOME');
  expect(troublesOf([at('n1', silent), at('n2', null), at(null, new Error('refused.')), at('n4', silent)])).toEqual([
    'n1, n4: no answer in time',
    'ws://127.0.0.1:1/: refused',
  ]);
});
