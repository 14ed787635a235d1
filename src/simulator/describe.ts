import type { Configuration } from "../configuration/configuration.ts";
import type { FactTable } from "../facts/fact.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { type Dependency, dependenciesOf, dependencyOf } from "./chat-facts.ts";
import type { Description, NeededFact, ToldFact } from "./description.ts";
import { idOfPlace, type LogFileName } from "./log-file.ts";
import type { LoggedRequest } from "./logged-request.ts";
import { NameCounts } from "./name-counts.ts";
import { RateCounts } from "./rate-counts.ts";
import { RepeatedIds } from "./repeated-ids.ts";
import type { Report } from "./report.ts";
import { SpreadCounts } from "./spread-counts.ts";

/** Reasons and places that are told of lines that were skipped. */
const reasonsTold = 20;
const namesTold = 20;

/** Numbers and quoted words of a reason, which differ from line to line. */
const particulars = /`[^`]*`|"[^"]*"|\d+/g;

/** What a log holds, gathered as it is read. Its size does not grow with the log. */
export class Describer {
  readonly #facts: FactTable;
  readonly #dependencies: ReadonlyMap<string, readonly Dependency[]>;
  readonly #told = new Map<string, number>();
  readonly #formats = new NameCounts();
  readonly #files = new Map<number, { name: string; requests: number; skipped: number }>();
  readonly #reasons = new Map<
    string,
    { count: number; line: number; file: string | null; reason: string }
  >();
  readonly #models = new NameCounts();
  readonly #targets = new NameCounts();
  readonly #users = new NameCounts();
  readonly #keys = new NameCounts();
  readonly #teams = new NameCounts();
  readonly #causes = new NameCounts();
  readonly #tokensIn = new SpreadCounts();
  readonly #tokensOut = new SpreadCounts();
  readonly #total = new SpreadCounts();
  readonly #firstToken = new SpreadCounts();
  readonly #rate = new RateCounts();
  readonly #ids = new RepeatedIds();
  readonly #counts = {
    requests: 0,
    skipped: 0,
    withText: 0,
    dated: 0,
    ok: 0,
    failed: 0,
    cacheHits: 0,
    priced: 0,
  };
  #cost = 0;

  constructor({ facts }: Pick<Configuration, "facts">, needed: readonly string[] = []) {
    this.#facts = facts;
    const names = new Set([...facts.keys(), ...needed]);
    const configuration = { facts } as Configuration;
    this.#dependencies = new Map(
      [...names].map((name) => [name, dependencyOf(name, configuration)]),
    );
  }

  request(request: LoggedRequest): void {
    this.#counts.requests += 1;
    this.#formats.add(request.format);
    this.#fileOf(request.file).requests += 1;
    // What bears no id is called by its place.
    if (request.id !== idOfPlace(request)) this.#ids.add(request.id);
    if (request.atMs !== null) this.#counts.dated += 1;
    const cameMs = request.atMs ?? request.offsetMs;
    if (cameMs !== null) this.#rate.add(cameMs);
    if (request.chat !== null || typeof request.facts?.["prompt"] === "string")
      this.#counts.withText += 1;
    for (const name of this.#dependencies.keys()) {
      if (this.tells(request, name)) this.#told.set(name, (this.#told.get(name) ?? 0) + 1);
    }
    this.#names(request);
    this.#measures(request);
  }

  #fileOf(file: LogFileName | null): { requests: number; skipped: number } {
    const index = file?.index ?? 0;
    let counts = this.#files.get(index);
    if (counts === undefined) {
      counts = { name: file?.name ?? "", requests: 0, skipped: 0 };
      this.#files.set(index, counts);
    }
    return counts;
  }

  skip(line: number, reason: string, file: LogFileName | null): void {
    this.#counts.skipped += 1;
    this.#fileOf(file).skipped += 1;
    const kind = reason.startsWith("not JSON") ? "not JSON" : reason.replace(particulars, "…");
    const seen = this.#reasons.get(kind);
    if (seen !== undefined) seen.count += 1;
    else if (this.#reasons.size < reasonsTold) {
      this.#reasons.set(kind, { count: 1, line, file: file?.name ?? null, reason });
    }
  }

  /** Whether the log tells a fact of a request, were it only that nobody knows it. */
  tells({ facts, chat, atMs }: LoggedRequest, name: string): boolean {
    const told = chat === null ? facts : chat.known;
    if (told !== null && told[name] !== undefined) return true;
    if (chat === null) {
      const clock = name === "weekday" || name === "date";
      const isRead =
        (this.#facts.get(name)?.costClass ?? 0) >= 2 && typeof facts?.["prompt"] === "string";
      return isRead || (clock && facts?.["time"] !== undefined);
    }
    return (this.#dependencies.get(name) ?? []).every(({ sources }) =>
      sources.every((source) => (source === "time" ? atMs !== null : chat[source] !== undefined)),
    );
  }

  #names(request: LoggedRequest): void {
    const { facts, chat, usage } = request;
    const known = chat === null ? facts : chat.known;
    const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
    this.#models.add(text(chat === null ? facts?.["model"] : chat.body.model));
    this.#users.add(text(known?.["user"]) ?? chat?.caller?.user ?? null);
    this.#teams.add(text(known?.["team"]) ?? chat?.caller?.team ?? null);
    this.#keys.add(text(known?.["key"]) ?? chat?.caller?.name ?? null);
    const { attempts, ok, cause, unanswered, cacheHit, cost } = request.outcome();
    this.#targets.add(attempts.at(-1)?.target ?? usage?.served?.target ?? null);
    if (ok === true) this.#counts.ok += 1;
    if (ok === false) this.#counts.failed += 1;
    if (ok === false) this.#causes.add(cause ?? unanswered ?? "unknown");
    if (cacheHit === true) this.#counts.cacheHits += 1;
    if (cost === null) return;
    this.#counts.priced += 1;
    this.#cost += cost / 1e12;
  }

  #measures(request: LoggedRequest): void {
    const { facts, usage, latency } = request;
    const estimated = facts?.["tokens"];
    const input = usage?.input ?? (typeof estimated === "number" ? estimated : null);
    if (input !== null) this.#tokensIn.add(input);
    if (usage?.output != null) this.#tokensOut.add(usage.output);
    const totalMs = latency?.totalMs ?? request.outcome().durationMs;
    if (totalMs !== null) this.#total.add(totalMs);
    if (latency?.firstTokenMs != null) this.#firstToken.add(latency.firstTokenMs);
  }

  /** What was found; with a policy's needs and the report of its replay, what it would not know. */
  description(
    needs: { readonly facts: readonly string[]; readonly report: Report } | null,
  ): Description {
    const { requests, skipped, dated, withText, ok, failed, cacheHits, priced } = this.#counts;
    return {
      requests,
      skipped,
      repeatedIds: this.#ids.counted(),
      formats: this.#formats.top(namesTold),
      files: [...this.#files.values()].filter(({ name }) => name !== ""),
      skippedBecause: [...this.#reasons.values()].toSorted((a, b) => b.count - a.count),
      time: { ...this.#rate.span(), dated },
      rate: this.#rate.rates(),
      tokens: { input: this.#tokensIn.spread(), output: this.#tokensOut.spread() },
      latency: { total: this.#total.spread(), firstToken: this.#firstToken.spread() },
      outcomes: { ok, failed, untold: requests - ok - failed, causes: this.#causes.top(namesTold) },
      cacheHits,
      cost: priced === 0 ? null : { dollars: this.#cost, requests: priced },
      models: { distinct: this.#models.distinct, top: this.#models.top(namesTold) },
      targets: { distinct: this.#targets.distinct, top: this.#targets.top(namesTold) },
      users: { distinct: this.#users.distinct, top: this.#users.top(namesTold) },
      keys: { distinct: this.#keys.distinct, top: this.#keys.top(namesTold) },
      teams: { distinct: this.#teams.distinct, top: this.#teams.top(namesTold) },
      texts: { requests: withText, share: shareOf(withText, requests) },
      facts: this.#toldFacts(),
      ...(needs === null ? {} : { needs: this.#needed(needs.facts, needs.report) }),
    };
  }

  #toldFacts(): readonly ToldFact[] {
    const { requests } = this.#counts;
    return [...this.#told]
      .map(([fact, count]) => ({ fact, requests: count, share: shareOf(count, requests) }))
      .toSorted((a, b) => b.requests - a.requests || (a.fact < b.fact ? -1 : 1));
  }

  #needed(facts: readonly string[], { missing }: Report): readonly NeededFact[] {
    const { requests } = this.#counts;
    const rows = facts.map((fact) => {
      const lacking = requests - (this.#told.get(fact) ?? 0);
      const touched = missing.find((each) => each.fact === fact);
      return { fact, lacking, touched: touched?.requests ?? 0, why: touched?.why ?? null };
    });
    // Some facts are asked for by the choice of a target alone.
    const others = missing.filter(({ fact }) => !facts.includes(fact));
    const all = [
      ...rows,
      ...others.map(({ fact, requests: touched, why }) => ({
        fact,
        lacking: touched,
        touched,
        why,
      })),
    ];
    return all.toSorted(
      (a, b) => b.touched - a.touched || b.lacking - a.lacking || (a.fact < b.fact ? -1 : 1),
    );
  }
}

/** The facts that a policy's conditions, guards and splits rest on, by name. */
export function neededFacts(
  { operands }: Pick<CheckedPolicy, "operands">,
  configuration: Configuration,
): readonly string[] {
  const names = new Set<string>();
  for (const { shape } of operands) {
    for (const name of factsIn(shape)) names.add(name);
    for (const { fact } of dependenciesOf(shape, configuration)) names.add(fact);
  }
  return [...names].toSorted();
}

type Shape = CheckedPolicy["operands"][number]["shape"];

function factsIn(shape: Shape): readonly string[] {
  if (shape.kind === "arithmetic") return [...factsIn(shape.left), ...factsIn(shape.right)];
  if (shape.kind === "fact")
    return [shape.name === "weekday" || shape.name === "date" ? "time" : shape.name];
  if (shape.kind === "text-test") return [shape.fact];
  return shape.kind === "local" ? ["time"] : [];
}

function shareOf(count: number, of: number): number {
  return of === 0 ? 0 : count / of;
}
