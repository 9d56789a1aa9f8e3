/** Whether these bytes have the SHA-256 that `integrity` gives, as HTML writes it. */
export async function matches(bytes: Uint8Array<ArrayBuffer> | ArrayBuffer, integrity: string): Promise<boolean> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return integrity === `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}
