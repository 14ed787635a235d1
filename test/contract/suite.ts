import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway } from "../../src/gateway/start.ts";
import { type StandIn, type StandInCall, startStandIn } from "../../src/stand-in/server.ts";
import { type StandInFailure, standInFailures } from "../../src/stand-in/speed.ts";
import { logInto } from "../support/gateway.ts";
import { type Ask, clientsOf } from "./clients.ts";
import { providers, type SurfaceName } from "./matrix.ts";

/** One gateway with a target for each provider of the table, all at one stand-in. */
export interface Suite {
  readonly url: string;
  readonly upstream: StandIn;
  /** Calls that ask a model; servers at home are asked how they are beside them. */
  asked(): readonly StandInCall[];
  readonly clients: Readonly<Record<SurfaceName, Ask>>;
  close(): Promise<void>;
}

const key = "sk-suite-secret";

/** A prompt that has the stand-in fail as it says. */
export const failingPrompt = (failure: StandInFailure): string => `please fail as ${failure} now`;

const asked = new RegExp(`please fail as (${standInFailures.join("|")}) now`);

function failureAsked({ text }: StandInCall): StandInFailure | null {
  return (asked.exec(text)?.[1] ?? null) as StandInFailure | null;
}

function configurationText(url: string): string {
  const entry = ({ name, kind, base, settings }: (typeof providers)[number]): string => {
    const bears = settings?.startsWith("headers") === true ? "" : `, key: "\${UP_KEY}"`;
    const more = settings === undefined ? "" : `, ${settings}`;
    return `  ${name}: { kind: ${kind}, url: "${url}${base}"${bears}${more} }`;
  };
  return `server: { host: 127.0.0.1, port: 0 }
default-policy: main
# Each error of the suite stands for itself: none keeps the gateway from sending the next request.
health: { failures: 1000000000, least-attempts: 1000000000, longest-pause: 0s }
providers:
${providers.map(entry).join("\n")}
targets:
${providers.map(({ name, model }) => `  ${name}: { provider: ${name}, model: "${model}" }`).join("\n")}
`;
}

/** Starts both; every call to the stand-in without its key is refused, wherever its provider wants the key. */
export async function startSuite(): Promise<Suite> {
  const upstream = await startStandIn({ records: true, key, fails: failureAsked, seed: "suite" });
  const folder = mkdtempSync(join(tmpdir(), "signalbox-suite-"));
  writeFileSync(join(folder, "signalbox.yaml"), configurationText(upstream.url));
  writeFileSync(join(folder, "main.policy"), "otherwise requested with retry 0\n");
  const gateway = await startGateway({
    configurationFile: join(folder, "signalbox.yaml"),
    variables: { UP_KEY: key },
    logger: logInto([]),
  });
  return {
    url: gateway.url,
    upstream,
    asked: () => upstream.calls.filter(({ method }) => method === "POST"),
    clients: clientsOf(gateway.url),
    async close() {
      await gateway.kill();
      await upstream.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
