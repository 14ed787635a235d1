import type { Configuration } from "../configuration/configuration.ts";
import type { Logger } from "../runtime/telemetry/logger.ts";
import type { Metrics } from "../runtime/telemetry/metrics.ts";
import type { Traces } from "../runtime/telemetry/traces.ts";

/** The traces that a configuration wants; null for none. OpenTelemetry's packages are loaded only where some are wanted. */
export async function openTraces(
  { telemetry }: Configuration,
  metrics: Metrics,
  logger: Logger,
): Promise<Traces | null> {
  const { otlp } = telemetry;
  if (otlp === null) return null;
  const { openOtlpTraces } = await import("../runtime/telemetry/otlp-traces.ts");
  return openOtlpTraces({
    url: otlp,
    counted: (result, count) => metrics.traced(result, count),
    onError: (message) => logger.error(message),
  });
}
