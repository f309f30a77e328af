/** Which format of metrics a scraper gets. */
import type { MetricsFormat } from './exposition.ts';

/** OpenMetrics for whoever names it, unless it likes the text format better (RFC 9110 §12.5.1). */
export function formatFor(accept: string): MetricsFormat {
  let open = 0;
  let text = 0;
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (type === 'application/openmetrics-text' && isKnown(parameters)) open = Math.max(open, weightOf(parameters));
    else if (type === 'text/plain') text = Math.max(text, weightOf(parameters));
  }
  return open > 0 && open >= text ? 'openmetrics' : 'text';
}

/** 0.0.1 differs in nothing that is here. */
function isKnown(parameters: readonly string[]): boolean {
  const version = parameters.find((parameter) => parameter.startsWith('version='));
  return version === undefined || version === 'version=1.0.0' || version === 'version=0.0.1';
}

function weightOf(parameters: readonly string[]): number {
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return weight === undefined ? 1 : Number(weight) || 0;
}
