import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocksIn } from '../src/blocks.js';

const summary = (text: string) => blocksIn(text).map(({ type, labels, line }) => [type, ...labels, line].join(' '));

describe('blocks of a configuration', () => {
  it('given blocks with and without labels, then their type, labels and line are found', () => {
    expect(summary('terraform {\n}\n\nvariable "size" {\n  default = 1\n}\nresource "a" "b" { x = 1 }\nmodule net {}\n')).toEqual([
      'terraform 1',
      'variable size 4',
      'resource a b 7',
      'module net 8',
    ]);
  });

  it('given braces and quotes in comments, texts, templates and here-documents, then they end no block and begin none', () => {
    const text = `
# variable "no" {
// variable "no" {
/* variable "no" { */
resource "a" "b" {
  one   = "} \\" variable"
  two   = "\${join("}", ["{"])}"
  three = <<-EOT
    } variable "no" {
  EOT
  lifecycle {
    prevent_destroy = true # }
  }
}
variable "yes" {}
`;
    expect(summary(text)).toEqual(['resource a b 5', 'variable yes 15']);
    expect(blocksIn(text)[0]!.body).toContain('prevent_destroy = true');
  });

  it('given any text, then it is read to its end, and what is found stands in it', () => {
    const piece = fc.constantFrom('variable "a" {', '}', '"', '${', '<<EOT\n', 'EOT\n', '/*', '*/', '#', '\n', ' x = 1 ', '\\', 'r', '{');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        for (const { body, line } of blocksIn(text)) {
          expect(text).toContain(body);
          expect(line).toBeLessThanOrEqual(text.split('\n').length);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
