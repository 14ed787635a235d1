import type { BoundedAnswer } from "./bounded-fetch.ts";
import { absentJson, type LooseJson, looseJson } from "./loose-json.ts";
import { readSamples, type Samples } from "./prometheus.ts";
import type { ServerHealth, ServerKind, ServerState } from "./server-state.ts";

/** One question of a round. */
export interface Probe {
  /** Path below the server's root, `/api/ps`. It names the answer too, so a question with a body has an `as`. */
  readonly path: string;
  readonly as?: string;
  /** JSON to POST; a GET without it. */
  readonly body?: string;
  /** Whether it is asked at all, by what this round has told so far; absent for always. */
  readonly when?: (round: Round) => boolean;
}

/** What a round is asked for. */
export interface Occasion {
  /** The provider's ids of the models that targets name. */
  readonly models: readonly string[];
  /** The last state that told models. */
  readonly previous: ServerState | null;
  /** True when somebody wants the server now: then a question that counts as use does no harm. */
  readonly wanted: boolean;
}

/** How the state of a kind of server is asked for and read. Pure: the monitor and the discovery do the asking. */
export interface ServerReader {
  readonly kind: ServerKind;
  /** The questions of one round, in order: the first tells whether anybody is there. */
  probes(occasion: Occasion): readonly Probe[];
  /** What the answers of a round say; the first was answered. `previous` lends what is not asked each time. */
  read(round: Round, previous: ServerState | null): ServerState;
}

/** Answers of one round, by the names of their questions. */
export class Round {
  readonly #answers = new Map<string, BoundedAnswer>();

  add({ path, as = path }: Probe, answer: BoundedAnswer): void {
    this.#answers.set(as, answer);
  }

  /** HTTP status of an answer; null where none came. */
  status(name: string): number | null {
    const answer = this.#answers.get(name);
    return answer?.ok === true ? answer.status : null;
  }

  isGood(name: string): boolean {
    return this.status(name) === 200;
  }

  /** JSON of a good answer; absent for any other. */
  json(name: string): LooseJson {
    const answer = this.#answers.get(name);
    return answer?.ok === true && answer.status === 200 ? looseJson(answer.body) : absentJson;
  }

  /** The server's own words in an answer with an error status, in one line; null where it has none. */
  errorText(name: string): string | null {
    const answer = this.#answers.get(name);
    if (answer?.ok !== true || answer.status === 200) return null;
    const error = looseJson(answer.body).at("error");
    return error.at("message").text ?? error.text;
  }

  metrics(name: string): Samples {
    const answer = this.#answers.get(name);
    const isGood = answer?.ok === true && answer.status === 200;
    return readSamples(isGood ? new TextDecoder().decode(answer.body) : "");
  }

  /** What the statuses of the asked paths make of the server, whatever its kind; null where they object to nothing. */
  objection(...names: string[]): { readonly health: ServerHealth; readonly why: string } | null {
    for (const name of names) {
      const status = this.status(name);
      if (status === 401 || status === 403) {
        return { health: "unauthorised", why: `${name} answers ${status}: the key is refused` };
      }
    }
    if (names.some((name) => this.isGood(name))) return null;
    const [first = ""] = names;
    const status = this.status(first) ?? 0;
    return status >= 500
      ? { health: "down", why: `${first} answers ${status}` }
      : { health: "unrecognised", why: `${first} answers ${status}, and nothing else tells more` };
  }
}
