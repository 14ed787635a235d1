import type { Ending } from "./replay/ended-request.ts";
import type { ReplayReport } from "./replay/replay-report.ts";
import type { DecidedReport, Report } from "./report.ts";

/** How a figure is written: dollars, milliseconds, a share in 0..1 (as a percentage), or a plain number. */
export type GateUnit = "money" | "duration" | "share" | "count";

/** How each is written. */
export const unitWords: Readonly<Record<GateUnit, string>> = {
  money: "$",
  duration: "ms, s or m",
  share: "%",
  count: "a plain number",
};

/** A figure's value in dollars, milliseconds, as a share or as a number; a text says why it is not known. */
export type GateValue = number | string;

/** One policy's side of a report. */
interface Side {
  readonly decided: DecidedReport;
  readonly replay: ReplayReport | null;
}

/** A report as conditions look at it: `held` is the policy that is to come, `before` the one it is held against. */
export interface GateSubject {
  readonly report: Report;
  readonly held: Side;
  readonly before: Side | null;
}

/** A figure of a report that a condition can be put on. */
export interface GateFigure {
  readonly name: string;
  readonly doc: string;
  /** The units in which it may be written. */
  readonly units: readonly GateUnit[];
  /** What has to be asked for, or it is never known. */
  readonly needs: readonly ("replay" | "against")[];
  /** `target` is the NAME of `target.NAME…`, empty for every other figure. */
  value(subject: GateSubject, unit: GateUnit, target: string): GateValue;
}

/** The two sides of a report. */
export function gateSubject(report: Report): GateSubject {
  const first: Side = { decided: report, replay: report.replay ?? null };
  if (report.after === undefined) return { report, held: first, before: null };
  const second: Side = { decided: report.after, replay: report.against ?? null };
  return { report, held: second, before: first };
}

export const needsReplay = "only a replay tells it: add --replay";
export const needsAgainst = "it is a difference between two policies: add --against";
const noRequests = "the log holds no request";

type Read = (side: Side, unit: GateUnit, target: string) => GateValue;
type Reading = Omit<GateFigure, "name" | "doc" | "units">;

/** A figure of the policy that is to come. */
function held(read: Read): Reading {
  return { needs: [], value: ({ held: side }, unit, target) => read(side, unit, target) };
}

/** The same of a replay alone. */
function replayed(read: (replay: ReplayReport, unit: GateUnit, target: string) => GateValue) {
  const ofSide: Read = ({ replay }, unit, target) =>
    replay === null ? needsReplay : read(replay, unit, target);
  return { ...held(ofSide), needs: ["replay"] as const, ofSide };
}

/** What one side has more than the other; as a share of the first one's where `isRelative`. */
function difference(read: Read, isRelative: boolean): GateFigure["value"] {
  return ({ held: side, before }, unit, target) => {
    if (before === null) return needsAgainst;
    const asked = isRelative && unit === "share" ? "count" : unit;
    const then = read(before, asked, target);
    const now = read(side, asked, target);
    if (typeof then === "string") return then;
    if (typeof now === "string") return now;
    return asked === unit ? now - then : relative(now - then, then);
  };
}

function relative(delta: number, of: number): GateValue {
  if (delta === 0) return 0;
  return of === 0 ? "there is nothing to hold it against: the first policy's is 0" : delta / of;
}

/** A number of requests, or their share. */
function part(count: number, of: number, unit: GateUnit): GateValue {
  if (of === 0) return noRequests;
  return unit === "share" ? count / of : count;
}

const requestsOf = ({ outcomes }: ReplayReport): number =>
  Object.values(outcomes).reduce((sum, each) => sum + each, 0);

const ending = (name: Ending) =>
  replayed((replay, unit) => part(replay.outcomes[name], requestsOf(replay), unit));

const decidedOf = ({ decided: { outcomes } }: Side): number =>
  outcomes.routed + outcomes.rejected + outcomes.unavailable;

