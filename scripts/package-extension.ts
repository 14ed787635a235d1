import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { strToU8, zipSync } from "fflate";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "grammar/vscode");

interface Manifest {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly version: string;
  readonly publisher: string;
  readonly engines: { readonly vscode: string };
  readonly categories: readonly string[];
}

/** What a zip says of when its files were changed; always the same, so that equal extensions are equal files. */
const changedAt = new Date("2026-01-01T00:00:00");

/**
 * The VS Code extension as the bytes of a .vsix: a zip of the extension's files with two pages about them, laid out as
 * VS Code's own packager does.
 */
export async function packExtension(): Promise<Uint8Array> {
  const read = (path: string): Uint8Array => readFileSync(join(folder, path));
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  const files: Record<string, Uint8Array> = {
    "[Content_Types].xml": strToU8(contentTypes),
    "extension.vsixmanifest": strToU8(vsixManifest(manifest)),
    "extension/package.json": read("package.json"),
    "extension/README.md": read("README.md"),
    "extension/language-configuration.json": read("language-configuration.json"),
    "extension/syntaxes/policy.tmLanguage.json": readFileSync(
      join(root, "grammar/policy.tmLanguage.json"),
    ),
    "extension/extension.js": strToU8(await bundle()),
  };
  return zipSync(files, { level: 9, mtime: changedAt });
}

/** The client with the libraries it needs, in one file; `vscode` is the editor's own. */
async function bundle(): Promise<string> {
  const build = await rolldown({
    input: join(folder, "extension.mts"),
    platform: "node",
    external: ["vscode"],
  });
  const { output } = await build.generate({ format: "cjs", minify: true, sourcemap: false });
  await build.close();
  return output[0].code;
}

const contentTypes = `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension=".json" ContentType="application/json"/>
  <Default Extension=".js" ContentType="application/javascript"/>
  <Default Extension=".md" ContentType="text/markdown"/>
  <Default Extension=".vsixmanifest" ContentType="text/xml"/>
</Types>
`;

function vsixManifest(manifest: Manifest): string {
  const { name, displayName, description, version, publisher, engines, categories } = manifest;
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${name}" Version="${version}" Publisher="${publisher}"/>
    <DisplayName>${displayName}</DisplayName>
    <Description xml:space="preserve">${description}</Description>
    <Tags>policy,signalbox,__ext_policy</Tags>
    <Categories>${categories.join(",")}</Categories>
    <GalleryFlags>Public</GalleryFlags>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="${engines.vscode}"/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionDependencies" Value=""/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionPack" Value=""/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="workspace"/>
    </Properties>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
  </Assets>
</PackageManifest>
`;
}

if (import.meta.main) {
  const place = process.argv[2] ?? join(root, "dist/signalbox-policy.vsix");
  mkdirSync(dirname(place), { recursive: true });
  const bytes = await packExtension();
  writeFileSync(place, bytes);
  process.stdout.write(`${place}: ${Math.ceil(bytes.length / 1024)} KiB\n`);
}
