import type { Configuration } from "../../configuration/configuration.ts";
import type { PackedProgram } from "../../language/program/transfer.ts";
import { WorkerLost } from "../bounded-worker.ts";
import type { Gate } from "./gate.ts";
import type { Bundle, Load, LoadOrder, LoadProblem, Standing } from "./load.ts";
import type { Loader } from "./loader.ts";

/** A load that may come into force: its configuration is there, and so is the program of each of its policies. */
export interface ReadyLoad extends Load {
  readonly configuration: Configuration;
  /** By policy, those included that did not change. */
  readonly programs: ReadonlyMap<string, PackedProgram>;
}

/** What a round of reading came to. */
export type RoundOutcome =
  | { readonly kind: "swapped" | "unchanged"; readonly problems: readonly LoadProblem[] }
  | { readonly kind: "refused"; readonly problems: readonly LoadProblem[] };

export interface ReloaderParts {
  readonly loader: Loader;
  readonly gates: readonly Gate[];
  readonly place: Omit<LoadOrder, "standing">;
  /** Told what a gate has to say besides its reasons. */
  note(gate: string, text: string): void;
  /** Puts a load in force in one step: null when it is; else it is refused, with reasons beyond the load's own. */
  swap(load: ReadyLoad): Promise<readonly LoadProblem[] | null>;
  /** Told after every load which files to watch. */
  watch(files: readonly string[], folders: readonly string[]): Promise<void>;
}

/** Reads the files, one round at a time, and keeps what is in force for the next. */
export class Reloader {
  readonly #parts: ReloaderParts;
  /** What the files say, as far as it could come into force; a load from elsewhere may stand in its place. */
  #standing: Standing | null = null;
  /** What is in force, wherever it came from. */
  #inForce: Standing | null = null;
  #programs: ReadonlyMap<string, PackedProgram> = new Map();
  #overruled = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: ReloaderParts) {
    this.#parts = parts;
  }

  /** Runs a round after those already asked for. Rejects for faults of our own only. */
  round(putBack: string | null = null): Promise<RoundOutcome> {
    return this.#inTurn(() => this.#round(putBack));
  }

  /**
   * Puts what `choose` returns in force in place of what the files say, until they change; null, and nothing happens, where
   * it returns null. Runs after the rounds already asked for.
   */
  overrule(choose: () => ReadyLoad | null): Promise<RoundOutcome | null> {
    return this.#inTurn(async () => {
      const load = choose();
      if (load === null) return null;
      const against = await this.#parts.swap(load);
      if (against !== null) return { kind: "refused", problems: against };
      this.#overruled = true;
      this.#inForce = standingOf(load);
      return { kind: "swapped", problems: [] };
    });
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const next = this.#last.then(run);
    // The round after it need not care; who asked for this one gets the error.
    this.#last = next.catch(() => {});
    return next;
  }

  async #round(putBack: string | null): Promise<RoundOutcome> {
    const { loader, place, swap, watch } = this.#parts;
    let load: Load;
    try {
      load = await loader.load({ ...place, standing: this.#standing });
    } catch (error) {
      if (!(error instanceof WorkerLost)) throw error;
      const summary = `the files were not checked to the end: ${error.message}`;
      return {
        kind: "refused",
        problems: [{ policy: null, severity: "error", summary, text: summary }],
      };
    }
    await watch(load.files, load.folders);
    const ready = this.#adopt(load);
    if (ready === null) return { kind: "refused", problems: load.problems };
    if (!this.#changes(ready)) {
      const refused = load.problems.some(({ severity }) => severity === "error");
      return { kind: refused ? "refused" : "unchanged", problems: load.problems };
    }
    const reasons = await this.#judge(ready, putBack);
    const against = reasons.length > 0 ? reasons : await swap(this.#whole(ready));
    if (against !== null) return { kind: "refused", problems: [...load.problems, ...against] };
    this.#standing = standingOf(ready);
    this.#inForce = this.#standing;
    this.#programs = ready.programs;
    this.#overruled = false;
    return { kind: "swapped", problems: load.problems };
  }

  /** The load with the very configuration in force where it is the same, so that identity tells a change. */
  #adopt(load: Load): ReadyLoad | null {
    const { configuration } = load;
    if (configuration === null) return null;
    const same = this.#standing?.print === load.print;
    const programs = new Map<string, PackedProgram>();
    for (const { bundle, program } of load.policies) {
      const packed = program ?? this.#programs.get(bundle.name);
      if (packed !== undefined) programs.set(bundle.name, packed);
    }
    return {
      ...load,
      programs,
      configuration: same && this.#standing ? this.#standing.configuration : configuration,
    };
  }

  /** The load with every program where others than the files' are in force: then what did not change there has to come back. */
  #whole(load: ReadyLoad): ReadyLoad {
    if (!this.#overruled) return load;
    const policies = load.policies.map(({ bundle, program }) => ({
      bundle,
      program: program ?? load.programs.get(bundle.name) ?? null,
    }));
    return { ...load, policies };
  }

  #changes({ print, policies }: ReadyLoad): boolean {
    const standing = this.#standing;
    if (standing === null || standing.print !== print) return true;
    return (
      policies.length !== standing.bundles.length ||
      policies.some(({ program }) => program !== null)
    );
  }

  async #judge(load: ReadyLoad, putBack: string | null): Promise<readonly LoadProblem[]> {
    const now = this.#inForce;
    const candidate = {
      configuration: load.configuration,
      policies: load.policies.map(({ bundle }) => bundle),
      putBack,
      standing: now === null ? null : { configuration: now.configuration, policies: now.bundles },
    };
    const found: LoadProblem[] = [];
    for (const gate of this.#parts.gates) {
      const note = (text: string): void => this.#parts.note(gate.name, text);
      const reasons = await gate.judge(candidate, note).catch((error: unknown) => [String(error)]);
      for (const reason of reasons) {
        const summary = `${gate.name}: ${reason}`;
        found.push({ policy: null, severity: "error", summary, text: summary });
      }
    }
    return found;
  }
}

function standingOf({ configuration, print, policies }: ReadyLoad): Standing {
  const bundles: Bundle[] = policies.map(({ bundle }) => bundle);
  return { configuration, print, bundles };
}
