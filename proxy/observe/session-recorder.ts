/** What a worker keeps and tells of the sessions in its traffic: their trails, and where it saw them. */
import { type ExchangeRecord, tokenOf } from './record.ts';
import type { SessionAliases } from './session-alias.ts';
import type { NamedBy, SessionTrails } from './session-trail.ts';
import { sightingOf } from './sighting.ts';
import type { SightingBatch } from './sighting-batch.ts';

export interface SessionRecorderParts {
  readonly aliases: SessionAliases;
  readonly trails: SessionTrails;
  readonly sightings: Pick<SightingBatch, 'add'>;
}

export class SessionRecorder {
  readonly #parts: SessionRecorderParts;

  constructor(parts: SessionRecorderParts) {
    this.#parts = parts;
  }

  write(record: ExchangeRecord): void {
    const { aliases, trails } = this.#parts;
    for (const { alias, namedBy } of namesOf(record, aliases)) {
      if (trails.note(alias, record, namedBy)) this.#sighted(alias, record, namedBy);
    }
  }

  /** A tunnel has opened; `write` follows when it has ended. */
  opened(record: ExchangeRecord): void {
    const { aliases, trails } = this.#parts;
    for (const { alias, namedBy } of namesOf(record, aliases)) {
      trails.opened(alias, record, namedBy);
      this.#sighted(alias, record, namedBy);
    }
  }

  #sighted(alias: string, record: ExchangeRecord, namedBy: NamedBy): void {
    const sighting = sightingOf(alias, record, namedBy);
    if (sighting !== undefined) this.#parts.sightings.add(sighting);
  }
}

interface Name {
  readonly alias: string;
  readonly namedBy: NamedBy;
}

/** A stop has two: its user's, and its session's where its cookies know that. */
function namesOf(record: ExchangeRecord, aliases: SessionAliases): Name[] {
  const names: Name[] = [];
  const token = tokenOf(record);
  if (token !== '') names.push({ alias: aliases.of(token), namedBy: 'token' });
  if (record.reference !== '' && (token === '' || record.class === 'user')) {
    names.push({ alias: record.reference, namedBy: 'cookie' });
  }
  return names;
}
