import { causes } from "../../protocol/cause.ts";
import { Fields, ModelsFileError } from "./model-fields.ts";
import type { Quantiles } from "./quantiles.ts";
import type {
  BreakModel,
  FailureModel,
  ModelledLog,
  Models,
  Outage,
  TargetModel,
  ThrottleModel,
  TimeModel,
} from "./target-model.ts";

/** The version of the file that is written and read. */
export const modelsVersion = 1;

/** The models as a JSON file that a person can read and change: one order, sensible digits, the same models the same bytes. */
export function modelsText({ log, targets, outages }: Models): string {
  const document = {
    version: modelsVersion,
    log: {
      ...log,
      fromMs: undefined,
      toMs: undefined,
      from: momentOf(log.fromMs),
      to: momentOf(log.toMs),
    },
    targets: Object.fromEntries(
      [...targets]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, model]) => [name, modelJson(model)]),
    ),
    outages: outages.map(outageJson),
  };
  // Lists of numbers stand in one line.
  const text = JSON.stringify(document, null, 2).replaceAll(
    /\[\s+(-?\d[^[\]{}"]*?)\s+\]/g,
    (_, numbers: string) => `[${numbers.split(/,\s+/).join(", ")}]`,
  );
  return `${text}\n`;
}

/** Reads what `modelsText` wrote, or a person changed. A ModelsFileError names the field at fault. */
export function readModels(text: string): Models {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ModelsFileError("the file is no JSON", { cause });
  }
  const file = new Fields(json, "");
  const version = file.take("version");
  if (version !== modelsVersion) {
    throw file.wrong("version", `is ${JSON.stringify(version)}; known is ${modelsVersion}`);
  }
  const log = readLog(file.fields("log"));
  const targets = new Map<string, TargetModel>();
  const named = file.fields("targets");
  for (const name of named.names()) targets.set(name, readModel(named.fields(name)));
  named.end();
  const outages = file.list("outages").map((each) => readOutage(each, targets));
  file.end();
  return { log, targets, outages };
}

/** Milliseconds since the epoch as ISO 8601; those of a log whose clock starts at nothing stay a number. */
function momentOf(ms: number | null): string | number | null {
  if (ms === null) return null;
  const isDated = ms >= 1e11 && ms < 8.64e15;
  return isDated ? new Date(Math.round(ms)).toISOString() : Math.round(ms);
}

function modelJson(model: TargetModel) {
  const { throttle } = model;
  return {
    ...{ attempts: model.attempts, answers: model.answers, usual: model.usual },
    firstToken: timeJson(model.firstToken),
    rest: timeJson(model.rest),
    ...{ together: digits(model.together), silent: digits(model.silent) },
    failures: model.failures.map(({ cause, status, share, retryAfterMs, afterMs }) => ({
      ...{ cause, status, share: digits(share) },
      ...{ retryAfterMs, afterMs: afterMs.map(digits) },
    })),
    breaks: model.breaks.map(({ cause, status, silent, share, after }) => ({
      ...{ cause, status, silent, share: digits(share), after: after.map(digits) },
    })),
    capacity: model.capacity,
    throttle: throttle === null ? null : { ...throttle, afterMs: throttle.afterMs.map(digits) },
    batchMs: model.batchMs?.map(digits) ?? null,
  };
}

function timeJson({ baseMs, perTokenMs, ratios }: TimeModel) {
  return { baseMs: digits(baseMs), perTokenMs: digits(perTokenMs), ratios: ratios.map(digits) };
}

function outageJson({ fromMs, toMs, share, afterMs, ...more }: Outage) {
  return {
    target: more.target,
    ...{ fromMs: Math.round(fromMs), toMs: Math.round(toMs) },
    ...{ attempts: more.attempts, share: digits(share), cause: more.cause, status: more.status },
    afterMs: afterMs === null ? null : afterMs.map(digits),
  };
}

/** Five digits tell more than any sample knows. */
function digits(value: number): number {
  return Number(value.toPrecision(5));
}

function readLog(log: Fields): ModelledLog {
  const read = {
    ...{ requests: log.whole("requests"), attempts: log.whole("attempts") },
    ...{ fromMs: log.moment("from"), toMs: log.moment("to") },
    leftOut: log.whole("leftOut"),
  };
  log.end();
  return read;
}

function readModel(given: Fields): TargetModel {
  const model: TargetModel = {
    ...{ attempts: given.whole("attempts"), answers: given.whole("answers") },
    usual: given.orNull("usual", () => readUsual(given.fields("usual"))),
    firstToken: readTime(given.fields("firstToken")),
    rest: readTime(given.fields("rest")),
    ...{ together: given.share("together"), silent: given.share("silent") },
    failures: given.list("failures").map(readFailure),
    breaks: given.list("breaks").map(readBreak),
    capacity: given.orNull("capacity", () => given.atLeastOne("capacity")),
    throttle: given.orNull("throttle", () => readThrottle(given.fields("throttle"))),
    // Files of earlier versions have none.
    batchMs: given.has("batchMs")
      ? given.orNull("batchMs", (): Quantiles => given.quantiles("batchMs"))
      : null,
  };
  given.end();
  const shares = [...model.failures, ...model.breaks].map(({ share }) => share);
  // Rounded each by itself, they may come to a little more.
  if (shares.reduce((all, each) => all + each, model.silent) > 1.001)
    throw given.wrong("", "has shares of failures that come to more than 1");
  return model;
}

function readUsual(given: Fields): TargetModel["usual"] {
  const usual = {
    ...{ inputTokens: given.whole("inputTokens"), outputTokens: given.whole("outputTokens") },
  };
  given.end();
  return usual;
}

function readTime(given: Fields): TimeModel {
  const time = {
    ...{ baseMs: given.number("baseMs"), perTokenMs: given.number("perTokenMs") },
    ratios: given.quantiles("ratios"),
  };
  given.end();
  return time;
}

function readKind(given: Fields) {
  const cause = given.oneOf("cause", causes);
  const status = given.orNull("status", () => given.whole("status"));
  return { cause, status };
}

const waitIn = (given: Fields): number | null =>
  given.orNull("retryAfterMs", () => given.number("retryAfterMs"));

function readFailure(given: Fields): FailureModel {
  const failure = {
    ...readKind(given),
    ...{ share: given.share("share"), retryAfterMs: waitIn(given) },
    afterMs: given.quantiles("afterMs"),
  };
  given.end();
  return failure;
}

function readBreak(given: Fields): BreakModel {
  const broken = {
    ...readKind(given),
    ...{ silent: given.flag("silent"), share: given.share("share") },
    after: given.quantiles("after", 1),
  };
  given.end();
  return broken;
}

function readThrottle(given: Fields): ThrottleModel {
  const throttle = {
    ...{ perMinute: given.atLeastOne("perMinute"), retryAfterMs: waitIn(given) },
    afterMs: given.quantiles("afterMs"),
  };
  given.end();
  return throttle;
}

function readOutage(given: Fields, targets: ReadonlyMap<string, TargetModel>): Outage {
  const target = given.text("target");
  if (!targets.has(target)) throw given.wrong("target", "is none of `targets`");
  const [fromMs, toMs] = [given.number("fromMs"), given.number("toMs")];
  if (toMs < fromMs) throw given.wrong("toMs", "is before `fromMs`");
  const attempts = given.whole("attempts");
  const share = given.share("share");
  const kind = readKind(given);
  const afterMs = given.orNull("afterMs", (): Quantiles => given.quantiles("afterMs"));
  given.end();
  return { target, fromMs, toMs, attempts, share, ...kind, afterMs };
}
