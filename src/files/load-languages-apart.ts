import { findPackageJSON } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { knowsLanguages, loadLanguages, useLanguages } from "../meaning/language.ts";
import type { LanguagesWord, LanguagesWorkerData } from "./languages-worker.ts";
import { workerFlags, workerScript } from "./worker-script.ts";

/** A millisecond or two of the loop for each piece. */
const mostTogether = 1_000;

let loading: Promise<void> | null = null;

/**
 * Loads what languages are told by, as `loadLanguages` does, without holding the loop for long: a thread reads the library's n-grams,
 * which come as JSON, a piece in each turn (in all a fifth of the time that the module takes). It reaches into the package, whose
 * version is fixed; where that has another form, it is loaded as ever.
 */
export function loadLanguagesApart(): Promise<void> {
  loading ??= loadApart().catch(() => loadLanguages());
  return loading;
}

interface Library {
  createEld(): {
    readonly instance: { readonly detect: Parameters<typeof useLanguages>[0] };
    readonly loadData: (data: object) => unknown;
  };
}

async function loadApart(): Promise<void> {
  if (knowsLanguages()) return;
  const found = findPackageJSON("eld", import.meta.url);
  if (found === undefined) throw new Error("the package of languages is not there");
  const inPackage = (path: string): string => new URL(path, pathToFileURL(found)).href;
  const { createEld } = (await import(inPackage("src/languageDetector.js"))) as Library;
  const { instance, loadData } = createEld();
  loadData(await readApart(inPackage("src/ngrams/small.js")));
  useLanguages(instance.detect);
}

function readApart(url: string): Promise<object> {
  const workerData: LanguagesWorkerData = { url, mostTogether };
  const script = workerScript("languages-worker", import.meta.url);
  const worker = new Worker(script, { workerData, execArgv: workerFlags(script) });
  // Whoever waits for it keeps the process alive.
  worker.unref();
  const { promise, resolve, reject } = Promise.withResolvers<object>();
  let head: object = {};
  const ngrams: Record<string, object> = {};
  worker.on("message", (word: LanguagesWord) => {
    if (word === null) resolve({ ...head, ngrams });
    else {
      if ("head" in word) head = word.head;
      else Object.assign(ngrams, JSON.parse(word.piece));
      // What else the loop has to do comes between.
      setImmediate(() => worker.postMessage("next"));
    }
  });
  worker.once("error", reject);
  worker.once("exit", () => reject(new Error("the thread that reads languages has ended")));
  return promise;
}
