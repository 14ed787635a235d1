import { type DestinationStream, destination, type Logger as PinoLogger, pino } from "pino";
import type { TelemetrySettings } from "../../configuration/configuration.ts";

/** The gateway's own log. Fields are data; neither keys nor prompts are ever put in. */
export type Logger = Pick<PinoLogger, "debug" | "info" | "warn" | "error" | "fatal" | "child">;

/** Fields that hold secrets wherever a whole object slips into a log line by mistake. */
const secretField =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie|(?:x-|x-goog-)?api-?key|x-signalbox-admin-key|adminKey|key|secret)$/i;
const censored = "[redacted]";
/** Deeper objects than this have no place in a line. */
const mostDepth = 8;
/** Longer texts are cut: a line is there to be read. */
const mostText = 8 * 1024;

/** Fields as they may be written: objects that show themselves otherwise as JSON do so, and secret fields are censored at every depth. */
function tellable(value: unknown, depth = 0): unknown {
  if (typeof value === "string")
    return value.length > mostText ? `${value.slice(0, mostText)}…` : value;
  // The serializer of errors reads them itself.
  if (typeof value !== "object" || value === null || value instanceof Error) return value;
  if (depth === mostDepth) return "[deep]";
  if ("toJSON" in value && typeof value.toJSON === "function")
    return tellable(value.toJSON() as unknown, depth + 1);
  if (Array.isArray(value)) return value.map((item) => tellable(item, depth + 1));
  const told: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    const hides = inner !== null && secretField.test(name);
    told[name] = hides ? censored : tellable(inner, depth + 1);
  }
  return told;
}

/** JSON lines on stderr at the given level, or into `to`. A blocked reader loses lines, never blocks the gateway. */
export function createLogger(
  level: TelemetrySettings["logLevel"],
  to: DestinationStream = destination({ dest: 2, sync: false, maxLength: 1024 * 1024 }),
): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { log: (fields) => tellable(fields) as Record<string, unknown> },
    },
    to,
  );
}
