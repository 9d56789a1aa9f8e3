/** The keys that begin so: books on one host, and what they keep, are told apart by how their keys begin. */
export function keysFrom(storage: Storage, prefix: string): string[] {
  const keys = Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? "");
  return keys.filter((key) => key.startsWith(prefix));
}
