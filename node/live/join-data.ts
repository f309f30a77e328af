/** What a client asks for on `/service/session/join`. */
import { AGENT, CONTROLLER, CUSTOMER, type Role } from '../sessions/session.ts';
import { isSessionToken } from '../sessions/tokens.ts';

export interface JoinData {
  readonly sessionToken: string;
  readonly role: Role;
  readonly name: string;
}

const MAX_NAME_LENGTH = 128;

/** @returns undefined for data that is none; the name may be left out */
export function parseJoinData(data: unknown): JoinData | undefined {
  const { sessionToken, role, name = '' } = fieldsOf(data);
  const valid =
    typeof sessionToken === 'string' &&
    isSessionToken(sessionToken) &&
    isRole(role) &&
    typeof name === 'string' &&
    name.length <= MAX_NAME_LENGTH;
  return valid ? { sessionToken, role, name } : undefined;
}

export function fieldsOf(data: unknown): Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null ? { ...data } : {};
}

function isRole(value: unknown): value is Role {
  return value === CUSTOMER || value === AGENT || value === CONTROLLER;
}
