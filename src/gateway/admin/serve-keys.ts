import type { KeyRecord } from "../../runtime/store/key-store.ts";
import { type Exchange, fault, guarded, notAllowed, queryOf, refuse } from "../exchange.ts";
import { type KeyEntry, mostKeys } from "../key-book.ts";
import { newSecret } from "../new-secret.ts";
import { problems } from "../problems.ts";
import { decoded } from "../surfaces.ts";
import { sendCreated, sendJson, sendNoContent } from "../to-response.ts";
import { audit } from "./audit.ts";
import { graceOf, keyFieldNames, keyFieldsOf, keyNameOf } from "./read-key-order.ts";
import { field, ifMatch, type Order, readOrder, textOf } from "./read-order.ts";
import { type KeyReport, showConfiguredKey, showKey } from "./show-key.ts";

/** Secrets of one key that are good at once: the present one, and those it has replaced. */
const mostSecrets = 8;
const page = { usual: 100, most: 1_000 };

/** Whether a path is one of keys. */
export function isOfKeys(path: string): boolean {
  return keysPath.test(path);
}

const keysPath = /^\/admin\/keys(?:\/([^/]+)(?:\/(rotate|revoke))?)?$/;

/** Answers `/admin/keys` and what is below it, for whoever bears the admin key. */
export function serveKeys(exchange: Exchange, path: string): void {
  const [, named, act] = keysPath.exec(path) ?? [];
  const { method = "" } = exchange.request;
  const isGet = method === "GET" || method === "HEAD";
  if (named === undefined) {
    if (isGet) list(exchange);
    else if (method === "POST") create(exchange);
    else notAllowed(exchange, "GET, POST");
    return;
  }
  const name = decoded(named);
  if (act !== undefined) {
    if (method !== "POST") notAllowed(exchange, "POST");
    else withKey(exchange, name, act === "rotate" ? rotate : revoke);
  } else if (isGet) show(exchange, name);
  else if (method === "PATCH") withKey(exchange, name, change);
  else if (method === "DELETE") withKey(exchange, name, remove);
  else notAllowed(exchange, "GET, PATCH, DELETE");
}

function list(exchange: Exchange): void {
  const { core, snapshot, response, headers } = exchange;
  const query = new URLSearchParams(queryOf(exchange.request));
  const after = numberIn(query, "after", 0, Number.MAX_SAFE_INTEGER);
  const limit = numberIn(query, "limit", page.usual, page.most);
  if (after === null || limit === null) {
    const [param, most] = after === null ? ["after", ""] : ["limit", ` up to ${page.most}`];
    refuse(exchange, problems.malformedOrder(param, `\`${param}\` takes a whole number${most}`));
    return;
  }
  const nowMs = core.clock.now();
  const found = core.keys.list(after, limit + 1);
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const configured = after === 0 ? snapshot.configuration.keys : [];
  const keys: readonly KeyReport[] = [
    ...configured.map((key) => showConfiguredKey(key, nowMs)),
    ...shown.map((entry) => reportOf(exchange, entry)),
  ];
  const next = found.length > limit && last !== undefined ? last.place : null;
  sendJson(response, { keys, next }, headers);
}

/** A whole number of a query; null for what is none, or 0 where something else is usual. */
function numberIn(
  query: URLSearchParams,
  name: string,
  usual: number,
  most: number,
): number | null {
  const said = query.get(name);
  if (said === null) return usual;
  const value = /^\d{1,15}$/.test(said) ? Number(said) : -1;
  return value < Math.min(usual, 1) || value > most ? null : value;
}

function reportOf({ core, snapshot }: Exchange, entry: Pick<KeyEntry, "key" | "usedAtMs">) {
  return showKey(entry, snapshot.keys.has(entry.key.name), core.clock.now());
}

function show(exchange: Exchange, name: string): void {
  const { core, snapshot, response, headers } = exchange;
  const entry = core.keys.get(name);
  const configured = snapshot.configuration.keys.find((key) => key.name === name);
  if (configured !== undefined)
    sendJson(response, showConfiguredKey(configured, core.clock.now()), headers);
  else if (entry === null) refuse(exchange, problems.keyNotFound());
  else sendKey(exchange, entry.key);
}

/** Answers with a key as it is now, its revision as its tag, and a secret where one was made. */
function sendKey(exchange: Exchange, key: KeyRecord, secret?: string): void {
  const { core, response, headers } = exchange;
  const usedAtMs = core.keys.get(key.name)?.usedAtMs ?? null;
  const report = reportOf(exchange, { key, usedAtMs });
  const all = [...headers, "etag", `"${key.revision}"`, "cache-control", "no-store"];
  if (secret === undefined) sendJson(response, report, all);
  else if (key.revision === 1) sendCreated(response, { ...report, secret }, all);
  else sendJson(response, { ...report, secret }, all);
}

