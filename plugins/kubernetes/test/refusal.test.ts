import { describe, expect, it } from 'vitest';
import { refusalOf } from '../src/tool/apply.js';

const ADVICE = `Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
`;

describe('what kubectl says of an apply that it did not do', () => {
  it('given one conflict, when it is read, then manager and field are known, and advice is no problem', () => {
    const said = `Apply failed with 1 conflict: conflict with "boss" using apps/v1: .spec.template.spec.containers[name="app"].image\n${ADVICE}`;
    expect(refusalOf(said)).toEqual({
      conflicts: [{ manager: 'boss', fields: ['.spec.template.spec.containers[name="app"].image'] }],
      problems: [],
    });
  });

  it('given conflicts with several managers in several objects, when they are read, then all are known', () => {
    const said = `Apply failed with 2 conflicts: conflicts with "kubectl-client-side-apply" using apps/v1:
- .spec.replicas
conflicts with "kubectl-set" using apps/v1:
- .spec.a
- .spec.b
${ADVICE}Apply failed with 1 conflict: conflict with "boss" with subresource "scale" using v1: .data.a
${ADVICE}`;
    expect(refusalOf(said).conflicts).toEqual([
      { manager: 'kubectl-client-side-apply', fields: ['.spec.replicas'] },
      { manager: 'kubectl-set', fields: ['.spec.a', '.spec.b'] },
      { manager: 'boss', fields: ['.data.a'] },
    ]);
    expect(refusalOf(said).problems).toEqual([]);
  });

  it('given a permission that is missing and what is not valid, when they are read, then both are problems', () => {
    const said = `Error from server (Forbidden): deployments.apps "web" is forbidden: User "x" cannot patch resource "deployments" in API group "apps" in the namespace "a"
The Deployment "web" is invalid:
* spec.replicas: Invalid value: -1
`;
    expect(refusalOf(said)).toEqual({
      conflicts: [],
      problems: [expect.stringContaining('cannot patch'), expect.stringContaining('is invalid'), '* spec.replicas: Invalid value: -1'],
    });
  });
});
