import { fileURLToPath } from "node:url";

/** The script of a worker beside a module: as source in a checkout, compiled in the published package. */
export function workerScript(name: string, besideUrl: string): URL {
  return new URL(`./${name}.${besideUrl.endsWith(".js") ? "js" : "ts"}`, besideUrl);
}

/**
 * Node's options for a thread that runs this script: none where it is compiled. Of sources Node strips the types by WebAssembly in
 * each thread, and V8's bookkeeping of such code can crash the process when threads come and go; modules from the compile cache
 * are not stripped again (https://nodejs.org/api/module.html#module-compile-cache).
 */
export function workerFlags(script: URL): string[] {
  if (!script.pathname.endsWith(".ts")) return [];
  const text = `import { enableCompileCache } from "node:module"; enableCompileCache(${JSON.stringify(keptModules)});`;
  return ["--import", `data:text/javascript,${encodeURIComponent(text)}`];
}

/** In the checkout itself: nobody else can write there what a thread would run. */
const keptModules = fileURLToPath(new URL("../../node_modules/.cache/modules", import.meta.url));
