import type { Checked } from '../analyse.js';

const LEVELS = { block: 'error', warn: 'warning', info: 'note' } as const;

/** The findings as code scanning reads them: SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/. */
export function sarifOf({ migrations, flaws }: Checked): object {
  const reasons = migrations.flatMap((migration) => migration.reasons);
  const rules = [...new Set([...reasons, ...flaws].map(({ rule }) => rule))].sort();
  const at = (file: string, line: number) => [{ physicalLocation: { artifactLocation: { uri: file }, region: { startLine: line } } }];
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'ship migrations', rules: rules.map((id) => ({ id })) } },
        results: [
          ...reasons.map(({ rule, level, verdict, file, line, hint }) => ({
            ruleId: rule,
            level: LEVELS[level],
            message: { text: `${verdict === 'keep_schema' ? 'keep the schema' : 'run the down'}: ${hint || rule}` },
            locations: at(file, line),
          })),
          ...flaws.map(({ rule, level, message, file }) => ({
            ruleId: rule,
            level: LEVELS[level],
            message: { text: message },
            ...(file === undefined ? {} : { locations: at(file, 1) }),
          })),
        ],
      },
    ],
  };
}
