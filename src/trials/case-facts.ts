import { isMap, isScalar, type Node } from "yaml";
import type { Configuration } from "../configuration/configuration.ts";
import type { Entry, YamlReader } from "../configuration/read-yaml.ts";
import { wrongWord } from "../configuration/wrong-word.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { FactType } from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";
import { lookUpTargetFact } from "../facts/target-facts.ts";
import { readFactValue } from "../facts/value.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { typeName } from "../language/checker/typed.ts";

interface KnownFact {
  readonly name: string;
  readonly type: FactType;
}

/** Reads facts of cases by name, and reports those that no fact has, and values that are none of theirs. */
export class CaseFacts {
  readonly #reader: YamlReader;
  readonly #policy: CheckedPolicy;
  readonly #configuration: Configuration;

  constructor(reader: YamlReader, policy: CheckedPolicy, configuration: Configuration) {
    this.#reader = reader;
    this.#policy = policy;
    this.#configuration = configuration;
  }

  /** The facts of a `request`. */
  readMap(entry: Entry | undefined): Readonly<Record<string, unknown>> {
    const node = entry === undefined ? null : this.#reader.resolve(entry.node);
    const given: Record<string, unknown> = {};
    if (isMap(node)) {
      for (const { name, keySpan, node: value } of this.#reader.entries(node)) {
        if (this.knows(name, keySpan)) this.put(given, name, value, keySpan);
      }
    } else if (node) {
      this.#reader.report("C0102", this.#reader.spanOf(node), "`request` takes a map of facts");
    }
    return given;
  }

  /** Whether a fact has this name. Reports it when not. */
  knows(name: string, span: Span): boolean {
    if (this.#find(name) !== null) return true;
    const { facts } = this.#configuration;
    const read = this.#policy.operands.map(({ key }) => key);
    const near = didYouMean(name, [...read, ...facts.keys()]);
    this.#reader.report(
      "P0201",
      span,
      `no fact is called \`${name}\``,
      wrongWord(span, near, [], ""),
    );
    return false;
  }

  /** Puts a value into `given`; null is unknown. Reports what is no value of the fact. */
  put(given: Record<string, unknown>, name: string, node: Node | null, at: Span): void {
    const fact = this.#find(name);
    const found = this.#reader.resolve(node);
    if (fact === null || found === undefined) return;
    if (found === null || (isScalar(found) && found.value === null)) {
      given[fact.name] = null;
      return;
    }
    const value = isScalar(found) ? found.value : undefined;
    if (value !== undefined && readFactValue(fact.type, value) !== undefined) {
      given[fact.name] = value;
      return;
    }
    const span = node === null ? at : this.#reader.spanOf(found);
    this.#reportValue(fact, isScalar(found) ? String(found.value) : "this", span);
  }

  #reportValue({ name, type }: KnownFact, written: string, span: Span): void {
    const values = type.kind === "text" ? type.values : undefined;
    const message = `\`${written}\` is no value of \`${name}\``;
    if (values === undefined) {
      this.#reader.report("P0301", span, message, { label: `${typeName(type)} is needed` });
      return;
    }
    const near = didYouMean(written, values);
    this.#reader.report("P0203", span, message, wrongWord(span, near, values, "its values are"));
  }

  /** A fact as the policy reads it, one that it does not read, or one of a target. */
  #find(name: string): KnownFact | null {
    const read = this.#policy.operands.find(({ key }) => key === name);
    if (read !== undefined) return { name, type: read.type };
    const { facts, targets } = this.#configuration;
    const fact = lookUpFact(facts, name);
    if (fact !== null) {
      const own = this.#policy.operands.find(({ key }) => key === fact.name);
      return own === undefined ? fact : { name: fact.name, type: own.type };
    }
    for (const target of targets.keys()) {
      if (!name.startsWith(`${target}.`)) continue;
      const ofTarget = lookUpTargetFact(name.slice(target.length + 1));
      if (ofTarget !== null) return { name, type: ofTarget.type };
    }
    return null;
  }
}
