import { Redactor } from '@ship/redact';
import { describe, expect, it } from 'vitest';
import { beforeOf, fingerprintsOf } from '../src/rollback/rotated.js';

/** What a context does with a secret that holds this value. */
function contextWith(value: string) {
  const redactor = new Redactor([{ name: 'DB_PASSWORD', value }]);
  return { refer: (text: string) => redactor.refer(text), resolve: <T>(each: T) => redactor.resolve(each) };
}

describe('secrets that were changed since', () => {
  const then = contextWith('swordfish "one"');
  const text = JSON.stringify({ input: 'swordfish "one"', other: 'x' });
  const referred = then.refer(text);
  const fingerprints = fingerprintsOf(then, referred);

  it('given a state with a secret, then a hash of it is kept, and neither it nor the same hash twice', () => {
    expect(Object.keys(fingerprints)).toEqual(['DB_PASSWORD']);
    expect(JSON.stringify(fingerprints)).not.toContain('swordfish');
    expect(fingerprintsOf(then, referred)).not.toEqual(fingerprints);
  });

  it('given the same secret, then the state is as it was', () => {
    expect(beforeOf(then, referred, fingerprints)).toEqual({ before: text, rotated: [] });
  });

  it('given another one, then the state has neither, is JSON still, and its name is said', () => {
    const { before, rotated } = beforeOf(contextWith('marlin'), referred, fingerprints);
    expect(rotated).toEqual(['DB_PASSWORD']);
    expect(before).not.toMatch(/swordfish|marlin/);
    expect(JSON.parse(before)).toMatchObject({ other: 'x' });
  });
});
