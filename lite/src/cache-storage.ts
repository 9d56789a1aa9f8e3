/** Where browsers keep responses. Null where there is no such thing; some throw when it is looked at. */
export function cacheStorage(): CacheStorage | null {
  try {
    return "caches" in globalThis ? globalThis.caches : null;
  } catch {
    return null;
  }
}
