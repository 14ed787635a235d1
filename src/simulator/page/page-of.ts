import { createHash } from "node:crypto";
import { html, Markup, shortName } from "./markup.ts";
import { pageScript } from "./script.ts";
import { pageStyle } from "./style.ts";

/** A whole document that needs nothing else: no request goes out, and its policy of content lets none. */
export function pageOf(title: string, body: Markup): string {
  const content = `default-src 'none'; img-src data:; style-src ${hashOf(pageStyle)}; script-src ${hashOf(pageScript)}; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(content)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>Simulation: ${shortName(title)}</title>
<style>${new Markup(pageStyle)}</style>
</head>
<body>
<main>
${body}
</main>
<script>${new Markup(pageScript)}</script>
</body>
</html>
`;
  return page.text;
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
