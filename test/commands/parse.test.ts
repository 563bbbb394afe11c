import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/commands/command.ts';
import { formatDuration, parseDuration, parseDurationRange } from '../../src/commands/duration.ts';
import { parseArguments, usageOf } from '../../src/commands/parse.ts';
import { COMMANDS, findCommand } from '../../src/commands/registry.ts';
import { didYouMean, editDistance, suggest } from '../../src/commands/suggest.ts';
import { splitWords } from '../../src/commands/words.ts';

function parse(line: string): ReturnType<typeof parseArguments> {
  const [verb, ...rest] = splitWords(line);
  const spec = findCommand(verb?.text ?? '');
  if (spec === null) throw new Error('no such command');
  return parseArguments(spec, rest);
}

function problem(run: () => unknown): UsageError {
  try {
    run();
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('parseArguments', () => {
  it('sorts words into values and flags, in any order', () => {
    const args = parse('range a --limit 5 b --reverse --prefix=x');
    expect([...args.values]).toEqual([
      ['start', 'a'],
      ['end', 'b'],
    ]);
    expect([...args.flags]).toEqual([
      ['limit', '5'],
      ['reverse', true],
      ['prefix', 'x'],
    ]);
  });

  it('takes quoted words and words after -- as they are', () => {
    expect(parse('put k "--deadline"').values.get('value')).toBe('--deadline');
    expect(parse('put k -- --deadline').values.get('value')).toBe('--deadline');
    expect(parse('put k -5').values.get('value')).toBe('-5');
  });

  it('collects the rest of a partition', () => {
    expect(parse('partition n1,n2 / n3 --for 10s').rest).toEqual(['n1,n2', '/', 'n3']);
  });

  it.each([
    ['put k', 5, /needs VALUE/],
    ['put k v w', 8, /"w" is one word too many/],
    ['get k --consistency eventually', 20, /cannot be "eventually"/],
    ['get k --stale', 6, /has no flag --stale/],
    ['range --limit', 13, /needs a value/],
    ['range --reverse=1', 6, /takes no value/],
  ])('refuses %j at column %i', (line, column, message) => {
    const error = problem(() => parse(line));
    expect(error.message).toMatch(message);
    expect(error.column).toBe(column);
    expect(error.next).not.toBeNull();
  });

  it('suggests the flag that was meant', () => {
    expect(problem(() => parse('range --revers')).next).toBe('did you mean --reverse?');
  });
});

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['250', 250],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
    expect(parseDuration(formatDuration(ms))).toBe(ms);
  });

  it.each(['', 's', '-1s', '10 s', '1e3', '25h', '1d'])('refuses %j', (text) => {
    expect(problem(() => parseDuration(text)).next).not.toBeNull();
  });

  it('reads ranges with or without a unit on the first part', () => {
    expect(parseDurationRange('80..120ms')).toEqual([80, 120]);
    expect(parseDurationRange('80ms..1s')).toEqual([80, 1_000]);
    expect(parseDurationRange('50ms')).toEqual([50, 50]);
    expect(problem(() => parseDurationRange('2s..1s')).message).toMatch(/ends before/);
  });
});

describe('suggestions', () => {
  it('counts a swap of neighbours as one step', () => {
    expect(editDistance('gte', 'get')).toBe(1);
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });

  it('offers what is near and nothing else', () => {
    expect(suggest('puut', ['put', 'get', 'del'])).toEqual(['put']);
    expect(suggest('part', ['partition', 'put'])).toContain('partition');
    expect(didYouMean('xyzzy', ['put', 'get'])).toBeNull();
    expect(didYouMean('gte', ['get', 'put', 'get'])).toBe('did you mean get?');
  });
});

describe('the registry', () => {
  it('has one command for each name', () => {
    const names = COMMANDS.flatMap((spec) => [spec.name, ...spec.aliases]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has examples that its own grammar accepts, for every command', () => {
    for (const spec of COMMANDS) {
      expect(spec.examples.length, spec.name).toBeGreaterThan(0);
      for (const example of spec.examples) {
        expect(findCommand(splitWords(example)[0]?.text ?? ''), example).toBe(spec);
        parse(example);
      }
    }
  });

  it('describes every command in one sentence with its usage', () => {
    for (const spec of COMMANDS) {
      expect(spec.summary, spec.name).toMatch(/^[A-Z].*\.$/);
      expect(usageOf(spec).startsWith(spec.name)).toBe(true);
    }
  });
});
