/** A worker's memory of sessions: what it notes of its traffic, and what it answers the primary about it. */
import { SessionAliases } from '../observe/session-alias.ts';
import { SessionRecorder } from '../observe/session-recorder.ts';
import { SessionTrails } from '../observe/session-trail.ts';
import { SightingBatch } from '../observe/sighting-batch.ts';
import type { FromWorker } from './messages.ts';

export class SessionMemory {
  readonly aliases: SessionAliases;
  /** Where finished exchanges go. */
  readonly recorder: SessionRecorder;
  readonly #trails = new SessionTrails();
  readonly #sightings: SightingBatch;
  readonly #tell: (message: FromWorker, then?: () => void) => void;

  /** `tell`: to the primary; calls `then` once the message is out. */
  constructor(aliasKey: string, tell: (message: FromWorker, then?: () => void) => void) {
    this.#tell = tell;
    this.aliases = new SessionAliases(aliasKey);
    this.#sightings = new SightingBatch({
      send: (sightings, skipped, sent) => tell({ type: 'sightings', sightings, skipped }, sent),
    });
    this.recorder = new SessionRecorder({
      aliases: this.aliases,
      trails: this.#trails,
      sightings: this.#sightings,
    });
  }

  answer(id: number, alias: string): void {
    this.#tell({ type: 'trail', id, trail: this.#trails.of(alias) ?? { events: [], forgotten: 0 } });
  }

  /** Tells what is not told yet. */
  flush(): void {
    this.#sightings.flush();
  }
}
