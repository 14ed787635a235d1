import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Known faults of the packages that the gateway runs with; where the registry cannot be asked that is said, and is no failure. */
interface Audit {
  readonly metadata?: { readonly vulnerabilities: Readonly<Record<string, number>> };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string }>>;
  /** What npm says where it has no verdict. */
  readonly message?: string;
}

const run = promisify(execFile);

async function audit(): Promise<Audit | null> {
  const asked = run("npm", ["audit", "--omit=dev", "--json"], { timeout: 60_000 });
  // npm ends with 1 where it found something, and with an error document where nobody answered.
  const { stdout } = await asked.catch((error: { readonly stdout?: string }) => ({
    stdout: error.stdout ?? "",
  }));
  try {
    return JSON.parse(stdout) as Audit;
  } catch {
    return null;
  }
}

const found = await audit();
if (found?.metadata === undefined) {
  const why = found?.message === undefined ? "" : ` (${found.message})`;
  console.log(
    `npm audit: NO VERDICT, nothing is known of the packages: the registry did not tell${why}`,
  );
} else {
  const faulty = Object.entries(found.vulnerabilities ?? {});
  for (const [name, { severity }] of faulty) console.log(`npm audit: ${name}: ${severity}`);
  if (faulty.length === 0) console.log("npm audit: no known faults");
  process.exitCode = faulty.length === 0 ? 0 : 1;
}
