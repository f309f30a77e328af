/** A session seen on a node: what the workers tell the primary, so that it can compare what they all saw. */
import type { RequestClass } from '../../config/request-classes.ts';
import { type ExchangeRecord, isSuccess } from './record.ts';
import type { NamedBy } from './session-trail.ts';

export interface Sighting {
  /** Alias of the token. */
  readonly session: string;
  /** The node that answered. */
  readonly node: string;
  readonly class: RequestClass;
  readonly namedBy: NamedBy;
}

/**
 * What an exchange says about where its session lives; undefined for nothing. A request that went elsewhere because
 * its node was down says nothing about it.
 */
export function sightingOf(session: string, record: ExchangeRecord, namedBy: NamedBy): Sighting | undefined {
  const { class: requestClass, created, node, status, verdict } = record;
  if (node === '' || !isSuccess(status) || verdict === 'unreachable' || verdict === 'lost') return undefined;
  if (requestClass === 'any' || requestClass === 'health' || (requestClass === 'create' && created === '')) {
    return undefined;
  }
  return { session, node, class: requestClass, namedBy };
}
