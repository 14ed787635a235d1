import { resolve } from "node:path";
import type { Configuration } from "../configuration/configuration.ts";
import { defaultConfiguration } from "../configuration/default-configuration.ts";
import { type ReadConfiguration, readConfiguration } from "../configuration/read.ts";
import { configurationEnvironment, configurationPlaces } from "../files/find-configuration.ts";
import type { FileNames } from "./file-names.ts";

/** A configuration as the policies of a folder have it. */
export interface Configured {
  /** The configuration in force: the last one that could be read. */
  readonly configuration: Configuration;
  /** False when the file as it stands has errors and none before it could be read. */
  readonly isComplete: boolean;
  /** The file as it stands; null where there is none. */
  readonly read: ReadConfiguration | null;
  readonly file: string | null;
  readonly text: string;
}

/** Configurations by where they stand, read again only when their text has changed. */
export class Configurations {
  readonly #names: FileNames;
  readonly #textOf: (name: string) => string | null;
  readonly #named: string | null;
  readonly #known = new Map<string, Configured>();
  readonly #none: Configured = {
    configuration: defaultConfiguration(),
    isComplete: true,
    read: null,
    file: null,
    text: "",
  };

  /** `named` is a configuration for all policies; without it, each folder's own is looked for. */
  constructor(names: FileNames, textOf: (name: string) => string | null, named: string | null) {
    this.#names = names;
    this.#textOf = textOf;
    this.#named = named;
  }

  /** The configuration of a policy: the same object as long as nothing has changed. */
  of(policy: string): Configured {
    const { root } = this.#names;
    const places =
      this.#named === null
        ? configurationPlaces(this.#names.folderOf(policy), root)
        : [resolve(root, this.#named)];
    for (const place of places) {
      const file = this.#names.ofPath(place);
      const text = this.#textOf(file);
      if (text !== null) return this.#read(file, place, text);
    }
    return this.#none;
  }

  #read(file: string, place: string, text: string): Configured {
    const known = this.#known.get(file);
    if (known?.text === text) return known;
    const read = readConfiguration({ file, text }, configurationEnvironment(place));
    const configured = {
      configuration: read.configuration ?? known?.configuration ?? defaultConfiguration(),
      isComplete: read.configuration !== null || (known?.isComplete ?? false),
      read,
      file,
      text,
    };
    this.#known.set(file, configured);
    return configured;
  }
}
