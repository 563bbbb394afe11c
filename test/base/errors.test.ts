import { describe, expect, it } from 'vitest';
import { ERRORS, errorKindOf, RpcError } from '../../src/base/errors.ts';

describe('the error table', () => {
  it('has one code per kind, found again by code', () => {
    const codes = Object.values(ERRORS).map((row) => row.code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(errorKindOf(-32003)).toBe('UNKNOWN_OUTCOME');
    expect(errorKindOf(1)).toBeNull();
  });

  it('says of each kind whether it may have happened', () => {
    const unknown = Object.entries(ERRORS).flatMap(([kind, row]) => (row.outcome === 'unknown' ? [kind] : []));
    expect(unknown.sort()).toEqual(['INTERNAL', 'SESSION_EXPIRED', 'UNKNOWN_OUTCOME']);
    expect(new RpcError('NOT_LEADER').outcome).toBe('definite');
  });
});
