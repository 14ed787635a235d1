import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import type { StandInCall } from "../../src/stand-in/server.ts";
import { skipAloud } from "../support/skip-aloud.ts";
import { bringsResults, openThreeWires, targets } from "./three-wires.ts";
import { breakOff, overloaded, refuse, say, stall } from "./upstream-answers.ts";

/** A Python that has both clients: `SIGNALBOX_PYTHON`, else what `python3` means here. */
const python = process.env["SIGNALBOX_PYTHON"] || "python3";
const { status } = spawnSync(python, [
  "-c",
  "import sys, importlib.util as u; sys.exit(not (u.find_spec('openai') and u.find_spec('anthropic')))",
]);
const isMissing = skipAloud(
  status !== 0,
  "no Python with the packages openai and anthropic; name one by SIGNALBOX_PYTHON",
);

const run = promisify(execFile);

/** What the upstream does for each mark that the scripts write into their prompts; without one it answers as a stand-in does. */
function behaviourFor(call: StandInCall): Behaviour | null {
  if (call.path.endsWith("/count_tokens")) return { body: JSON.stringify({ input_tokens: 12 }) };
  const [, mark = ""] = /\[(say|think|call two|break|stall|refuse \w+)\]/.exec(call.text) ?? [];
  const [word, status] = mark.split(" ", 2);
  switch (word) {
    case "say":
      return say(call, { text: "It rains in Oslo." });
    case "think":
      return say(call, { thought: "Oslo, so rain.", text: "Rain." });
    case "call":
      return say(
        call,
        bringsResults(call)
          ? { text: "Rain in both." }
          : { calls: ["Oslo", "Rome"].map((city) => ({ name: "get_weather", args: { city } })) },
      );
    case "break":
      return breakOff(call, "Half a sentence");
    case "stall":
      return stall(call, "Half a sentence");
    case "refuse":
      return refuse(call, status === "overloaded" ? overloadedOn(call) : Number(status), "no");
    default:
      return null;
  }
}

function overloadedOn({ path }: StandInCall): number {
  return path.endsWith("/messages") ? overloaded.m : overloaded.a;
}

describe.skipIf(isMissing)("the official clients for Python", () => {
  test.each(["openai", "anthropic"])(
    "%s: text, streams, tools, structured answers, errors and leaving, on three wires",
    async (name) => {
      await using wires = await openThreeWires();
      wires.play(behaviourFor);
      const script = fileURLToPath(new URL(`python/${name}_client.py`, import.meta.url));
      // A client of one's own must not be led elsewhere by a proxy that the machine is set up with.
      const env = { ...process.env, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" };
      const { stdout } = await run(python, [script, wires.url, ...targets], { env });
      expect(stdout).toBe("all is well\n");
      const stalled = wires.calls().filter(({ text }) => text.includes("[stall]"));
      expect(stalled).toHaveLength(targets.length);
      expect(await Promise.all(stalled.map(({ left }) => left))).toEqual([true, true, true]);
    },
    60_000,
  );
});
