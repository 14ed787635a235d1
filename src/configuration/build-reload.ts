import type { BuildContext, Sections } from "./build.ts";
import type { ReloadSettings, ShadowPolicy } from "./configuration.ts";
import { defaultReloadReplay } from "./default-configuration.ts";

/** What stands before a changed policy. */
export function buildReload({ reload }: Sections): ReloadSettings {
  const replay = reload?.value.replay?.value;
  if (replay === undefined) return { replay: null };
  return {
    replay: {
      last: replay.last?.value ?? defaultReloadReplay.last,
      failIf: (replay["fail-if"]?.value ?? []).map(({ value: text, span }) => ({ text, span })),
      carriesOut: replay["carry-out"]?.value ?? false,
      timeMs: replay.timeout?.value ?? defaultReloadReplay.timeMs,
    },
  };
}

/** Which policies decide beside others. Reports one that is to be its own shadow. */
export function buildShadowPolicies(
  { "shadow-policies": asked }: Sections,
  { reader }: BuildContext,
): ReadonlyMap<string, ShadowPolicy> {
  const built = new Map<string, ShadowPolicy>();
  for (const [name, { value, span }] of asked?.value ?? []) {
    const said = typeof value === "string" ? { policy: value, share: 1 } : null;
    const policy = said?.policy ?? (value as Exclude<typeof value, string>).policy?.value;
    const share = said?.share ?? (value as Exclude<typeof value, string>).share?.value ?? 1;
    if (policy === undefined) continue;
    if (policy === name)
      reader.report("C0106", span, `\`${name}\` cannot decide beside itself`, {
        help: "name another policy of the folder",
      });
    else built.set(name, { policy, share });
  }
  return built;
}
