import type { BuildContext, Section } from "./build.ts";
import type { Secret } from "./configuration.ts";
import { resolveSecret } from "./environment.ts";
import { secretReference } from "./read-scalar.ts";
import type { SdkSettings } from "./sdk-packages.ts";
import type { Located } from "./shape.ts";

type ProviderSection = Section<"providers"> extends ReadonlyMap<string, infer P> ? P : never;

/** The settings of a package, and the first of its references that leads to nothing. */
export interface BuiltSdk {
  readonly settings: SdkSettings;
  readonly missing: Extract<Secret, { kind: "missing" }> | null;
}

const variableReferences = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
const secretName = /key|secret|token|password|credential/i;

/** Options that the gateway sets itself, and where they are said. */
const ownOptions: ReadonlyMap<string, string> = new Map([
  ["baseURL", "write it as the provider's `url`"],
  ["headers", "write them as the provider's `headers`"],
  ["fetch", "the gateway sends for the package"],
]);

/** The package of a provider of kind `ai-sdk`; null and reported where there is none. */
export function buildSdk(
  { value, keySpan }: ProviderSection,
  context: BuildContext,
): BuiltSdk | null {
  const named = value.package;
  if (named === undefined) {
    // A name that was refused above is not missed once more.
    if (!context.reader.diagnostics.some(({ severity }) => severity === "error"))
      context.reader.report("C0105", keySpan, "kind `ai-sdk` has no `package`", {
        help: 'add `package`: the package that serves it, such as "@ai-sdk/cohere"',
      });
    return null;
  }
  const filling = new Filling(context);
  const options = filling.fields(value.options?.value ?? new Map(), true);
  const { missing, secrets } = filling;
  return { settings: { package: named.value, options, secrets }, missing };
}

/** Reports what only a provider of kind `ai-sdk` has. */
export function refuseSdk({ value }: ProviderSection, { reader }: BuildContext): void {
  for (const given of [value.package, value.options])
    if (given !== undefined)
      reader.report("C0106", given.keySpan, "only kind `ai-sdk` is served by a package", {
        help: "leave it out, or write `kind: ai-sdk`",
      });
}

type Given = Located<unknown>;

/** Fills references in, and notes what was missing and what is secret. */
class Filling {
  readonly secrets: string[] = [];
  missing: BuiltSdk["missing"] = null;
  readonly #context: BuildContext;

  constructor(context: BuildContext) {
    this.#context = context;
  }

  fields(given: ReadonlyMap<string, Given>, outermost: boolean): Record<string, unknown> {
    const filled: [string, unknown][] = [];
    for (const [name, each] of given) {
      const own = outermost ? ownOptions.get(name) : undefined;
      if (own === undefined) filled.push([name, this.#value(name, each)]);
      else
        this.#context.reader.report("C0106", each.keySpan, `\`${name}\` is no option here`, {
          help: own,
        });
    }
    return Object.fromEntries(filled.filter(([, value]) => value !== undefined));
  }

  #value(name: string, given: Given): unknown {
    const { value } = given;
    if (typeof value === "string") return this.#text(name, value, given);
    if (!(value instanceof Map)) return value;
    const map = value as ReadonlyMap<string, Given>;
    const file = map.size === 1 ? map.get("file")?.value : undefined;
    return typeof file === "string"
      ? this.#secret({ from: "file", name: file })
      : this.fields(map, false);
  }

  #text(name: string, text: string, { span }: Given): string | undefined {
    const whole = secretReference(text.trim());
    if (whole !== null) return this.#secret(whole, secretName.test(name));
    if (text.search(variableReferences) >= 0)
      return text.replaceAll(
        variableReferences,
        (_, variable: string) =>
          this.#secret({ from: "variable", name: variable }, secretName.test(name)) ?? "",
      );
    if (!secretName.test(name)) return text;
    const { reader } = this.#context;
    reader.hide(span);
    reader.report("C0201", span, `option \`${name}\` holds the secret itself`, {
      help: "put it into the environment and refer to the variable, or into a file and write { file: path }",
    });
    return undefined;
  }

  #secret(reference: Parameters<typeof resolveSecret>[0], hidden = true): string | undefined {
    const found = resolveSecret(reference, this.#context.environment);
    if (found.kind === "missing") {
      this.missing ??= found;
      return undefined;
    }
    if (hidden) this.secrets.push(found.value);
    return found.value;
  }
}
