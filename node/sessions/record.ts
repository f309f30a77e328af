/**
 * Sessions and histories as text, for a store outside of the process. What comes back is checked as if a stranger had
 * written it: a store is shared, and its text ends up in answers and decisions.
 */
import { z } from 'zod';
import { isHistoryId, MAX_PAGES, MAX_URL_LENGTH, type SessionHistory } from './history.ts';
import { AGENT, CONTROLLER, CUSTOMER, END_CAUSES, MAX_PARTICIPANTS, type Session } from './session.ts';
import { isSessionToken } from './tokens.ts';

/** Beyond that a text is not even parsed; the largest record of ours is smaller. */
const MAX_TEXT_LENGTH = 256 * 1_024;
const MAX_NAME_LENGTH = 1_024;

/** Milliseconds since the epoch, up to the last that a Date can hold. */
const time = z.int().min(0).max(8.64e15);
const token = z.string().refine(isSessionToken);
const uuid = z.string().refine(isHistoryId);

const facts = {
  sessionToken: token,
  historyId: uuid,
  serverName: z.string().regex(/^[A-Za-z0-9._-]{1,128}$/),
  serverUrl: z
    .string()
    .max(MAX_URL_LENGTH)
    .regex(/^https?:\/\/[^\s?#@]+$/i)
    .exactOptional(),
  createdAt: time,
  revision: z.int().min(0),
  participants: z
    .array(
      z.strictObject({
        userToken: z.string().min(1).max(128),
        userId: z.string().min(1).max(128),
        role: z.literal([CUSTOMER, AGENT, CONTROLLER]),
        name: z.string().max(MAX_NAME_LENGTH),
      }),
    )
    .max(MAX_PARTICIPANTS),
};

const session = z.discriminatedUnion('state', [
  z.strictObject({ ...facts, state: z.literal('inactive') }),
  z.strictObject({ ...facts, state: z.literal('active'), activatedAt: time }),
  z.strictObject({
    ...facts,
    state: z.literal('deactivated'),
    endedBy: z.enum(END_CAUSES),
    activatedAt: time.exactOptional(),
    deactivatedAt: time,
  }),
]);

const history = z.strictObject({
  id: uuid,
  sessionToken: token,
  createdAt: time,
  activatedAt: time.exactOptional(),
  deactivatedAt: time.exactOptional(),
  pages: z
    .array(
      z.strictObject({
        url: z
          .string()
          .max(MAX_URL_LENGTH)
          .regex(/^https?:\/\//i),
        enteredAt: time,
      }),
    )
    .max(MAX_PAGES),
});

export function encodeSession(value: Session): string {
  return JSON.stringify(value);
}

/** Undefined for what is no record of the session with this token. */
export function decodeSession(text: string, sessionToken: string): Session | undefined {
  const { success, data } = session.safeParse(parseJson(text));
  return success && data.sessionToken === sessionToken ? data : undefined;
}

export function encodeHistory(value: SessionHistory): string {
  return JSON.stringify(value);
}

/** Undefined for what is no record of the history with this id. */
export function decodeHistory(text: string, id: string): SessionHistory | undefined {
  const { success, data } = history.safeParse(parseJson(text));
  return success && data.id === id ? data : undefined;
}

function parseJson(text: string): unknown {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
