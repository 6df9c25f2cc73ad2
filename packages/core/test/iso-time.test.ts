import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoTime } from '../src/iso-time.js';

const anyTime = fc.date({ noInvalidDate: true });
const ofOurDays = fc.date({ noInvalidDate: true, min: new Date('1970-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z') });

test('Given any time, When it is written, Then it is what toISOString writes', () => {
  fc.assert(fc.property(fc.oneof(anyTime, ofOurDays), (time) => isoTime(time) === time.toISOString()));
});

test('Given no time at all, When it is written, Then it throws as toISOString does', () => {
  expect(() => isoTime(new Date(Number.NaN))).toThrow(RangeError);
});
