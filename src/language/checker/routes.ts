import { didYouMean } from "../../diagnostics/suggest.ts";
import { readQuantity } from "../../facts/quantity.ts";
import type { AstRoute, AstShare, Name } from "../syntax/ast.ts";
import { bindTargetCondition } from "./bind-condition.ts";
import type { Route, Strategy } from "./checked-policy.ts";
import { readCondition } from "./conditions.ts";
import { type Context, textOf } from "./context.ts";
import type { Operands } from "./operands.ts";
import type { OptionSetting } from "./options.ts";
import { quoted, replacement } from "./report.ts";
import { reportUnknownTarget } from "./scope.ts";
import { readTerm } from "./sides.ts";
import { isFactTerm } from "./typed.ts";

/** How a selection chooses among its candidates (LANGUAGE §4). */
export const strategies: readonly Strategy[] = ["cheapest", "fastest", "best", "least-busy", "any"];

/** What a route needs to know of the policy around it. */
export interface RouteSetting extends OptionSetting {
  /** What split keys are salted with: the policy's name, the rule's id and the step. */
  readonly salt: string;
}

/** A route with its targets known; null when it was reported. */
export function readRoute(setting: RouteSetting, route: AstRoute): Route | null {
  switch (route.kind) {
    case "name": {
      if (route.name.text === "requested" && !route.name.quoted) return { kind: "requested" };
      const target = readTarget(setting.context, route.name);
      return target === null ? null : { kind: "target", target };
    }
    case "select":
      return readSelect(setting, route);
    case "split":
      return readSplit(setting, route);
  }
}

function knownRoutes({ scope }: Context): readonly string[] {
  return [...scope.vocabulary.targets.keys(), ...scope.pools.keys()];
}

/** A name that must be one target; a pool gets the strategy that makes it one. */
function readTarget(context: Context, name: Name): string | null {
  const { scope, report } = context;
  if (scope.vocabulary.targets.has(name.text)) return name.text;
  const pool = scope.pools.get(name.text);
  if (pool === undefined) {
    if (!scope.incomplete)
      reportUnknownTarget(report, name, [...knownRoutes(context), "requested"]);
    return null;
  }
  report.add("P0211", name.span, `\`${name.text}\` is a pool, and a route needs one target`, {
    label: `one of ${quoted(pool, 5)}?`,
    help: `\`any of ${name.text}\` spreads the load, \`cheapest of ${name.text}\` takes the cheapest`,
    fix: replacement(`write \`any of ${name.text}\``, name.span, `any of ${name.text}`),
  });
  return null;
}

function readSelect(
  { context, operands }: RouteSetting,
  route: Extract<AstRoute, { readonly kind: "select" }>,
): Route | null {
  const by = readStrategy(context, route.strategy);
  const from = readCandidates(context, route.from);
  const where = route.where === null ? null : readCondition(context, route.where, "where");
  if (by === null || from === null || (route.where !== null && where === null)) return null;
  return {
    kind: "select",
    by,
    from,
    where: where === null ? null : bindTargetCondition(where, operands),
    intent: by === "best" ? intentFor(context, operands, route, from) : null,
  };
}

/** The operand of `intent`, where the quality of a candidate depends on it; reading it has its price, and that is told. */
function intentFor(
  context: Context,
  operands: Operands,
  { strategy }: Extract<AstRoute, { readonly kind: "select" }>,
  from: readonly string[],
): number | null {
  const { targets } = context.scope.vocabulary;
  const depends = from.some((name) => {
    return Object.keys(targets.get(name)?.quality ?? {}).some((key) => key !== "default");
  });
  if (!depends) return null;
  const name: Name = { text: "intent", quoted: false, span: strategy.span };
  const term = readTerm(context, { kind: "name", name, span: name.span }, "rule");
  if (term === null || !isFactTerm(term)) return null;
  context.report.add("P0418", strategy.span, "`best of` reads `intent` here", {
    label: "a candidate's quality depends on the intent",
    help: "it is worked out for every request that comes here; a single `quality` costs nothing",
  });
  return operands.intern(term);
}

function readStrategy(context: Context, name: Name): Strategy | null {
  const known = strategies.find((each) => each === name.text);
  if (known !== undefined) return known;
  const near = didYouMean(name.text, strategies);
  context.report.add("P0210", name.span, `\`${name.text} of\` is not a way to choose`, {
    label: `not one of: ${strategies.join(", ")}`,
    help:
      near === null
        ? "`any of` spreads the load over healthy targets"
        : `did you mean \`${near}\`?`,
    fix: near === null ? null : replacement(`replace with \`${near}\``, name.span, near),
  });
  return null;
}

