import picocolors from 'picocolors';

/** The few colours that are used. */
export type Paint = Pick<ReturnType<typeof picocolors.createColors>, 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'>;

const PLAIN: Paint = { bold: String, dim: String, red: String, green: String, yellow: String, cyan: String };

/** Colours for a stream: none without a terminal, none with NO_COLOR, always with FORCE_COLOR. */
export function paintFor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  const isForced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '' && env.FORCE_COLOR !== '0';
  const isWanted = isForced || (stream.isTTY === true && env.TERM !== 'dumb');
  return isWanted && !env.NO_COLOR ? picocolors.createColors(true) : PLAIN;
}
