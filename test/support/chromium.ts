import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const places = [
  process.env["SIGNALBOX_CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** Where this machine has a browser of Chromium's; null where it has none. */
export const chromiumPath: string | null =
  places.find((place) => place !== undefined && existsSync(place)) ?? null;

/** A browser of a test's own. It has no sandbox, since tests may run as root and open pages of their own only. */
export function openBrowser(): Promise<Browser> {
  if (chromiumPath === null) throw new Error("this machine has no Chromium");
  return chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] });
}
