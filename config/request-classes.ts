/**
 * What kinds of request there are. A module of its own: whoever carries traffic needs no schema, which is slow to load.
 */
export const REQUEST_CLASSES = ['create', 'session', 'user', 'live', 'health', 'any'] as const;
export type RequestClass = (typeof REQUEST_CLASSES)[number];
