import { resolve } from "node:path";
import type { Configuration } from "../../configuration/configuration.ts";
import {
  displayPath,
  isFolder,
  listPolicies,
  readTextFile,
  realPath,
} from "../../files/read-files.ts";
import { policyNameOf } from "../../language/checker/check.ts";
import { casesFileOf } from "../../trials/case-trials.ts";
import { type Checked, checkBundle, type ReadText, readFromDisk } from "./check-bundle.ts";
import type { Bundle, Load, LoadedPolicy, LoadOrder, LoadProblem, Standing } from "./load.ts";
import { readConfigured } from "./read-configured.ts";

/**
 * Reads the files anew and says what shall be in force. A policy whose file is bad stays as it stands, and so does every
 * policy that shares a changed library with it; a configuration that is bad, or under which a standing policy no longer
 * compiles or fails its tests, is refused as a whole. Never throws for what files hold.
 */
export async function loadWorkspace(
  order: LoadOrder,
  variable: (name: string) => string | undefined,
): Promise<Load> {
  const read = readConfigured(order.configurationFile, variable);
  const { standing } = order;
  const watched = read.files;
  if (read.configuration !== null) {
    const fresh = standing === null || standing.print !== read.print;
    const round = await new Round(order, read.configuration, fresh).run();
    if (!round.refusesConfiguration || standing === null) {
      return loadOf(order, read.configuration, read.print, {
        ...round,
        watched,
        also: read.problems,
      });
    }
    const also = [...read.problems, ...round.problems, refusal(order)];
    const again = await new Round(order, standing.configuration, false).run();
    return loadOf(order, standing.configuration, standing.print, { ...again, watched, also });
  }
  if (standing === null) {
    const folders: string[] = [];
    return {
      configuration: null,
      print: "",
      policies: [],
      problems: read.problems,
      files: watched,
      folders,
    };
  }
  const round = await new Round(order, standing.configuration, false).run();
  const also = read.problems;
  return loadOf(order, standing.configuration, standing.print, { ...round, watched, also });
}

function refusal({ configurationFile }: LoadOrder): LoadProblem {
  const file = configurationFile === null ? "the configuration" : displayPath(configurationFile);
  const summary = `${file} is refused: a policy in force does not compile, or fails its tests, under it`;
  return { policy: null, severity: "error", summary, text: summary };
}

interface RoundResult {
  readonly policies: readonly LoadedPolicy[];
  readonly problems: readonly LoadProblem[];
  readonly refusesConfiguration: boolean;
}

function placeOf(order: LoadOrder, configuration: Configuration): string {
  return resolve(order.policies ?? configuration.policies);
}

function loadOf(
  order: LoadOrder,
  configuration: Configuration,
  print: string,
  round: RoundResult & {
    readonly watched: readonly string[];
    readonly also: readonly LoadProblem[];
  },
): Load {
  const place = placeOf(order, configuration);
  const named = [...round.watched];
  for (const { bundle } of round.policies) {
    for (const file of bundle.texts.keys()) named.push(resolve(file));
    named.push(resolve(casesFileOf(bundle.file)));
  }
  if (!isFolder(place)) named.push(place, casesFileOf(place));
  return {
    configuration,
    print,
    policies: round.policies,
    problems: [...round.also, ...round.problems],
    files: [...new Set([...named, ...named.map(realPath)])],
    folders: isFolder(place) ? [place] : [],
  };
}

/** The default policy: the configured one, or the only one when a single file was named. */
export function defaultPolicyOf(
  order: Pick<LoadOrder, "policies">,
  configuration: Configuration,
): string {
  const { policies } = order;
  return policies === null || isFolder(policies)
    ? configuration.defaultPolicy
    : policyNameOf(policies);
}

/** One try at all policies under one configuration. */
class Round {
  readonly #order: LoadOrder;
  readonly #configuration: Configuration;
  /** Whether the configuration differs from the standing one, so that all has to be checked again. */
  readonly #fresh: boolean;
  readonly #standing: ReadonlyMap<string, Bundle>;
  readonly #problems: LoadProblem[] = [];
  readonly #accepted = new Map<string, LoadedPolicy>();
  readonly #failed = new Map<string, Bundle | null>();
  readonly #texts = new Map<string, string | null>();

  constructor(order: LoadOrder, configuration: Configuration, fresh: boolean) {
    this.#order = order;
    this.#configuration = configuration;
    this.#fresh = fresh;
    this.#standing = standingIn(order.standing, placeOf(order, configuration));
  }

