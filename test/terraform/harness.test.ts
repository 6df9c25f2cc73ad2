import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/ship.js';
import { readCase } from './case.js';
import { neverClaimsWhatIsNot } from './judge.js';

const CASE = 'given: a case\nhappens: [{ put: v1 }, ship, remember, { ship: [--auto-rollback] }]\nends: back\n';

const read = (yaml: string, folders = ['v1']) => {
  const folder = temporaryFolder();
  for (const name of folders) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'case.yaml'), yaml);
  return readCase(folder);
};

it('given a case, when it is read, then what nobody knows, what is missing and what nobody uses is an error', () => {
  expect(read(CASE)).toMatchObject({ given: 'a case', ends: 'back' });
  expect(() => read(`${CASE}sais: nothing\n`)).toThrow('sais');
  expect(() => read(CASE.replace('ship, remember', 'shop, remember'))).toThrow('/happens/1');
  expect(() => read(CASE.replace('remember, ', ''))).toThrow('nothing is remembered');
  expect(() => read(CASE.replace('{ ship: [--auto-rollback] }', 'break'))).toThrow('it is judged');
  expect(() => read(`${CASE}ship: "version: 1"\nterraform: { dir: infra }\n`)).toThrow('exclude each other');
  expect(() => read(CASE, [])).toThrow('v1: put and not there');
  expect(() => read(CASE, ['v1', 'v2'])).toThrow('v2: put and not there, or there and never put');
});

it('given a world that differs in one input, then only a status that claims success is the worst fault', () => {
  const worldOf = (input: string) => ({ resources: { 'terraform_data.web': input }, outputs: {}, files: {} });
  for (const status of ['rolled_back', 'succeeded'] as const) {
    expect(() => neverClaimsWhatIsNot({ status }, worldOf('v2'), worldOf('v1'))).toThrow(`ship says ${status}, but the world is not`);
    neverClaimsWhatIsNot({ status }, worldOf('v1'), worldOf('v1'));
  }
  for (const status of ['failed', 'refused', 'rollback_incomplete'] as const)
    neverClaimsWhatIsNot({ status }, worldOf('v2'), worldOf('v1'));
});
