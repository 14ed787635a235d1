import type { KeyReport } from "../../src/gateway/admin/show-key.ts";
import type { Gateway } from "../../src/gateway/start.ts";
import { hello, startTestGateway, type TestGateway, type TestSetup } from "./gateway.ts";
import { createHandClock, type HandClock } from "./hand-clock.ts";

export const adminKey = "sk-admin-0123456789";
/** Monday, 2026-11-23T10:00:00Z. */
export const startMs = Date.UTC(2026, 10, 23, 10);

export interface KeyAnswer {
  readonly status: number;
  readonly etag: string | null;
  readonly body: KeyReport & {
    readonly secret?: string;
    readonly keys?: readonly KeyReport[];
    readonly next?: number | null;
    readonly error?: { readonly code: string; readonly param: string | null; message: string };
  };
}

/** Asks the operator's API of a gateway. */
export async function askAdmin(
  { url, adminUrl }: Pick<Gateway, "url" | "adminUrl">,
  line: string,
  order?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<KeyAnswer> {
  const [method = "", path = ""] = line.split(" ");
  const response = await fetch(`${adminUrl ?? url}${path}`, {
    method,
    headers: { "x-signalbox-admin-key": adminKey, ...headers },
    ...(order === undefined
      ? {}
      : { body: typeof order === "string" ? order : JSON.stringify(order) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    etag: response.headers.get("etag"),
    body: text === "" ? {} : JSON.parse(text),
  } as KeyAnswer;
}

/** A gateway with an admin key, whose time is a test's. */
export interface KeyDesk extends TestGateway {
  readonly clock: HandClock;
  admin(line: string, order?: unknown, headers?: Record<string, string>): Promise<KeyAnswer>;
  /** Makes a key; its secret. */
  make(order: Readonly<Record<string, unknown>>): Promise<string>;
  /** Status, and the code of an error or the policy's name, of a request with a secret. */
  as(secret: string | null, body?: Record<string, unknown>): Promise<string>;
}

export async function startKeyDesk(setup: TestSetup = {}): Promise<KeyDesk> {
  const clock = createHandClock(startMs);
  const box = await startTestGateway({
    ...setup,
    yaml: `admin: { key: "\${OPERATOR}" }\n${setup.yaml ?? ""}`,
    options: {
      clock,
      timerHost: clock,
      ...setup.options,
      variables: { UP_KEY: "sk-upstream-secret", OPERATOR: adminKey, ...setup.options?.variables },
    },
  });
  const admin: KeyDesk["admin"] = (line, order, headers) =>
    askAdmin(box.gateway, line, order, headers);
  return {
    ...box,
    clock,
    admin,
    async make(order) {
      const { status, body } = await admin("POST /admin/keys", order);
      if (status !== 201) throw new Error(`no key was made: ${JSON.stringify(body)}`);
      return body.secret ?? "";
    },
    as: (secret, body) => chatWith(box.gateway.url, secret, body),
    [Symbol.asyncDispose]: () => box[Symbol.asyncDispose](),
  };
}

export async function chatWith(
  url: string,
  secret: string | null,
  body: Record<string, unknown> = {},
): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: secret === null ? {} : { authorization: `Bearer ${secret}` },
    body: JSON.stringify({ ...hello, ...body }),
  });
  const text = await response.text();
  const said =
    response.status === 200
      ? (response.headers.get("x-signalbox-policy") ?? "").split("@")[0]
      : (JSON.parse(text) as { error: { code: string } }).error.code;
  return `${response.status} ${said}`;
}
