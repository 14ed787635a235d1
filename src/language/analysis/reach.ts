import type { Span } from "../../diagnostics/diagnostic.ts";
import type {
  Action,
  CheckedAlso,
  Route,
  ShadowOption,
  TargetCondition,
} from "../checker/checked-policy.ts";

export type PlanAction = Extract<Action, { readonly kind: "plan" }>;

/**
 * One place a plan can send a request to. A hedge goes to a later step of its plan, so it is among these.
 */
export type Reach = {
  /** Index of the plan's step; null for a shadow. */
  readonly step: number | null;
  /** Where it is written. */
  readonly span: Span;
} /** A target named outright. */ & (
  | { readonly kind: "fixed"; readonly target: string }
  /** A target that gets the requests whose key falls to its share. */
  | { readonly kind: "share"; readonly target: string; readonly share: Share }
  /** One of several, chosen in a run; without those that earlier steps have taken for certain. */
  | {
      readonly kind: "select";
      readonly from: readonly string[];
      readonly where: TargetCondition | null;
    }
  /** Whatever the client names. */
  | { readonly kind: "requested" }
  /** A copy of some requests; `also` is the index of the one that adds it, null for the plan's own. */
  | {
      readonly kind: "shadow";
      readonly target: string;
      readonly share: Share;
      readonly also: number | null;
    }
);

/** Which requests fall to a share: by the hash of a salted key. */
export interface Share {
  readonly salt: string;
  /** Operand whose value is hashed; null hashes the request id. */
  readonly by: number | null;
  /** All shares in order, in parts of 10,000. */
  readonly shares: readonly { readonly parts: number; readonly target: string }[];
}

/** Everything a plan can reach, steps in order, then its shadows: its own, or else those that `also`s may add. */
export function reachOf(action: PlanAction, alsos: readonly CheckedAlso[]): readonly Reach[] {
  const taken: string[] = [];
  const reached: Reach[] = [];
  for (const [step, { route, span }] of action.steps.entries()) {
    reached.push(...reachOfRoute(route, taken).map((each) => ({ ...each, step, span })));
    if (route.kind === "target") taken.push(route.target);
  }
  const own = action.options.shadow;
  if (own !== undefined) return [...reached, ...shadowOf(own, action.span, null)];
  const added = alsos.flatMap(({ options, span }, also) =>
    options.shadow === undefined ? [] : shadowOf(options.shadow, span, also),
  );
  return [...reached, ...added];
}

type Unplaced<R> = R extends Reach ? Omit<R, "step" | "span"> : never;

function reachOfRoute(route: Route, taken: readonly string[]): readonly Unplaced<Reach>[] {
  switch (route.kind) {
    case "target":
      return [{ kind: "fixed", target: route.target }];
    case "requested":
      return [{ kind: "requested" }];
    case "split":
      return route.shares
        .filter(({ parts }) => parts > 0)
        .map(({ target }) => ({ kind: "share", target, share: route }));
    case "select": {
      const from = route.from.filter((target) => !taken.includes(target));
      return [{ kind: "select", from, where: route.where }];
    }
  }
}

function shadowOf(shadow: ShadowOption, span: Span, also: number | null): readonly Reach[] {
  const { target, parts, salt, by } = shadow;
  if (parts === 0) return [];
  const shares = [
    { parts, target },
    { parts: 10_000 - parts, target: "" },
  ];
  return [{ kind: "shadow", target, share: { salt, by, shares }, also, step: null, span }];
}

/** A plan in a sentence: "`mistral-eu`, then any of `claude`, `gpt`". */
export function planWords({ steps }: PlanAction): string {
  return steps.map(({ route }) => routeWords(route)).join(", then ");
}

const mostNamed = 6;

/** A route in a sentence. */
export function routeWords(route: Route): string {
  switch (route.kind) {
    case "target":
      return `\`${route.target}\``;
    case "requested":
      return "what the client asks for";
    case "select": {
      const names = route.from.slice(0, mostNamed).map((name) => `\`${name}\``);
      const more = route.from.length > mostNamed ? ", …" : "";
      return `${route.by} of ${names.join(", ")}${more}`;
    }
    case "split":
      return route.shares.map(({ parts, target }) => `${parts / 100}% \`${target}\``).join(", ");
  }
}
