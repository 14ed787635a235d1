/** Kinds of model servers that an operator runs at home, as the configuration names them. */
export const serverKinds = ["ollama", "llamacpp", "vllm", "sglang", "lmstudio"] as const;

export type ServerKind = (typeof serverKinds)[number];

/**
 * How a server is. `up`: it takes work now. `saturated`: it takes work, but the next request waits. `loading`: it is there and
 * cannot answer yet. `unauthorised`: it refuses our key. `unrecognised`: somebody answers, but not as such a server does.
 * `down`: nobody answers, or the engine behind the answer is dead.
 */
export type ServerHealth =
  | "up"
  | "saturated"
  | "loading"
  | "unauthorised"
  | "unrecognised"
  | "down";

/** What tells one set of weights from another: a digest of them, the file they came from, or the path or revision they were loaded by. */
export interface ModelIdentity {
  readonly kind: "digest" | "file" | "path" | "revision";
  readonly value: string;
}

export type ServerAbility = "completion" | "tools" | "images" | "audio" | "reasoning" | "embedding";

/** A model as its server lists it. Null is what the server does not say. */
export interface ServerModel {
  readonly id: string;
  /** Whether it is in memory; a server that loads on demand answers for the others too, later. */
  readonly loaded: boolean | null;
  /** Tokens that fit as the server runs the model now, prompt and completion together. */
  readonly contextTokens: number | null;
  /** Tokens that the model was trained for, whatever the server gives it. */
  readonly trainedContextTokens: number | null;
  readonly identity: ModelIdentity | null;
  readonly quantization: string | null;
  readonly abilities: ReadonlySet<ServerAbility> | null;
}

/** Speculative decoding, where a server shows that it is on. */
export interface Speculation {
  /** The draft model, or the method where there is none. */
  readonly draft: string | null;
  /** Drafted tokens that were accepted, 0..1, since the server started. */
  readonly acceptance: number | null;
  /** Tokens that one step yields on average. */
  readonly acceptedLength: number | null;
}

/** What one round of probes told of a server. Null is what it does not say: nothing here is guessed. */
export interface ServerState {
  readonly kind: ServerKind;
  readonly health: ServerHealth;
  /** One line on a health that is neither `up` nor `saturated`; null for those. */
  readonly why: string | null;
  readonly version: string | null;
  readonly models: readonly ServerModel[] | null;
  /** True where a model that is not listed is refused; false where one model answers to every name. */
  readonly answersListedOnly: boolean;
  /** Requests that are worked on, over all models and engines. */
  readonly running: number | null;
  /** Requests that wait inside the server. */
  readonly queued: number | null;
  /** Requests that can be worked on at once. */
  readonly slots: number | null;
  /** Share of the KV cache that is in use, 0..1; of several engines the fullest. */
  readonly kvUse: number | null;
  readonly speculative: Speculation | null;
  /** Generated tokens per second, as the server reckons it. */
  readonly tokensPerSecond: number | null;
}

/** A state of which nothing but its health is known. */
export function bareState(kind: ServerKind, health: ServerHealth, why: string | null): ServerState {
  return {
    kind,
    health,
    why,
    version: null,
    models: null,
    answersListedOnly: false,
    running: null,
    queued: null,
    slots: null,
    kvUse: null,
    speculative: null,
    tokensPerSecond: null,
  };
}

/** The model that a name means on a server: itself, or its `latest` tag where names have tags; undefined when it is not listed. */
export function findModel({ kind, models }: ServerState, name: string): ServerModel | undefined {
  const exact = models?.find(({ id }) => id === name);
  if (exact !== undefined || kind !== "ollama") return exact;
  return models?.find(({ id }) => id === `${name}:latest`);
}

/** Whether a server that takes work would take it at once. */
export function takesWork({
  running,
  queued,
  slots,
}: Pick<ServerState, "running" | "queued" | "slots">): "up" | "saturated" {
  if (queued !== null && queued > 0) return "saturated";
  return running !== null && slots !== null && slots > 0 && running >= slots ? "saturated" : "up";
}