function create(exchange: Exchange): void {
  const { core, snapshot } = exchange;
  readOrder(exchange, ["name", ...keyFieldNames], (order) => {
    const name = keyNameOf(order);
    const nowMs = core.clock.now();
    const fields = keyFieldsOf(order, null, { snapshot, nowMs });
    if (snapshot.keys.has(name) || core.keys.get(name) !== null) {
      refuse(exchange, problems.keyExists(name, snapshot.keys.has(name)));
      return;
    }
    if (core.keys.size >= mostKeys) {
      refuse(exchange, problems.tooManyKeys(mostKeys));
      return;
    }
    const { secret, prefix, sha256 } = newSecret();
    const key: KeyRecord = {
      name,
      ...fields,
      prefix,
      secrets: [{ sha256, untilMs: null }],
      createdAtMs: nowMs,
      revokedAtMs: null,
      revision: 1,
    };
    core.keys.add(key).then(
      guarded(exchange, (isNew) => {
        if (!isNew) {
          refuse(exchange, problems.keyExists(name, false));
          return;
        }
        audit(exchange, "key", { change: "created", key: name, prefix, fields: said(order) });
        sendKey(exchange, key, secret);
      }),
      (error) => fault(exchange, error),
    );
  });
}

/** The fields that an order has, but for the name. */
function said(order: Order): readonly string[] {
  return keyFieldNames.filter((name) => order.has(name));
}

/** Finds the key that an order is for, in the revision that it wants. */
function withKey(
  exchange: Exchange,
  name: string,
  run: (exchange: Exchange, key: KeyRecord) => void,
): void {
  const { core, snapshot, request } = exchange;
  const key = core.keys.get(name)?.key;
  if (key === undefined) {
    refuse(
      exchange,
      snapshot.keys.has(name) ? problems.keyConfigured(name) : problems.keyNotFound(),
    );
    return;
  }
  const wanted = ifMatch(request);
  if (wanted !== null && wanted !== key.revision) refuse(exchange, problems.keyChanged());
  else run(exchange, key);
}

/** Puts a changed key in place of the one before it, notes it, and answers with it. */
function put(
  exchange: Exchange,
  key: KeyRecord,
  note: Readonly<Record<string, unknown>>,
  secret?: string,
): void {
  exchange.core.keys.replace(key).then(
    guarded(exchange, (isDone) => {
      if (!isDone) {
        refuse(exchange, problems.keyChanged());
        return;
      }
      audit(exchange, "key", { ...note, key: key.name, prefix: key.prefix });
      sendKey(exchange, key, secret);
    }),
    (error) => fault(exchange, error),
  );
}

/** Reads an order for a key, which may have become another one while the order came in. */
function readFor(
  exchange: Exchange,
  key: KeyRecord,
  known: readonly string[],
  carryOut: (order: Order) => void,
): void {
  readOrder(exchange, known, (order) => {
    if (exchange.core.keys.get(key.name)?.key !== key) refuse(exchange, problems.keyChanged());
    else carryOut(order);
  });
}

function change(exchange: Exchange, key: KeyRecord): void {
  const { core, snapshot } = exchange;
  readFor(exchange, key, keyFieldNames, (order) => {
    if (key.revokedAtMs !== null) {
      refuse(exchange, problems.keyRevoked());
      return;
    }
    const fields = keyFieldsOf(order, key, { snapshot, nowMs: core.clock.now() });
    const changed = { ...key, ...fields, revision: key.revision + 1 };
    put(exchange, changed, { change: "changed", fields: said(order) });
  });
}

function rotate(exchange: Exchange, key: KeyRecord): void {
  const { core } = exchange;
  readFor(exchange, key, ["grace"], (order) => {
    const graceMs = graceOf(order);
    const nowMs = core.clock.now();
    if (key.revokedAtMs !== null) {
      refuse(exchange, problems.keyRevoked());
      return;
    }
    const endMs = nowMs + graceMs;
    // Whoever shortens the grace shortens it for all: no secret outlives the last word on it.
    const old = key.secrets.map(({ sha256, untilMs }) => ({
      sha256,
      untilMs: Math.min(untilMs ?? endMs, endMs),
    }));
    const isGood = ({ untilMs }: { readonly untilMs: number }): boolean => untilMs > nowMs;
    if (old.filter(isGood).length >= mostSecrets) {
      refuse(exchange, problems.tooManySecrets(mostSecrets));
      return;
    }
    const { secret, prefix, sha256 } = newSecret();
    const rotated: KeyRecord = {
      ...key,
      prefix,
      // Some that are over stay, so that their bearers hear that they are.
      secrets: [
        { sha256, untilMs: null },
        ...old.filter((each, at) => isGood(each) || at < mostSecrets),
      ],
      revision: key.revision + 1,
    };
    put(exchange, rotated, { change: "rotated", graceMs }, secret);
  });
}

function revoke(exchange: Exchange, key: KeyRecord): void {
  const { core } = exchange;
  readFor(exchange, key, ["reason"], (order) => {
    const reason = textOf(field(order, "reason"), "reason");
    if (key.revokedAtMs !== null) {
      sendKey(exchange, key);
      return;
    }
    const revoked = { ...key, revokedAtMs: core.clock.now(), revision: key.revision + 1 };
    put(exchange, revoked, { change: "revoked", reason });
  });
}

function remove(exchange: Exchange, key: KeyRecord): void {
  const { core, response, headers } = exchange;
  core.keys.remove(key).then(
    guarded(exchange, (isDone) => {
      if (!isDone) {
        refuse(exchange, problems.keyChanged());
        return;
      }
      audit(exchange, "key", { change: "deleted", key: key.name, prefix: key.prefix });
      sendNoContent(response, headers);
    }),
    (error) => fault(exchange, error),
  );
}
