/** All cases that HTTP/2 alone can say. */
import { BODIES } from './bodies.ts';
import type { Http2Case } from './case.ts';
import { CONNECTS } from './connects.ts';
import { HEADS } from './heads.ts';

export const DOWNGRADES: readonly Http2Case[] = [...BODIES, ...CONNECTS, ...HEADS];
