import { startTestGateway, type TestGateway, type TestSetup } from "./gateway.ts";

export const adminKey = "sk-admin-0123456789";
export const variables = { UP_KEY: "sk-upstream-secret", OPERATOR: adminKey };

/** A gateway with `main`, and `next` that decides beside it. */
export const start = (
  policies: Record<string, string>,
  setup: TestSetup = {},
): Promise<TestGateway> =>
  startTestGateway({
    ...{ policies, ...setup },
    yaml: `admin: { key: "\${OPERATOR}" }\nshadow-policies: { main: next }\n${setup.yaml ?? ""}`,
    options: { variables, ...setup.options },
  });

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Reads or orders something under /admin/shadow. */
export async function ask(
  { gateway }: Pick<TestGateway, "gateway">,
  path: string,
  order?: unknown,
  key = adminKey,
): Promise<Answer> {
  const response = await fetch(`${gateway.url}/admin/shadow${path}`, {
    ...(order === undefined ? {} : { method: "POST", body: JSON.stringify(order) }),
    headers: { "x-signalbox-admin-key": key },
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

export const errorOf = ({ status, body }: Answer): unknown => {
  const { code, message } = body["error"] as { code: string; message: string };
  return [status, code, message];
};

/** Sends requests, waits for what decides beside them, and returns the last one's target. */
export async function send(box: TestGateway, body: object = {}, count = 1): Promise<string | null> {
  let target: string | null = null;
  for (let sent = 0; sent < count; sent += 1) {
    const response = await box.chat({ ...body });
    await response.text();
    target = response.headers.get("x-signalbox-target");
  }
  await box.gateway.shadowsSettled();
  return target;
}

export async function shadowOf(box: TestGateway): Promise<Readonly<Record<string, unknown>>> {
  const { body } = await ask(box, "");
  return (body["shadows"] as Readonly<Record<string, unknown>>[])[0] ?? {};
}

export const main = "if tools > 0 then c\notherwise a\n";
export const next =
  'if tools > 0 then c\nif max_tokens > 100 then reject 403 "too long"\notherwise b\n';
