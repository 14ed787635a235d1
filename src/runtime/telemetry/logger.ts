import { type DestinationStream, destination, type Logger as PinoLogger, pino } from "pino";
import type { TelemetrySettings } from "../../configuration/configuration.ts";

/** The gateway's own log. Fields are data; neither keys nor prompts are ever put in. */
export type Logger = Pick<PinoLogger, "debug" | "info" | "warn" | "error" | "fatal" | "child">;

/** Paths that hold secrets wherever a whole object slips into a log line by mistake. */
const secretFields = [
  "authorization",
  "apiKey",
  "key",
  "secret",
  "adminKey",
  "headers.authorization",
  '*["x-api-key"]',
  '*["x-signalbox-admin-key"]',
  "*.authorization",
  "*.apiKey",
  "*.key",
  "*.secret",
  "*.adminKey",
  "*.secret.value",
  "*.key.value",
];

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
      redact: { paths: secretFields, censor: "[redacted]" },
    },
    to,
  );
}
