// Memory goes when nothing refers to it and the browser finds the time. What is large and done with should go now.

/** Free a buffer: to send it to nobody is the one way to do so at once. It is empty afterwards. */
export function release(buffer: ArrayBuffer): void {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(null, [buffer]);
  port1.close();
  port2.close();
}
