import type { Provider } from "../../configuration/configuration.ts";
import type { Failure } from "../../protocol/failure.ts";

/** Shorter header values are words, such as `beta`, and would blot out ordinary text. */
const shortestSecret = 8;

/** A failure as it may be told: the provider's own key and header values, should an answer echo them, are blotted out. */
export function withoutSecrets(failure: Failure, provider: Provider): Failure {
  const secrets = Object.values(provider.headers).filter(({ length }) => length >= shortestSecret);
  if (provider.key?.kind === "value") secrets.push(provider.key.value);
  secrets.push(...(provider.sdk?.secrets ?? []).filter(({ length }) => length >= shortestSecret));
  const blot = (text: string): string =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
  const { message, code, param } = failure;
  return {
    ...failure,
    message: blot(message),
    ...(code === undefined ? {} : { code: blot(code) }),
    ...(param === undefined ? {} : { param: blot(param) }),
  };
}