  async run(): Promise<RoundResult> {
    const place = placeOf(this.#order, this.#configuration);
    const list = listPolicies(place);
    if (!list.ok)
      this.#problem(null, `cannot read the policies at ${displayPath(place)}: ${list.why}`);
    const files = list.ok ? list.files : [];
    for (const path of files) await this.#take(displayPath(path));
    for (const [name, { file }] of this.#standing) {
      if (!this.#accepted.has(name) && !this.#failed.has(name)) {
        this.#fail(name, null, `${file}: the file is gone; its last version stays in force`);
      }
    }
    this.#holdBack();
    const refusesConfiguration = !(await this.#keepStanding());
    return {
      policies: [...this.#accepted.values()],
      problems: this.#problems,
      refusesConfiguration: refusesConfiguration || !this.#hasDefault(),
    };
  }

  readonly #read: ReadText = (file) => {
    let text = this.#texts.get(file);
    if (text === undefined) {
      text = readFromDisk(file);
      this.#texts.set(file, text);
    }
    return text;
  };

  async #take(file: string): Promise<void> {
    const name = policyNameOf(file);
    const standing = this.#standing.get(name);
    const read = readTextFile(file);
    if (!read.ok) {
      if (!read.missing || standing === undefined)
        this.#fail(name, null, `cannot read ${file}: ${read.why}`);
      return;
    }
    this.#texts.set(file, read.text);
    const cases = readTextFile(casesFileOf(file));
    if (!cases.ok && !cases.missing) {
      this.#fail(name, null, `cannot read ${casesFileOf(file)}: ${cases.why}`);
      return;
    }
    const casesText = cases.ok ? cases.text : null;
    if (standing !== undefined && !this.#fresh && this.#isAsItStands(standing, casesText)) {
      this.#accepted.set(name, { bundle: standing, program: null });
      return;
    }
    if (read.text.trim() === "") {
      if (standing !== undefined) this.#fail(name, null, `${file}: the file is empty`);
      return;
    }
    const source = { file, text: read.text };
    const beside = casesText === null ? null : { file: casesFileOf(file), text: casesText };
    const checked = await checkBundle(source, beside, this.#configuration, this.#read);
    this.#judge(name, file, checked);
  }

  #judge(name: string, file: string, checked: Checked): void {
    if (checked.kind === "policy") {
      this.#problems.push(...checked.warnings);
      this.#accepted.set(name, { bundle: checked.bundle, program: checked.program });
    } else if (checked.kind === "errors") {
      this.#failed.set(name, checked.bundle);
      this.#problems.push(...checked.problems);
    } else if (this.#standing.has(name)) {
      this.#fail(name, null, `${file}: the file has no rules any more`);
    }
  }

  #isAsItStands({ texts, cases }: Bundle, casesText: string | null): boolean {
    if ((cases?.text ?? null) !== casesText) return false;
    for (const [file, text] of texts) if (this.#read(file) !== text) return false;
    return true;
  }

  /** Libraries of a bundle that read otherwise than in the standing one. */
  #changedLibraries(bundle: Bundle): string[] {
    const before = this.#standing.get(bundle.name)?.texts;
    return [...bundle.texts]
      .filter(([file, text]) => file !== bundle.file && before?.get(file) !== text)
      .map(([file]) => file);
  }

  /** What shares a changed library with a policy that fails waits for it: a change takes effect everywhere or nowhere. */
  #holdBack(): void {
    const held = new Map<string, string>();
    const hold = (bundle: Bundle): void => {
      for (const file of this.#changedLibraries(bundle)) {
        if (!held.has(file)) held.set(file, bundle.file);
      }
    };
    for (const [name, bundle] of this.#failed) {
      if (bundle !== null && this.#standing.has(name)) hold(bundle);
    }
    for (let settled = false; !settled; ) {
      settled = true;
      for (const [name, { bundle, program }] of this.#accepted) {
        const library = this.#changedLibraries(bundle).find((file) => held.has(file));
        if (program === null || library === undefined || !this.#standing.has(name)) continue;
        this.#accepted.delete(name);
        this.#fail(
          name,
          bundle,
          `${bundle.file} waits: ${held.get(library)} fails with the changed ${library}`,
        );
        hold(bundle);
        settled = false;
      }
    }
  }

  /** Puts the standing version of each failing policy back; false when one does not compile under the configuration, or fails its tests. */
  async #keepStanding(): Promise<boolean> {
    let fits = true;
    for (const name of this.#failed.keys()) {
      const bundle = this.#standing.get(name);
      if (bundle === undefined) continue;
      const text = bundle.texts.get(bundle.file) ?? "";
      const checked = this.#fresh
        ? await checkBundle(
            { file: bundle.file, text },
            bundle.cases,
            this.#configuration,
            (file) => bundle.texts.get(file) ?? null,
          )
        : null;
      if (checked === null) this.#accepted.set(name, { bundle, program: null });
      else if (checked.kind === "policy") {
        this.#accepted.set(name, { bundle, program: checked.program });
      } else fits = false;
    }
    return fits;
  }

  #hasDefault(): boolean {
    const name = defaultPolicyOf(this.#order, this.#configuration);
    if (this.#accepted.has(name)) return true;
    if (!this.#failed.has(name)) {
      const place = displayPath(placeOf(this.#order, this.#configuration));
      this.#problem(null, `there is no default policy \`${name}\` in ${place}`);
    }
    return false;
  }

  #fail(name: string, bundle: Bundle | null, summary: string): void {
    this.#failed.set(name, bundle);
    this.#problem(name, summary);
  }

  #problem(policy: string | null, summary: string): void {
    this.#problems.push({ policy, severity: "error", summary, text: summary });
  }
}

/** The standing policies that lie where policies are looked for now; the rest was left behind on purpose. */
function standingIn(standing: Standing | null, place: string): ReadonlyMap<string, Bundle> {
  const bundles = new Map<string, Bundle>();
  for (const bundle of standing?.bundles ?? []) {
    const path = resolve(bundle.file);
    if (path === place || resolve(path, "..") === place) bundles.set(bundle.name, bundle);
  }
  return bundles;
}
