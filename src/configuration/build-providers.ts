import { X509Certificate } from "node:crypto";
import type { BuildContext, Section } from "./build.ts";
import { buildSdk, refuseSdk } from "./build-sdk.ts";
import type { Provider } from "./configuration.ts";
import { defaultConnections } from "./default-configuration.ts";
import { resolveSecret } from "./environment.ts";
import { isHeaderName, isOwnHeader } from "./keys.ts";
import { kindDefaults, normaliseUrl } from "./provider-kinds.ts";
import type { Located } from "./shape.ts";

type ProviderSection = Section<"providers"> extends ReadonlyMap<string, infer P> ? P : never;

export interface Providers {
  readonly built: ReadonlyMap<string, Provider>;
  /** All names given, those of broken entries too, so that one mistake is not reported twice. */
  readonly names: ReadonlySet<string>;
}

const variableReferences = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
const secretHeaders =
  /^(authorization|proxy-authorization|cookie|(x-)?api-key|x-(.*-)?(auth|key|token|secret))$/i;

/** The providers of a configuration, with the defaults of their kinds. */
export function buildProviders(section: Section<"providers">, context: BuildContext): Providers {
  const built = new Map<string, Provider>();
  for (const [name, entry] of section) {
    const provider = buildProvider(name, entry, context);
    if (provider !== null) built.set(name, provider);
  }
  return { built, names: new Set(section.keys()) };
}

function buildProvider(
  name: string,
  section: ProviderSection,
  context: BuildContext,
): Provider | null {
  const { value, keySpan } = section;
  const kind = value.kind;
  if (kind === undefined) return null;
  const url = value.url?.value ?? kindDefaults[kind.value].url;
  if (url === null) {
    context.reader.report("C0204", keySpan, `provider \`${name}\` has no \`url\``, {
      help: `kind \`${kind.value}\` has no usual URL: add one, such as https://api.example.com/v1`,
    });
    return null;
  }
  if (url !== "" && !URL.canParse(url)) {
    const span = value.url?.span ?? keySpan;
    context.reader.report("C0106", span, `\`${url}\` is not a URL`);
    return null;
  }
  const key = value.key?.value;
  const sdk = kind.value === "ai-sdk" ? buildSdk(section, context) : null;
  if (kind.value !== "ai-sdk") refuseSdk(section, context);
  else if (sdk === null) return null;
  return {
    name,
    kind: kind.value,
    url: normaliseUrl(kind.value, url),
    key: sdk?.missing ?? (key === undefined ? null : resolveSecret(key, context.environment)),
    headers: buildHeaders(value.headers?.value ?? new Map(), context),
    ...buildTls(value.tls?.value.ca, context),
    api: value.api?.value ?? "chat",
    promptCache: value["prompt-cache"]?.value ?? "auto",
    connections: value.connections?.value ?? defaultConnections,
    ...discountsOf(value.discounts?.value ?? []),
    ...(sdk === null ? {} : { sdk: sdk.settings }),
  };
}

/** The authorities of a provider. Without their file they vouch for nobody, and neither does the system in their place. */
function buildTls(
  ca: Located<string> | undefined,
  { reader, environment }: BuildContext,
): Pick<Provider, "authorities"> {
  if (ca === undefined) return {};
  const text = environment.file(ca.value);
  if (text === undefined) {
    const help = "until it is there, no certificate of the provider is trusted";
    reader.report("C0209", ca.span, `there is no file \`${ca.value}\``, { help });
    return { authorities: "" };
  }
  if (!isCertificate(text)) reader.report("C0106", ca.span, `\`${ca.value}\` holds no certificate`);
  return { authorities: text };
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).subject !== undefined;
  } catch {
    return false;
  }
}

type DiscountSections = NonNullable<ProviderSection["value"]["discounts"]>["value"];

/** Discounts by rising spend; none where none are given. */
function discountsOf(given: DiscountSections): Pick<Provider, "discounts"> {
  const discounts = given.flatMap(({ value: { above, share } }) =>
    above === undefined || share === undefined ? [] : [{ above: above.value, share: share.value }],
  );
  if (discounts.length === 0) return {};
  return { discounts: discounts.toSorted((one, other) => one.above - other.above) };
}

/** Headers with their variables filled in. A header of an unset variable is left out, with a warning. */
function buildHeaders(
  given: ReadonlyMap<string, Located<string>>,
  { reader, environment }: BuildContext,
): Record<string, string> {
  const headers: [string, string][] = [];
  for (const [name, { value, span, keySpan }] of given) {
    if (!isHeaderName(name)) {
      reader.report("C0106", keySpan, `\`${name}\` is not the name of a header`);
      continue;
    }
    if (isOwnHeader(name)) {
      reader.report("C0106", keySpan, `header \`${name}\` is the gateway's own to send`, {
        help: "leave it out; it follows from the connection and the body",
      });
      continue;
    }
    if (secretHeaders.test(name) && value.search(variableReferences) < 0) {
      reader.hide(span);
      reader.report("C0201", span, `header \`${name}\` holds the secret itself`, {
        help: "put it into the environment and refer to the variable",
      });
      continue;
    }
    let missing: string | null = null;
    const filled = value.replaceAll(variableReferences, (_, variable: string) => {
      const found = environment.variable(variable);
      if (found === undefined) missing = variable;
      return found ?? "";
    });
    if (missing !== null) {
      const help = `set ${missing}; until then the header is not sent`;
      reader.report("C0209", span, `the variable \`${missing}\` is not set`, { help });
    } else if (/[^\t\x20-\x7e\x80-\xff]/.test(filled)) {
      reader.report("C0106", span, `header \`${name}\` holds what no header can`);
    } else {
      headers.push([name.toLowerCase(), filled]);
    }
  }
  return Object.fromEntries(headers);
}
