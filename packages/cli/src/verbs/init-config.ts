/** A step that `ship init` writes. */
export interface InitStep {
  readonly id: string;
  readonly run: string;
}

/** What `ship init` found in a folder. */
export interface Found {
  readonly project: string;
  readonly version: string;
  readonly noticed: readonly { readonly what: string; readonly steps: readonly InitStep[] }[];
  /** How the service is started, where there is one. */
  readonly start?: string;
  /** The folder of a Terraform configuration, where there is one. */
  readonly infrastructure?: string;
}

/** The text of a first ship.yaml. */
export function renderConfig(found: Found): string {
  const { project, start, infrastructure } = found;
  const steps = found.noticed.flatMap((each) => each.steps);
  return [
    '# How this project is deployed, and how it is taken back.',
    '# `ship validate` checks this file; `ship --dry-run` shows what it would do.',
    'version: 1',
    `project: ${quote(project)}`,
    '',
    '# Where it goes. Choose with `ship --env NAME`.',
    'environments:',
    '  staging: {}',
    '  production:',
    '    approval: required        # asks first; `--yes` answers beforehand',
    'default_environment: staging',
    '',
    'optimization:',
    '  rollback:',
    '    auto_on_failure: false    # true: as if each run had --auto-rollback',
    '    snapshot_count: 5         # verified states to keep, for `ship --rollback-to`',
    '',
    ...plugins(found),
    ...(start ? component(project, found.version, start) : []),
    '# A step runs after the one above it. `undo` takes back what `run` did, with what `capture` printed before in $SHIP_CAPTURE.',
    '# What it leaves running is ended with it, unless it says `leaves: service`.',
    'steps:',
    ...(infrastructure ? ['  - { id: infra, uses: terraform/apply }'] : []),
    ...steps.map(({ id, run }) => `  - { id: ${id}, run: ${quote(run)} }`),
    ...(start ? [`  - { id: deploy, uses: deploy, component: ${quote(project)} }`] : []),
    ...(steps.length === 0 && !start && !infrastructure ? example() : []),
    '',
    '# What must hold afterwards. A failed smoke check is CRITICAL: it takes the run back where that is on.',
    'verify:',
    '  smoke:',
    start
      ? '    - { http: "http://127.0.0.1:8080/", expect: { status: 200 }, retry: { times: 3 } }'
      : '    - { run: "true" }       # such as { http: "https://example.com/healthz", expect: { status: 200 } }',
    '',
  ].join('\n');
}

function plugins({ start, infrastructure }: Found): string[] {
  const used = [...(infrastructure ? [`{ terraform: { dir: ${quote(infrastructure)} } }`] : []), ...(start ? ['release'] : [])];
  return used.length === 0 ? [] : [`plugins: [${used.join(', ')}]`, ''];
}

function component(project: string, version: string, start: string): string[] {
  return [
    '# The service on this machine: started first, healthy, and only then switched to.',
    'components:',
    `  ${quote(project)}:`,
    '    driver: release',
    `    version: ${quote(version)}`,
    '    path: .',
    `    run: ${quote(start)}         # is given PORT and HOST`,
    '    port: 8080                # the port that callers use',
    '    health: { http: / }',
    '',
  ];
}

function example(): string[] {
  return [
    '  - id: link',
    '    capture: readlink current || true',
    '    run: mkdir -p releases/new && ln -sfn releases/new current',
    '    undo: if [ -n "$SHIP_CAPTURE" ]; then ln -sfn "$SHIP_CAPTURE" current; else rm -f current; fi',
  ];
}

/** A YAML text that is a string whatever it looks like. */
const quote = (text: string): string =>
  /^[A-Za-z][A-Za-z0-9_-]*$/.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text) ? text : JSON.stringify(text);
