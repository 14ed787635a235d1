/** A header that grows with a client's body would be refused by proxies, and by clients that bound them. */
const mostEntries = 32;
const mostBytes = 2048;

/** What was left out of a request, as the value of a header: places in its body, as many as fit, and the number of the others. */
export function droppedHeader(places: readonly string[]): string {
  const told: string[] = [];
  let bytes = 0;
  for (const place of places.slice(0, mostEntries)) {
    // Places hold names that clients chose: of halves of characters no header can be made.
    const safe = encodeURI(place.toWellFormed());
    bytes += safe.length + 1;
    if (bytes > mostBytes) break;
    told.push(safe);
  }
  const rest = places.length - told.length;
  return (rest === 0 ? told : [...told, `+${rest}`]).join(",");
}
