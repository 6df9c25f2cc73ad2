import { loadConfig } from '@ship/config';
import { isShipError } from '@ship/core';
import { type Arguments, parseArguments } from './arguments.js';
import { configFile } from './config-file.js';

/** Reads the command line. A flag that is unknown here may be the `skip_flag` of the config: only then that is read first. */
export async function parseWithSkipFlag(argv: readonly string[]): Promise<Arguments> {
  try {
    return parseArguments(argv);
  } catch (error) {
    const skipFlag = await skipFlagOf(argv);
    if (skipFlag === undefined || !argv.includes(skipFlag)) throw error;
    return parseArguments(argv, skipFlag);
  }
}

async function skipFlagOf(argv: readonly string[]): Promise<string | undefined> {
  const flag = /^(?:--config|-c)=?(.*)$/;
  const at = argv.findIndex((word) => flag.test(word));
  const named = at < 0 ? undefined : flag.exec(argv[at]!)![1] || argv[at + 1];
  try {
    const { config } = await loadConfig({ cwd: process.cwd(), ...configFile({ config: named }), env: process.env });
    return config.rollback.skip_flag;
  } catch (error) {
    // The mistake on the command line is reported; the config's own mistakes come when it is read for good.
    if (isShipError(error)) return undefined;
    throw error;
  }
}
