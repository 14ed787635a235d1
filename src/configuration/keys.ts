import type { Ability } from "../catalog/target.ts";
import { providerKinds } from "./configuration.ts";
import { expiryPattern } from "./expiry.ts";
import { healthKeys } from "./health-keys.ts";
import { reloadKeys, shadowPolicyShape } from "./keys-reload.ts";
import { batchKeys, cacheKeys, ledgerKeys, redisKeys, storeKeys } from "./keys-stores.ts";
import { sdkPackageNames } from "./sdk-packages.ts";
import {
  boolean,
  either,
  field,
  listOf,
  mapOf,
  needed,
  oneOf,
  oneOrMore,
  quantity,
  record,
  recordWith,
  type Shape,
  scalar,
  secret,
  text,
  textLike,
} from "./shape.ts";

const day = 86_400_000;
const duration = quantity("duration", 1, day);
const noneOrDuration = quantity("duration", 0, day);
const count = (max: number) => quantity("whole", 1, max);
const mebibyte = 1_048_576;
const price = quantity("price", 0, Number.MAX_SAFE_INTEGER);
const share = quantity("share", 0, 1);
const money = quantity("money", 0, Number.MAX_SAFE_INTEGER);
const tokenRate = quantity("rate", 0.001, 1_000_000);

const url = textLike(/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/, "https://api.example.com/v1");
const origin = textLike(/^https?:\/\/[^\s/?#@]+$/, "https://app.example.com");
const host = textLike(/^[^\s/?#@]+$/, "gateway.example.com");
const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const factSource = textLike(
  /^(key|header|metadata)\.\S{1,200}$|^detector\.pii$/,
  "key.tier, header.x-team, metadata.desk or detector.pii",
);

/** Whether a name can be a header's. */
export function isHeaderName(name: string): boolean {
  return headerName.test(name);
}

/** Headers that follow from the connection and the body: of a request with another of these nothing would be sent, or read. */
const ownHeaders: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Whether the gateway settles this header of a request by itself, so that no configuration can. */
export function isOwnHeader(name: string): boolean {
  return ownHeaders.has(name.toLowerCase());
}

export const abilities: readonly Ability[] = [
  "tools",
  "images",
  "audio",
  "files",
  "json",
  "json_schema",
  "reasoning",
  "streaming",
];

const logLevels = ["trace", "debug", "info", "warn", "error", "silent"] as const;

export const factTypeNames = [
  "whole",
  "decimal",
  "money",
  "price",
  "duration",
  "time",
  "date",
  "boolean",
  "text",
] as const;

export const serverKeys = record({
  host: field(text, "Address to listen on. Beyond loopback the gateway wants configured keys."),
  port: field(quantity("whole", 0, 65_535), "Port to listen on; 0 takes a free one."),
  "require-keys": field(
    boolean,
    "Whether requests need a client's key even where `keys` has none: for keys that are made at run time, over /admin/keys.",
  ),
  "body-limit": field(quantity("whole", 1024, 1024 * mebibyte), "Largest request body in bytes."),
  "max-depth": field(count(1000), "Deepest nesting of a request body."),
  "max-keys": field(count(10_000_000), "Most keys in a request body."),
  "max-messages": field(count(1_000_000), "Most messages in a request."),
  "max-connections": field(count(1_000_000), "Most client connections at once."),
  "max-in-flight-bytes": field(
    quantity("whole", mebibyte, Number.MAX_SAFE_INTEGER),
    "Most bytes of requests and answers held at once (256 MiB where nothing is said); beyond, and for lower priorities before, new requests get 503.",
  ),
  "max-loop-delay": field(
    quantity("duration", 10, 60_000),
    "How late the event loop may run in two samples of a quarter of a second in a row (1s where nothing is said) before new requests get 503.",
  ),
  "max-heap": field(
    quantity("share", 0.1, 1),
    "Share of the JavaScript heap that may be in use before new requests get 503 (85% where nothing is said).",
  ),
  drain: field(noneOrDuration, "How long a stop waits for streams in flight."),
  "routing-headers": field(boolean, "Whether answers carry the x-signalbox headers."),
  "allowed-origins": field(oneOrMore(origin), "Web pages that may call the gateway."),
  "media-urls": field(
    oneOf(["public", "any", "none"] as const),
    "Which addresses of images and files a client may have servers at home fetch: `public` (where nothing is said; none of this machine or its networks), `any` or `none`.",
  ),
  "allowed-hosts": field(oneOrMore(host), "Host names under which the gateway is called."),
});

export const discountKeys = record({
  above: needed(
    quantity("spend", 0, Number.MAX_SAFE_INTEGER),
    "Spend at the provider in a calendar month (UTC) beyond which it holds, such as $1000.",
  ),
  share: needed(share, "What is taken off every price, such as 10%."),
});
/** Options of a package: values, and maps of them three deep. */
const optionsOf = <S extends Shape>(inner: S) => mapOf("any", either(scalar, inner));
const packageOptions = optionsOf(optionsOf(mapOf("any", scalar)));

export const providerKeys = record({
  kind: needed(oneOf(providerKinds), "Which wire format and defaults the provider has."),
  url: field(url, "Base URL, when it is not the kind's own."),
  key: field(secret, "The API key, as a reference to a variable or a file."),
  headers: field(
    mapOf("any", text),
    "Further headers of every request; their values may refer to variables.",
  ),
  tls: field(
    record({
      ca: needed(
        text,
        "File of certificates (PEM), relative to this file, of the authorities that vouch for the provider, in place of the system's.",
      ),
    }),
    "Who vouches for the provider's certificate. It is always verified.",
  ),
  api: field(
    oneOf(["chat", "responses"] as const),
    "Which of OpenAI's two APIs the provider is asked over: `chat` (completions, where nothing is said) or `responses`.",
  ),
  "prompt-cache": field(
    oneOf(["auto", "off"] as const),
    "Whether sessions are marked for the provider's prompt cache where its wire wants marks and the client set none: `auto` (where nothing is said) or `off`.",
  ),
  connections: field(
    count(100_000),
    "Most connections open at once; beyond, 4 requests for each may wait, at least 64, and further ones fail as overloaded.",
  ),
  discounts: field(
    listOf(discountKeys),
    "What is taken off by the month's spend there, as counted since the gateway started.",
  ),
  package: field(
    oneOf(sdkPackageNames),
    "The installed AI SDK package that serves it; for kind ai-sdk.",
  ),
  options: field(
    packageOptions,
    "The package's own options; secrets as references to variables or files.",
  ),
});

export const priceKeys = record({
  input: needed(price, "Price of prompt tokens, such as $3/M."),
  output: needed(price, "Price of completion tokens."),
  "cached-read": field(price, "Price of prompt tokens read from the provider's cache."),
  "cached-write": field(price, "Price of prompt tokens written to the provider's cache."),
  "cached-write-long": field(
    price,
    "The same for a cache that keeps them an hour or longer; as cached-write when left out.",
  ),
  "audio-input": field(price, "Price of audio tokens of the prompt; as input when left out."),
  "audio-output": field(price, "Price of audio tokens of the answer; as output when left out."),
  flex: field(share, "Share of these prices that the provider's flex tier costs, such as 50%."),
  priority: field(
    quantity("share", 0, 100),
    "Share of these prices that its priority tier costs, such as 200%.",
  ),
});

export const targetKeys = record({
  provider: needed(text, "Name of a provider of this file."),
  model: needed(text, "The provider's own model id."),
  region: field(text, "Where the model runs, for rules on residency."),
  local: field(boolean, "Whether it runs at home; true for the kinds that do."),
  quantization: field(text, "How the weights are stored, such as awq or q4_k_m."),
  price: field(priceKeys, "Prices, when they are not the catalog's."),
  surcharge: field(
    quantity("share", 0, 10),
    "What the provider adds to its list prices, such as 10% for inference kept in one region.",
  ),
  speed: field(
    tokenRate,
    "Tokens of the answer per second, for estimates of what a server of yours costs.",
  ),
  "prompt-speed": field(tokenRate, "Tokens of the prompt read per second, for the same."),
  context: field(count(1_000_000_000), "Most tokens of prompt and completion together."),
  "max-output": field(count(1_000_000_000), "Most completion tokens."),
  supports: field(
    listOf(oneOf(abilities)),
    "What it can take and give; replaces the catalog's. Images, audio and files that are not named are refused.",
  ),
  quality: field(
    either(share, mapOf("any", share)),
    "Score in 0..1, or one per intent; above those of `quality-file`.",
  ),
  concurrency: field(
    count(100_000),
    "Most attempts there at once; beyond, it counts as overloaded, and a request that nobody else takes waits for its turn.",
  ),
  "rejects-sampling": field(boolean, "Whether it answers 400 to temperature and its like."),
  "rejects-forced-tools": field(boolean, "Whether it answers 400 to a forced call of a tool."),
  "rejects-effort": field(boolean, "Whether it answers 400 to a reasoning effort."),
});

export const ownServerKeys = record({
  provider: needed(text, "Name of the provider of this file that it is."),
  watts: field(quantity("whole", 0, 1_000_000), "Power that it draws while it works."),
  kwh: field(money, "Price of a kilowatt-hour, such as $0.30."),
  hour: field(money, "Price of an hour of its hardware in use, such as $0.50."),
  slots: field(count(100_000), "Requests that it works on at once and that share its cost."),
});

export const factKeys = record({
  from: needed(oneOrMore(factSource), "Where it is read: key, header, metadata or detector.pii."),
  type: field(oneOf(factTypeNames), "Its type; text when left out."),
  values: field(listOf(scalar), "The only values it has; any other is unknown."),
  default: field(scalar, "Its value when no source tells one."),
  doc: field(text, "What it means, for whoever writes policies."),
});

const keyHash = textLike(
  /^sha256:[0-9A-Fa-f]{64}$/,
  "sha256: and 64 hexadecimal digits; `signalbox key hash` prints it",
  true,
);
const expiry = textLike(expiryPattern, "2027-01-31 or 2027-01-31T18:00:00Z");

export const clientKeys = recordWith(["key", "hash"], {
  key: field(secret, "The client's key, as a reference to a variable or a file."),
  hash: field(keyHash, "The SHA-256 of the client's key in its place: then no secret is here."),
  user: field(text, "The user it belongs to."),
  team: field(text, "The team it belongs to."),
  tier: field(text, "The tier it has."),
  attributes: field(mapOf("any", scalar), "More that facts may read as key.NAME."),
  policy: field(text, "The policy its requests run."),
  models: field(
    listOf(text),
    "Policies and targets it may name, its own policy besides; all when left out.",
  ),
  expires: field(
    expiry,
    "When it stops opening anything: the last day in UTC on which it does, or a time with its zone.",
  ),
  disabled: field(boolean, "Whether it opens nothing for now."),
});

export const dispatchKeys = record({
  timeout: field(duration, "Longest attempt."),
  deadline: field(duration, "Longest request, all attempts together."),
  "first-token": field(duration, "Longest wait for the first token."),
  idle: field(
    duration,
    "Longest silence in a stream; three times as long where pings keep coming.",
  ),
  retry: field(quantity("whole", 0, 10), "Further attempts at the same target."),
  "max-attempts": field(quantity("whole", 1, 100), "Most attempts of one request."),
});

export const decisionLogKeys = record({
  file: needed(text, "The file, relative to this one."),
  "max-size": field(
    quantity("whole", 1024, Number.MAX_SAFE_INTEGER),
    "Bytes beyond which it is put aside as FILE.1; 104857600 when left out.",
  ),
  keep: field(quantity("whole", 0, 1000), "How many of those are kept; 10 when left out."),
});

export const telemetryKeys = record({
  "decision-log": field(
    either(text, decisionLogKeys),
    "File of decision records, one JSON line per request; a map has it rotated.",
  ),
  otlp: field(
    url,
    "Where traces are sent: a receiver of OpenTelemetry's OTLP over HTTP, such as http://localhost:4318.",
  ),
  "log-level": field(oneOf(logLevels), "How much the gateway logs."),
  facts: field(listOf(text), "Further facts to record, so that another policy can be replayed."),
});

export const adminKeys = record({
  key: needed(
    secret,
    "The key for /admin and explanations, as a reference to a variable or a file.",
  ),
  port: field(
    quantity("whole", 0, 65_535),
    "Port of its own for /admin and /metrics, which the clients' port serves no more.",
  ),
  host: field(text, "Address that port listens on; 127.0.0.1 when left out."),
});

const classifierKeys = record({
  target: needed(
    text,
    "A target of this file, best a small and fast one, that is sent the user's last text and the intents to choose from.",
  ),
  timeout: field(
    quantity("duration", 1, 60_000),
    "How long a request waits for it at most; 800ms where nothing is said.",
  ),
  "ask-below": field(
    share,
    "How sure the trained model has to be for nobody to be asked; 0.7 where nothing is said.",
  ),
});

const intentKeys = record({
  model: field(
    text,
    "A model that `signalbox train intents` wrote, relative to this file, which tells `intent` before the shipped clues do; or `shipped`, the model that stands behind them.",
  ),
  classifier: field(
    classifierKeys,
    "A model that is asked where neither a clue nor the trained model is sure; where it does not answer, the trained model's label stands, else `intent` is unknown.",
  ),
});

const difficultyKeys = record({
  model: needed(
    text,
    "A model that `signalbox train difficulty` wrote, relative to this file, which tells `difficulty`; or `shipped`, learned from a small model's failures in exam questions.",
  ),
});

/** The one description of `signalbox.yaml`. */
export const configurationKeys = record(
  {
    server: field(serverKeys, "Where and how the gateway listens."),
    policies: field(text, "Folder or file of policies, relative to this file."),
    "default-policy": field(text, "The policy that runs when nothing else picks one."),
    "shadow-policies": field(
      mapOf("any", shadowPolicyShape),
      "Policies that decide each request of another one too, without a word in it: what they would do otherwise is counted, under /admin/shadow.",
    ),
    reload: field(reloadKeys, "What stands before a changed policy."),
    providers: field(mapOf("any", providerKeys), "Where models are served."),
    servers: field(
      mapOf("any", ownServerKeys),
      "What servers of your own cost while they work: targets there cost that, not tokens.",
    ),
    targets: field(mapOf("policy", targetKeys), "Models by the names that policies use."),
    "quality-file": field(
      text,
      "File of scores by target, relative to this one and read with it: `claude: { default: 0.9, code: 0.94 }`, YAML or JSON.",
    ),
    facts: field(mapOf("policy", factKeys), "Facts of your own."),
    intents: field(intentKeys, "What tells `intent` where no clue of a policy does."),
    difficulty: field(difficultyKeys, "What tells `difficulty`; unknown without it."),
    keys: field(mapOf("any", clientKeys), "Clients' keys; without any, only loopback is served."),
    dispatch: field(dispatchKeys, "Timers and attempts of plans that say nothing of their own."),
    health: field(healthKeys, "When a target that fails is left alone, and for how long."),
    telemetry: field(telemetryKeys, "Logs and records."),
    store: field(storeKeys, "What has to survive a restart."),
    ledger: field(
      ledgerKeys,
      "What every attempt used and cost, and the counters of limits and budgets. Without it the file is kept once a policy counts something.",
    ),
    redis: field(redisKeys, "A Redis server by which several gateways share what they count."),
    cache: field(cacheKeys, "Answers that are kept for plans with `cache`."),
    batches: field(batchKeys, "Requests that may wait: /v1/files and /v1/batches."),
    admin: field(adminKeys, "The operator's own access."),
  },
  ["limits"],
);