const outcome = (name: keyof DecidedReport["outcomes"]): Read => {
  return (side, unit) => part(side.decided.outcomes[name], decidedOf(side), unit);
};

const noTime = "the log tells no time of a request that goes where it went (--replay models them)";
const nothingAnswered = "no request was answered";
const nothingWaited = "no request was answered that could wait";

function latency(at: "p50" | "p95" | "p99"): Read {
  return ({ decided, replay }) => {
    if (replay !== null) return replay.latency?.[at] ?? nothingAnswered;
    return decided.latency?.[at] ?? noTime;
  };
}

const modelledLatency = (at: "p50" | "p95" | "p99") =>
  replayed(({ latency: times }) => times?.[at] ?? nothingAnswered);

const total: Read = ({ decided, replay }) => {
  const { total: cost, unpriced } = (replay ?? decided).cost;
  return cost === 0 && unpriced > 0 ? "no price of what was used is known" : cost;
};

/** Of decisions alone: only where both costs of a request are known is their difference one. */
const costDelta: GateFigure["value"] = (subject, unit, target) => {
  const { held: side, before, report } = subject;
  if (before === null || report.diff === undefined) return needsAgainst;
  if (side.replay !== null) return difference(total, true)(subject, unit, target);
  const then = total(before, "money", target);
  const now = total(side, "money", target);
  if (typeof now === "string") return now;
  if (typeof then === "string") return then;
  return unit === "money" ? report.diff.costDelta : relative(report.diff.costDelta, then);
};

const guards = (deed: "enforced" | "refused") =>
  held((side, unit) => part(side.decided.guards[deed], decidedOf(side), unit));

const localShare = replayed(({ localShare: share }) => share ?? nothingAnswered);

const targetShare: Read = (side, unit, target) => {
  const { decided, replay } = side;
  if (replay === null) {
    const found = decided.targets.find((each) => each.target === target);
    return part(found?.requests ?? 0, decidedOf(side), unit);
  }
  const work = replay.targets.find((each) => each.target === target);
  return part(work?.answered ?? 0, requestsOf(replay), unit);
};

const targetFailed = replayed((replay, unit, target) => {
  const work = replay.targets.find((each) => each.target === target);
  const failed = Object.values(work?.failed ?? {}).reduce((sum, each) => sum + (each ?? 0), 0);
  if (unit === "count") return failed;
  return work === undefined || work.attempts === 0 ? 0 : failed / work.attempts;
});

const otherAnswers = replayed(({ cached: { compared, disagreed } }, unit) =>
  compared === 0 ? "no answer to a like prompt could be compared" : part(disagreed, compared, unit),
);

const expired = replayed(({ batch }, unit) => {
  // What is beyond those that can wait at once has not waited.
  const waited = batch === null ? 0 : batch.lines - batch.unplayed;
  return waited === 0 ? "no request waited for a batch" : part(batch?.expired ?? 0, waited, unit);
});

const counted = ["count", "share"] as const;
const delta = ["against"] as const;
const replayedDelta = ["replay", "against"] as const;

