/** The tracing of a worker, which a reload may switch on, off or over while requests are under way. */
import { isDeepStrictEqual } from 'node:util';
import type { TracingConfig } from '../../config/proxy-schema.ts';
import type { Logger } from '../observe/log.ts';
import type { OpenTelemetry, OpenTelemetryOptions } from './open-telemetry.ts';
import type { Tracing } from './trace.ts';

export interface TracingSwitchOptions extends OpenTelemetryOptions {
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly onChange: (tracing: Tracing | undefined) => void;
}

export class TracingSwitch {
  readonly #options: TracingSwitchOptions;
  #telemetry: OpenTelemetry | undefined;
  #config: TracingConfig | undefined;

  constructor(options: TracingSwitchOptions) {
    this.#options = options;
  }

  /** Resolves when it is as the configuration says; never rejects. */
  async follow(config: TracingConfig): Promise<void> {
    if (isDeepStrictEqual(config, this.#config)) return;
    this.#config = config;
    if (config.endpoint === '') {
      this.#options.onChange(undefined);
      return;
    }
    try {
      // A third of a second, and 20 MB: not for whoever does not trace.
      const { OpenTelemetry } = await import('./open-telemetry.ts');
      // Another reload may have been faster.
      if (this.#config !== config) return;
      this.#telemetry ??= new OpenTelemetry(this.#options);
      this.#options.onChange(this.#telemetry.tracing(config));
    } catch (error) {
      this.#options.logger.error(`nothing is traced: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Sends what is left, as far as the time allows. Never rejects. */
  async close(deadlineMs: number): Promise<void> {
    this.#config = undefined;
    if (this.#telemetry === undefined) return;
    let deadline: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => {
      deadline = setTimeout(resolve, deadlineMs);
    });
    await Promise.race([this.#telemetry.close(), tooLate]);
    clearTimeout(deadline);
  }
}
