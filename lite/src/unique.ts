/** Tells what this tab makes from what all others do. */
export const unique = (): string => Array.from(crypto.getRandomValues(new Uint32Array(2)), (word) => word.toString(36)).join("");
