import { type Project, quote, type Recipe } from './recipe.js';

/** The text of a first ship.yaml, made of recipes in the order in which their steps run. */
export function renderConfig({ name }: Project, recipes: readonly Recipe[], schema: string): string {
  const of = (part: (recipe: Recipe) => readonly string[] | undefined) => recipes.flatMap((recipe) => part(recipe) ?? []);
  const staging = of((recipe) => recipe.staging);
  const plugins = of((recipe) => recipe.plugins);
  const components = of((recipe) => recipe.components);
  const notes = of((recipe) => recipe.notes);
  return [
    `# yaml-language-server: $schema=${schema}`,
    '# How this project is deployed, and how it is taken back.',
    '# `ship validate` checks this file; `ship --dry-run` shows what it would do.',
    'version: 1',
    `project: ${quote(name)}`,
    '',
    '# Where it goes. Choose with `ship --env NAME`. What stands here wins over the rest of the file.',
    'environments:',
    ...(staging.length === 0 ? ['  staging: {}'] : ['  staging:', ...indent(staging, 4)]),
    '  production:',
    '    approval: required # asks first; `--yes` answers beforehand',
    'default_environment: staging',
    '',
    'optimization:',
    '  rollback:',
    '    auto_on_failure: false # true: as if each run had --auto-rollback',
    '    snapshot_count: 5 # verified states to keep, for `ship --rollback-to`',
    '',
    ...(plugins.length === 0 ? [] : [`plugins: [${plugins.join(', ')}]`, '']),
    ...(components.length === 0 ? [] : ['components:', ...indent(components, 2), '']),
    '# A step runs after the one above it. `undo` takes back what `run` did, with what `capture` printed before in $SHIP_CAPTURE.',
    '# What it leaves running is ended with it, unless it says `leaves: service`.',
    ...notes.map((note) => `# ${note}`),
    'steps:',
    ...indent(
      of((recipe) => recipe.steps),
      2,
    ),
    '',
    '# What must hold afterwards. A failed smoke check is CRITICAL: it takes the run back where that is on.',
    'verify:',
    '  smoke:',
    ...indent(
      of((recipe) => recipe.smoke),
      4,
    ),
    '',
  ].join('\n');
}

const indent = (lines: readonly string[], by: number): string[] => lines.map((line) => `${' '.repeat(by)}${line}`);
