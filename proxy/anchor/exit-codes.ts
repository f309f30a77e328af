/** The configuration or the command line is not valid. */
export const INVALID = 2;
