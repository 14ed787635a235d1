import { expect, test } from "vitest";
import { readConfiguration } from "../../src/configuration/read.ts";
import { selfSigned } from "../support/self-signed.ts";

const text = `providers:
  home: { kind: vllm, url: "https://gpu.example.com", tls: { ca: ca.pem } }
targets:
  m: { provider: home, model: m }
`;
const read = (file: string | undefined) =>
  readConfiguration(
    { file: "signalbox.yaml", text },
    { variable: () => undefined, file: (path) => (path === "ca.pem" ? file : undefined) },
  );

test("a provider's own authority is read from its file", () => {
  const { configuration, diagnostics } = read(selfSigned.cert);
  expect(diagnostics).toEqual([]);
  expect(configuration?.providers.get("home")?.authorities).toBe(selfSigned.cert);
});

test("a file that is not there is told, and then nobody vouches for the provider", () => {
  const { configuration, diagnostics } = read(undefined);
  expect(diagnostics.map(({ code, severity }) => [code, severity])).toEqual([["C0209", "warning"]]);
  expect(configuration?.providers.get("home")?.authorities).toBe("");
});

test("a file without a certificate is an error", () => {
  expect(read("hello").diagnostics.map(({ code }) => code)).toEqual(["C0106"]);
});

test("nothing switches the verification off", () => {
  const off = text.replace("ca: ca.pem", "verify: false");
  const { configuration } = readConfiguration(
    { file: "signalbox.yaml", text: off },
    { variable: () => undefined, file: () => undefined },
  );
  expect(configuration).toBeNull();
});
