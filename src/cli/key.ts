import type { Command } from "commander";
import { newSecret, sha256Of } from "../gateway/new-secret.ts";
import { exitCode, printError, printJson, printLine, UsageError } from "./output.ts";

interface HashOptions {
  readonly new?: boolean;
  readonly name: string;
  readonly json?: boolean;
}

/** What a client can say in a header; shorter ones could be found by trying their hashes. */
const secretPattern = /^[\x21-\x7e]{20,1024}$/;
const mostBytes = 4_096;

/** `key hash`: the line of a client's key for signalbox.yaml that holds no secret. */
export function addKey(program: Command): void {
  program
    .command("key")
    .description("make clients' keys that the configuration knows by their hash")
    .command("hash")
    .description("hash the secret on standard input, or a new one, for `keys:` in signalbox.yaml")
    .option("--new", "make a secret; it is printed on standard error, this once")
    .option("--name <name>", "the key's name", "my-app")
    .option("--json", "print one JSON document")
    .action((options: HashOptions) => hash(options));
}

async function hash({ new: isNew = false, name, json }: HashOptions): Promise<void> {
  const made = isNew ? newSecret() : null;
  const sha256 = made?.sha256 ?? sha256Of(await saidSecret());
  if (json === true) {
    const secret = made === null ? {} : { secret: made.secret };
    printJson({ name, hash: `sha256:${sha256}`, ...secret });
  } else {
    if (made !== null) printError(`the secret, shown this once: ${made.secret}`);
    const key = /^[A-Za-z_][\w-]*$/.test(name) ? name : JSON.stringify(name);
    printLine(`  ${key}: { hash: "sha256:${sha256}" }`);
  }
  process.exitCode = exitCode.fine;
}

async function saidSecret(): Promise<string> {
  if (process.stdin.isTTY) throw new UsageError("pipe the secret in, or make one with --new");
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) {
    text += chunk;
    if (text.length > mostBytes) break;
  }
  const secret = text.trim();
  if (secretPattern.test(secret)) return secret;
  throw new UsageError(
    "the secret has to be 20 to 1024 printable ASCII characters without spaces: a short one can be guessed from its hash (--new makes a good one)",
  );
}
