/** A program that outlives `ship`, as systemd is told of it. */
export interface Unit {
  readonly name: string;
  readonly description: string;
  /** A unit of the user's own manager, not of the machine's. */
  readonly user: boolean;
  readonly folder: string;
  readonly log: string;
  readonly env: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
  /** What the program leaves open to others, as it is where `ship` runs. */
  readonly umask: number;
  /** How long it may take to end. */
  readonly stopMs: number;
}

/** What the unit promises: started again after a crash, as often as it takes, and never after a clean end. */
function properties(unit: Unit): readonly string[] {
  return [
    'Type=exec',
    'Restart=on-failure',
    'RestartSec=200ms',
    'KillMode=mixed',
    `TimeoutStopSec=${Math.ceil(unit.stopMs / 1000) + 10}s`,
    `UMask=${unit.umask.toString(8).padStart(4, '0')}`,
    `WorkingDirectory=${escaped(unit.folder)}`,
    `StandardOutput=append:${escaped(unit.log)}`,
    `StandardError=append:${escaped(unit.log)}`,
  ];
}

// Otherwise systemd gives up after five starts within ten seconds.
const ALWAYS_AGAIN = 'StartLimitIntervalSec=0';

/** Starts the unit. Values that may be secret never stand here: the supervisor reads them from a 0600 file. */
export function startUnit(unit: Unit): string[] {
  return [
    'systemd-run',
    ...manager(unit),
    '--quiet',
    '--collect',
    `--unit=${unit.name}`,
    `--description=${unit.description}`,
    ...[ALWAYS_AGAIN, ...properties(unit)].map((property) => `--property=${property}`),
    ...Object.entries(unit.env).map(([name, value]) => `--setenv=${name}=${value}`),
    '--',
    ...unit.argv,
  ];
}

/** Ends the unit, and resolves when it has ended. */
export function stopUnit(unit: Pick<Unit, 'name' | 'user'>): string[] {
  return ['systemctl', ...manager(unit), 'stop', '--quiet', unit.name];
}

/** The same unit as a file, for people to read and for `systemd-analyze verify`. */
export function unitText(unit: Unit): string {
  return [
    '[Unit]',
    `Description=${unit.description}`,
    ALWAYS_AGAIN,
    '[Service]',
    ...properties(unit),
    ...Object.entries(unit.env).map(([name, value]) => `Environment=${quote(`${name}=${value}`)}`),
    `ExecStart=${unit.argv.map(quote).join(' ')}`,
    '',
  ].join('\n');
}

function manager({ user }: Pick<Unit, 'user'>): string[] {
  return user ? ['--user'] : [];
}

function escaped(text: string): string {
  return text.replaceAll('%', '%%');
}

function quote(text: string): string {
  return `"${escaped(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('$', '$$$$')}"`;
}
