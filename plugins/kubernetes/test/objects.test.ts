import { documentsOf } from '@ship/kube';
import { expect, it } from 'vitest';
import { ownerLabel } from '../src/objects/marks.js';

it('given a component, then its label is one of Kubernetes, and another one than that of any other', () => {
  expect(ownerLabel('shop', 'production', 'web')).toBe('shop.production.web');
  expect(ownerLabel('Läden', 'production', 'web')).toMatch(/^ship-[0-9a-f]{40}$/);
  expect(ownerLabel('x'.repeat(60), 'production', 'web')).toMatch(/^ship-/);
});

it('given objects that kubectl prints one after the other, when they are read, then each is one, whatever stands in their texts', () => {
  const text = '{\n    "kind": "ConfigMap",\n    "data": {\n        "a": "}\\n{"\n    }\n}\n{\n    "kind": "Secret"\n}\n';
  expect(documentsOf(text)).toEqual([{ kind: 'ConfigMap', data: { a: '}\n{' } }, { kind: 'Secret' }]);
});