/** Every figure, in the order of the help; `NAME` in one stands for a target. */
export const gateFigures: readonly GateFigure[] = [
  { name: "cost.total", doc: "what it costs", units: ["money"], ...held(total) },
  {
    ...{ name: "cost.delta", doc: "what it costs more than the first policy, in $ or % of that" },
    ...{ units: ["money", "share"], needs: delta, value: costDelta },
  },
  {
    ...{ name: "unpriced", doc: "requests (in a replay: attempts) whose price is not known" },
    ...{ units: ["count"], ...held((side) => (side.replay ?? side.decided).cost.unpriced) },
  },
  ...(["p50", "p95", "p99"] as const).map(
    (at): GateFigure => ({
      ...{ name: `latency.${at}`, doc: "time to the end of an answer", units: ["duration"] },
      ...held(latency(at)),
    }),
  ),
  {
    ...{ name: "latency.p95.delta", doc: "the same, beyond the first policy's, in s or % of it" },
    ...{ units: ["duration", "share"], needs: replayedDelta },
    value: difference(modelledLatency("p95").ofSide, true),
  },
  {
    ...{ name: "ttft.p50", doc: "time to the first token", units: ["duration"] },
    ...held(({ decided, replay }) =>
      replay === null
        ? (decided.latency?.ttftP50 ?? noTime)
        : (replay.firstToken?.p50 ?? nothingAnswered),
    ),
  },
  {
    ...{ name: "ttft.p95", doc: "the same", units: ["duration"] },
    ...replayed(({ firstToken }) => firstToken?.p95 ?? nothingAnswered),
  },
  { name: "failed", doc: "requests that nobody answered", units: counted, ...ending("failed") },
  {
    ...{ name: "failed.delta", doc: "more of them than under the first policy (% of requests)" },
    ...{ units: counted, needs: replayedDelta, value: difference(ending("failed").ofSide, false) },
  },
  {
    ...{ name: "limited", doc: "requests that a limit, a budget or a queue had no room for" },
    ...{ units: counted, ...ending("limited") },
  },
  {
    ...{ name: "unavailable", doc: "requests whose plan has no target", units: counted },
    ...held(outcome("unavailable")),
  },
  {
    ...{ name: "rejected", doc: "requests that a rule or a guard rejects", units: counted },
    ...held(outcome("rejected")),
  },
  {
    ...{ name: "changed", doc: "requests that go to another target first", units: counted },
    needs: delta,
    value: ({ report: { diff } }, unit) =>
      diff === undefined ? needsAgainst : part(diff.changed, diff.changed + diff.unchanged, unit),
  },
  {
    ...{ name: "local.share", doc: "share of the answers given at home", units: ["share"] },
    ...localShare,
  },
  {
    ...{ name: "local.share.delta", doc: "what it is more than the first policy's" },
    ...{ units: ["share"], needs: replayedDelta, value: difference(localShare.ofSide, false) },
  },
  {
    ...{ name: "cached.share", doc: "requests given a kept answer", units: ["share"] },
    ...ending("cached"),
  },
  {
    ...{
      name: "cached.wrong",
      doc: "answers to like prompts that say another thing than the log's",
    },
    ...{ units: counted, ...otherAnswers },
  },
  {
    ...{ name: "guard.enforced", doc: "requests whose plan a guard changed", units: counted },
    ...guards("enforced"),
  },
  {
    ...{ name: "guard.refused", doc: "requests that a guard refused", units: counted },
    ...guards("refused"),
  },
  {
    ...{ name: "fallback.share", doc: "requests that another target than their first answered" },
    ...{ units: ["share"], ...replayed(({ fallbacks }) => fallbacks.share) },
  },
  {
    ...{ name: "batch.wait.p95", doc: "wait of what could wait and was answered" },
    ...{ units: ["duration"], ...replayed(({ batch }) => batch?.waits?.p95 ?? nothingWaited) },
  },
  {
    ...{
      name: "batch.expired",
      doc: "requests that waited and got no answer in time, in % of all that waited",
    },
    ...{ units: counted, ...expired },
  },
  {
    ...{ name: "rule.unused", doc: "rules that decided nothing", units: ["count"] },
    ...held(({ decided }) => decided.rules.filter(({ count }) => count === 0).length),
  },
  {
    ...{ name: "missing", doc: "requests decided without a fact that the policy asked for" },
    units: counted,
    ...held((side, unit) => part(side.decided.incomplete.requests, decidedOf(side), unit)),
  },
  {
    ...{ name: "target.NAME.share", doc: "requests sent there first (in a replay: it answered)" },
    ...{ units: counted, ...held(targetShare) },
  },
  {
    ...{ name: "target.NAME.failed", doc: "attempts there that failed", units: counted },
    ...targetFailed,
  },
];
