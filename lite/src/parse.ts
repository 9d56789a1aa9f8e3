// Small parsers for data from outside: Python's replies, stored records, the site's JSON files.
// Each takes an unknown value and where it was found, and returns a typed value or throws.

export class Malformed extends Error {
  override readonly name = "Malformed";
}

export type Parser<T> = (value: unknown, where: string) => T;

function refuse(value: unknown, where: string, expected: string): never {
  const got = value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
  throw new Malformed(`${where}: expected ${expected}, got ${got}`);
}

export const text: Parser<string> = (value, where) =>
  typeof value === "string" ? value : refuse(value, where, "text");

export const number: Parser<number> = (value, where) =>
  typeof value === "number" && Number.isFinite(value) ? value : refuse(value, where, "a number");

export const yesNo: Parser<boolean> = (value, where) =>
  typeof value === "boolean" ? value : refuse(value, where, "true or false");

export function nullable<T>(parser: Parser<T>): Parser<T | null> {
  return (value, where) => (value === null ? null : parser(value, where));
}

/** What an earlier form did not have. */
export function optional<T>(parser: Parser<T>, otherwise: T): Parser<T> {
  return (value, where) => (value === undefined ? otherwise : parser(value, where));
}

export function oneOf<T extends string>(...words: readonly T[]): Parser<T> {
  return (value, where) => words.find((word) => word === value) ?? refuse(value, where, words.join(" or "));
}

export function list<T>(parser: Parser<T>): Parser<readonly T[]> {
  return (value, where) =>
    Array.isArray(value)
      ? value.map((item: unknown, index) => parser(item, `${where}[${index}]`))
      : refuse(value, where, "a list");
}

/** An object whose keys are names, and whose values are all of one kind. */
export function dictionary<T>(parser: Parser<T>): Parser<Readonly<Record<string, T>>> {
  return (value, where) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse(value, where, "an object");
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, parser(one, `${where}.${name}`)]));
  };
}

/** An object with these fields; others are dropped, so that a newer Python may say more than we know of. */
export function fields<T extends object>(shape: { readonly [K in keyof T]-?: Parser<T[K]> }): Parser<T> {
  return (value, where) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse(value, where, "an object");
    const source = value as Record<string, unknown>;
    const result: Partial<T> = {};
    for (const key in shape) result[key] = shape[key](source[key], `${where}.${key}`);
    return result as T;
  };
}

/** A union told apart by its `kind`: one parser for each member. */
export function byKind<T extends { readonly kind: string }>(members: {
  readonly [K in T["kind"]]: Parser<Extract<T, { readonly kind: K }>>;
}): Parser<T> {
  const parsers = new Map<unknown, Parser<T>>(Object.entries<Parser<T>>(members));
  return (value, where) => {
    const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
    const parser = parsers.get(kind);
    return parser ? parser(value, where) : refuse(kind, `${where}.kind`, [...parsers.keys()].join(" or "));
  };
}

export function parseJson<T>(parser: Parser<T>, source: string, where: string): T {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    throw new Malformed(`${where}: not JSON`);
  }
  return parser(value, where);
}
