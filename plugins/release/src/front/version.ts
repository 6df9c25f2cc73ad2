/** The version of the front's program. It changes with the control API or the file format. */
export const FRONT_VERSION = '1';
