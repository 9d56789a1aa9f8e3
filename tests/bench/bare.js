// As plain as the Pyodide documentation has it: load, load NumPy, compute something.
onmessage = async ({ data: runtime }) => {
  const core = new URL("../pyodide/", runtime).href;
  const { loadPyodide } = await import(`${core}pyodide.mjs`);
  const pyodide = await loadPyodide({ indexURL: core, lockFileURL: `${runtime}pyodide-lock.json` });
  await pyodide.loadPackage("numpy");
  postMessage(pyodide.runPython("import numpy as np; float(np.ones((2, 2)).sum())"));
};
