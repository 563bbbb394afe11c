import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { METHODS } from '../../src/wire/methods.ts';
import { protocolReference } from '../../src/wire/protocol-markdown.ts';

const FILE = new URL('../../docs/protocol.md', import.meta.url);
const MARK =
  '<!-- From here on generated from src/wire/methods.ts: UPDATE_GOLDENS=1 npx vitest run test/wire/protocol-markdown -->\n\n';

describe('docs/protocol.md', () => {
  it('ends with the reference as the schemas have it', () => {
    const [intro = '', committed = ''] = readFileSync(FILE, 'utf8').split(MARK);
    const reference = protocolReference();
    if (process.env['UPDATE_GOLDENS'] === '1') writeFileSync(FILE, `${intro}${MARK}${reference}`);
    else expect(committed).toBe(reference);
  });

  it('has a heading for every method', () => {
    const reference = protocolReference();
    for (const name of Object.keys(METHODS)) expect(reference).toContain(`### \`${name}\`\n`);
    expect(reference).not.toContain('undefined');
    expect(reference).not.toContain('[object');
  });
});
