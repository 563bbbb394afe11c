import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { encodeOperation, type Operation } from '../../src/check/history.ts';
import { HistoryError, HistoryReader, LONGEST_LINE, parseHistory } from '../../src/check/parse-history.ts';
import { Recorder } from '../../src/check/recorder.ts';
import { life } from './histories.ts';

const GET = '{"process":"c1","call":1,"return":2,"op":"get","key":"x","outcome":"ok","result":{"value":null}}';

describe('the format', () => {
  it('gives back what was written, whatever the pieces', () => {
    const options = { operations: 40, processes: 3, keys: 2, unknown: 0.2, ranges: true, unique: true, revisions: true };
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 50 }), (seed, size) => {
        const history = life(seededRandom(seed), options);
        const text = history.map(encodeOperation).join('\n');
        const reader = new HistoryReader();
        for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size));
        expect(reader.end()).toEqual(history);
      }),
      { numRuns: 50 },
    );
  });

  it('takes numbers for processes, unknown fields, empty lines and a byte order mark', () => {
    const line = '{"process":3,"call":1.5,"return":2,"op":"delete","key":"x","outcome":"ok","node":"n1"}';
    const [operation] = parseHistory(`\ufeff${line}\r\n\n`);
    expect(operation).toMatchObject({
      process: '3',
      call: 1.5,
      op: 'delete',
      result: { deleted: null },
      revision: null,
      stale: false,
    });
  });

  it.each([
    ['not JSON', 'nonsense'],
    ['not JSON', GET.slice(0, -4)],
    ['a line must be an object', '[]'],
    ['a line must be an object', 'null'],
    ['"outcome" must be', GET.replace('"ok"', '"fine"')],
    ['"op" must be', GET.replace('"get"', '"toString"')],
    ['"process" must be', GET.replace('"c1"', 'null')],
    ['"call" must be a time', GET.replace('"call":1', '"call":"1"')],
    ['"return" is before "call"', GET.replace('"call":1', '"call":3')],
    ['needs its time of "return"', GET.replace('"return":2', '"return":null')],
    ['"key" must be a text', GET.replace('"key":"x"', '"key":7')],
    ['"result.value" must be a text or null', GET.replace('"value":null', '"v":null')],
    ['"result" must be an object', GET.replace('{"value":null}', '[]')],
    ['"revision" must be a whole number', GET.replace('"outcome"', '"revision":-1,"outcome"')],
    ['"expect" must be a text or null', GET.replace('"get"', '"cas"')],
    ['"result.kvs" must be a list', GET.replace('"get"', '"range"').replace('{"value":null}', '{"kvs":{}}')],
    ['"limit" must be a whole number', GET.replace('"op":"get"', '"op":"range","limit":1.5')],
  ])('refuses with the line: %s', (message, line) => {
    expect(() => parseHistory(`${GET}\n${line}\n${GET}`)).toThrow(new RegExp(`^line 2: .*${message.replaceAll('.', '\\.')}`));
  });

  it('refuses an endless line before it has read it', () => {
    const reader = new HistoryReader();
    const piece = ' '.repeat(LONGEST_LINE / 4);
    for (let i = 0; i < 4; i += 1) reader.push(piece);
    expect(() => reader.push(piece)).toThrow(HistoryError);
  });
});

describe('the recorder', () => {
  function recorded(script: (recorder: Recorder) => void): readonly Operation[] {
    const operations: Operation[] = [];
    script(new Recorder((operation) => operations.push(operation)));
    return operations;
  }

  it('turns calls and returns into operations', () => {
    const operations = recorded((recorder) => {
      const put = recorder.call('c1', 10, { op: 'put', key: 'x', value: '1' });
      const get = recorder.call('c2', 11, { op: 'get', key: 'x' }, { stale: true });
      recorder.ok(get, 12, { value: '1', revision: 4 });
      recorder.ok(put, 13, { revision: 4 });
      recorder.failed(recorder.call('c1', 14, { op: 'cas', key: 'x', expect: null, value: '2' }), 15);
      recorder.ok(recorder.call('c1', 16, { op: 'range', range: { prefix: 'x' } }), 17, {
        range: { kvs: [{ key: 'x', value: '1' }], count: 1, more: false },
      });
    });
    expect(operations).toMatchObject([
      { process: 'c2', call: 11, return: 12, op: 'get', result: { value: '1' }, revision: 4, stale: true, outcome: 'ok' },
      { process: 'c1', call: 10, return: 13, op: 'put', value: '1', revision: 4, outcome: 'ok' },
      { op: 'cas', outcome: 'failed', result: null, return: 15, revision: null },
      { op: 'range', range: { prefix: 'x', start: '', limit: 0 }, result: { count: 1 } },
    ]);
    expect(parseHistory(operations.map(encodeOperation).join('\n'))).toEqual(operations);
  });

  it('goes on under a new name after an unknown outcome, and leaves nothing open', () => {
    const operations = recorded((recorder) => {
      recorder.unknown(recorder.call('c1', 1, { op: 'put', key: 'x', value: '1' }));
      recorder.ok(recorder.call('c1', 2, { op: 'get', key: 'x' }), 3, { value: null });
      recorder.call('c1', 4, { op: 'delete', key: 'x' });
      recorder.end();
    });
    expect(operations).toMatchObject([
      { process: 'c1', return: null, outcome: 'unknown' },
      { process: 'c1.1', outcome: 'ok' },
      { process: 'c1.1', outcome: 'unknown', return: null, result: null },
    ]);
  });

  it('refuses a second return', () => {
    expect(() =>
      recorded((recorder) => {
        const call = recorder.call('c1', 1, { op: 'get', key: 'x' });
        recorder.ok(call, 2, { value: null });
        recorder.failed(call, 3);
      }),
    ).toThrow('returns once');
  });
});