function readCandidates(context: Context, names: readonly Name[]): readonly string[] | null {
  const { scope, report } = context;
  const targets = new Set<string>();
  let sound = true;
  for (const name of names) {
    const pool = scope.pools.get(name.text);
    if (scope.vocabulary.targets.has(name.text)) targets.add(name.text);
    else if (pool !== undefined) for (const target of pool) targets.add(target);
    else {
      sound = false;
      if (name.text === "requested") reportRequested(context, name, "member");
      else if (!scope.incomplete) reportUnknownTarget(report, name, knownRoutes(context));
    }
  }
  return sound ? [...targets] : null;
}

/** `requested` is a route, not one of several targets. */
function reportRequested({ report }: Context, name: Name, part: "member" | "share"): void {
  const whole = part === "member" ? "a selection" : "a split";
  report.add("P0202", name.span, `\`requested\` is no ${part} of ${whole}`, {
    label: part === "member" ? "a target or pool is needed" : "a target is needed",
    help: "write it as a route of its own: `requested fallback …`",
  });
}

const wholeShare = 10_000;

function readSplit(
  setting: RouteSetting,
  route: Extract<AstRoute, { readonly kind: "split" }>,
): Route | null {
  const { context, operands, salt } = setting;
  const key = route.by === null ? null : readTerm(context, route.by, "rule");
  const shares = route.shares.map((share) => readShare(context, share));
  let sound = route.by === null || key !== null;
  if (key !== null && !isFactTerm(key)) {
    context.report.add("P0303", key.span, "a split needs a fact to tell requests apart", {
      label: "this is a constant",
      help: "write `split by user: …`, or leave `by …` out to split by request",
    });
    sound = false;
  }
  const read = shares.filter((share) => share !== null);
  if (read.length < shares.length || !sound || !addsUp(context, route.shares, read)) return null;
  return { kind: "split", by: key === null ? null : operands.intern(key), salt, shares: read };
}

interface Share {
  readonly parts: number;
  readonly target: string;
}

function readShare(context: Context, { share, target }: AstShare): Share | null {
  const isRequested = target.text === "requested" && !target.quoted;
  if (isRequested) reportRequested(context, target, "share");
  const name = isRequested ? null : readTarget(context, target);
  const parts = readParts(context, share);
  return name === null || parts === null ? null : { parts, target: name };
}

/** A share in parts of 10,000. */
function readParts(context: Context, share: AstShare["share"]): number | null {
  const { report } = context;
  const written = textOf(context, share.span);
  if (share.kind !== "number" || share.unit !== "percent") {
    const plain = share.kind === "number" && share.unit === "none" && !share.raw.includes(".");
    report.add("P0312", share.span, `\`${written}\` is no share`, {
      label: "shares are written in percent",
      fix: plain ? replacement(`write \`${written}%\``, share.span, `${share.raw}%`) : null,
    });
    return null;
  }
  const read = readQuantity(share.raw);
  const parts = read.ok ? Math.round(read.value * wholeShare) : -1;
  const exact = read.ok && Math.abs(read.value * wholeShare - parts) < 1e-6;
  if (exact && parts >= 0 && parts <= wholeShare) return parts;
  report.add("P0312", share.span, `\`${written}\` is no share`, {
    label: "0% to 100%, at most two decimals",
  });
  return null;
}

/** Reports shares that do not total 100 %, with the difference; offers the last one corrected where that can be. */
function addsUp(context: Context, shares: readonly AstShare[], read: readonly Share[]): boolean {
  const total = read.reduce((sum, { parts }) => sum + parts, 0);
  const [first, last] = [shares[0], shares.at(-1)];
  if (total === wholeShare || first === undefined || last === undefined) return true;
  const difference = wholeShare - total;
  const corrected = (read.at(-1)?.parts ?? 0) + difference;
  const text = `${corrected / 100}%`;
  context.report.add(
    "P0312",
    { ...first.span, end: last.span.end },
    `the shares add up to ${total / 100}%`,
    {
      label: `${Math.abs(difference) / 100}% ${difference > 0 ? "missing" : "too much"}`,
      help: "the shares of a split add up to 100%",
      fix:
        corrected > 0 && corrected < wholeShare
          ? replacement(`make the last share ${text}`, last.share.span, text)
          : null,
    },
  );
  return false;
}
