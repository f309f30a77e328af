/** What a worker keeps and tells of the sessions in its traffic: their trails, and where it saw them. */
import type { ExchangeRecord } from './record.ts';
import type { SessionAliases } from './session-alias.ts';
import { type SessionTrails, tokenOf } from './session-trail.ts';
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
    const token = tokenOf(record);
    if (token === '') return;
    const { aliases, trails, sightings } = this.#parts;
    const alias = aliases.of(token);
    trails.note(alias, record);
    const sighting = sightingOf(alias, record);
    if (sighting !== undefined) sightings.add(sighting);
  }
}
