// Pyodide, NumPy and our package; each message is a program, and what its last line is worth goes back.
let python = null;

async function start(core, lock) {
  const { loadPyodide } = await import(`${core}pyodide.mjs`);
  const pyodide = await loadPyodide({ indexURL: core, lockFileURL: lock });
  await pyodide.loadPackage(["numpy", "tinytorch"]);
  return pyodide;
}

onmessage = async ({ data: { core, lock, program } }) => {
  try {
    python ??= start(core, lock);
    postMessage({ value: (await python).runPython(program) });
  } catch (error) {
    postMessage({ error: error.message });
  }
};
