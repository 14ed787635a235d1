#!/usr/bin/env node
// Loads on any Node ≥ 20, so that an old one is told what it needs instead of failing on syntax.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const sources = join(root, "src", "cli", "main.ts");
// The published package carries dist only; a checkout runs its sources as they are.
const entry = existsSync(sources) ? sources : join(root, "dist", "src", "cli", "main.js");
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > 22 || (major === 22 && minor >= 22)) {
  await import(pathToFileURL(entry).href);
} else {
  const newer = nodeOfTheCheckout();
  if (newer === null) {
    process.stderr.write(
      `signalbox needs Node 22.22 or newer; this is ${process.versions.node}. Install a newer Node (https://nodejs.org), or run it by npx in a checkout after npm ci.\n`,
    );
    process.exit(2);
  }
  const child = spawn(newer, [entry, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}

/** The Node that `npm ci` installs beside the other development dependencies, if it is there. */
function nodeOfTheCheckout() {
  try {
    const path = join(
      dirname(createRequire(import.meta.url).resolve("node/package.json")),
      "bin",
      "node",
    );
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}
