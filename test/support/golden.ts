import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'vitest';

/** Compares with the file; UPDATE_GOLDENS=1 writes it instead, for a person to read in the diff. */
export function expectGolden(text: string, path: string): void {
  const wanted = `${text.replace(/[ ]+$/gm, '')}\n`;
  if (process.env['UPDATE_GOLDENS'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, wanted);
    return;
  }
  expect(existsSync(path), `${path} is missing: UPDATE_GOLDENS=1 writes it`).toBe(true);
  expect(wanted).toBe(readFileSync(path, 'utf8'));
}
