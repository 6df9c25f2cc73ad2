import { configErrors } from './config-errors.js';
import { defineErrors } from './define.js';

/** All codes of the kernel but those of the config, which stand in `config-errors.ts`. */
const kernelErrors = {
  SHIP_HOOK_FAILED: {
    exit: 3,
    message: (d: { source: string; message: string }) => `${d.source} failed: ${d.message}`,
    hint: 'The part before the slash is the plugin. Switch it off in `plugins:`, or report it to its author.',
  },
  SHIP_HOOK_TIMEOUT: {
    exit: 3,
    message: (d: { source: string; deadlineMs: number }) => `${d.source} did not settle within ${d.deadlineMs / 1000} s`,
    hint: 'The plugin awaits something that never comes. The run went on without it.',
  },
};

/** The catalogue of the kernel: one function a code. */
export const errors = defineErrors({ ...configErrors, ...kernelErrors });
