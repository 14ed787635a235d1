/** Forms that are not read as they are, by their first bytes, with what to do about them. */
const forms: readonly { readonly bytes: readonly number[]; readonly why: string }[] = [
  { bytes: [0x1f, 0x8b], why: "it is packed by gzip; unpack it first (gunzip)" },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], why: "it is packed by zstd; unpack it first (unzstd)" },
  { bytes: [0x50, 0x4b, 0x03, 0x04], why: "it is a zip file; unpack it first (unzip)" },
  { bytes: [0xff, 0xfe], why: "it is UTF-16; save it as UTF-8" },
  { bytes: [0xfe, 0xff], why: "it is UTF-16; save it as UTF-8" },
];

/** Why a log that begins with these bytes cannot be read; null when nothing speaks against it. */
export function unreadableForm(first: Uint8Array): string | null {
  const form = forms.find(({ bytes }) => bytes.every((byte, at) => first[at] === byte));
  return form?.why ?? null;
}
