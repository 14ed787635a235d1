import type { Attributes } from "@opentelemetry/api";
import type { ProviderKind } from "../../configuration/configuration.ts";
import type { Endpoint } from "../../protocol/endpoint.ts";
import type { AttemptRecord } from "../dispatch/machine-types.ts";
import type { TracedEnd, TracedStart, TracedTarget } from "./traces.ts";

/** Names of operations by the GenAI semantic conventions (1.45); those they do not know go by our own. */
const operations: Readonly<Partial<Record<Endpoint, string>>> = {
  chat: "chat",
  responses: "chat",
  messages: "chat",
  generate: "generate_content",
  completions: "text_completion",
};

/** Names of providers by the same; any other by its kind. */
const providers: Readonly<Partial<Record<ProviderKind, string>>> = {
  gemini: "gcp.gemini",
  mistral: "mistral_ai",
  "azure-openai": "azure.ai.openai",
};

/** The same for what a package serves, by the package's name. */
const served: Readonly<Record<string, string>> = {
  "amazon-bedrock": "aws.bedrock",
  azure: "azure.ai.openai",
  google: "gcp.gemini",
  "google-vertex": "gcp.vertex_ai",
  mistral: "mistral_ai",
  xai: "x_ai",
};

function providerName({ kind, sdk }: TracedTarget["provider"]): string {
  if (sdk === undefined) return providers[kind] ?? kind;
  const name = sdk.package.replace(/^.*\//, "");
  return served[name] ?? name;
}

/** A client can name a model at any length. */
const longestModel = 200;

const operationOf = (endpoint: Endpoint): string => operations[endpoint] ?? endpoint;

/** What the span of a request begins with. */
export function startAttributes(start: TracedStart): Attributes {
  return {
    "http.request.method": start.method,
    "url.path": start.path,
    "gen_ai.operation.name": operationOf(start.endpoint),
    "gen_ai.request.model": start.model.slice(0, longestModel),
    "signalbox.request_id": start.requestId,
    "signalbox.policy": start.policy,
  };
}

/** What it ends with. */
export function endAttributes({
  rule,
  status,
  outcome,
}: Pick<TracedEnd, "rule" | "status" | "outcome">): Attributes {
  return {
    "http.response.status_code": status,
    "signalbox.rule": rule,
    "signalbox.outcome": outcome,
    ...(status >= 500 ? { "error.type": String(status) } : {}),
  };
}

/** The name of an attempt's span, and what it begins with. */
export function attemptName(
  { endpoint }: TracedStart,
  to: TracedTarget | null,
): { readonly name: string; readonly attributes: Attributes } {
  const operation = operationOf(endpoint);
  if (to === null) return { name: operation, attributes: { "gen_ai.operation.name": operation } };
  const { target, model, provider } = to;
  return {
    name: `${operation} ${model}`,
    attributes: {
      "gen_ai.operation.name": operation,
      "gen_ai.provider.name": providerName(provider),
      "gen_ai.request.model": model,
      "signalbox.target": target,
      ...addressOf(provider.url),
    },
  };
}

/** Empty where a package addresses its own hosts. */
function addressOf(url: string): Attributes {
  if (url === "") return {};
  const { hostname, port, protocol } = new URL(url);
  const usual = protocol === "https:" ? 443 : 80;
  return { "server.address": hostname, "server.port": port === "" ? usual : Number(port) };
}

/** What an attempt's span ends with. */
export function attemptAttributes(record: AttemptRecord): Attributes {
  const { attempt, step, hedge, outcome, usage, startedAtMs, firstTokenAtMs } = record;
  return {
    "signalbox.attempt": attempt,
    "signalbox.step": step,
    "signalbox.hedge": hedge,
    ...(outcome.kind === "failed" ? { "error.type": outcome.failure.cause } : {}),
    ...(outcome.kind === "aborted" ? { "signalbox.aborted": outcome.why } : {}),
    ...(firstTokenAtMs === null
      ? {}
      : { "gen_ai.response.time_to_first_chunk": (firstTokenAtMs - startedAtMs) / 1000 }),
    ...(usage === null
      ? {}
      : {
          "gen_ai.usage.input_tokens": usage.inputTokens,
          "gen_ai.usage.output_tokens": usage.outputTokens,
          "gen_ai.usage.cache_read.input_tokens": usage.cachedReadTokens,
          "gen_ai.usage.cache_creation.input_tokens": usage.cachedWriteTokens,
          "gen_ai.usage.reasoning.output_tokens": usage.reasoningTokens,
          ...(usage.model === undefined ? {} : { "gen_ai.response.model": usage.model }),
          ...(usage.estimated ? { "signalbox.usage_estimated": true } : {}),
        }),
  };
}
