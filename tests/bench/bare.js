// As plain as the Pyodide documentation has it: load, load NumPy, compute something.
onmessage = async ({ data: { core, lock } }) => {
  const { loadPyodide } = await import(`${core}pyodide.mjs`);
  const pyodide = await loadPyodide({ indexURL: core, lockFileURL: lock });
  await pyodide.loadPackage("numpy");
  postMessage(pyodide.runPython("import numpy as np; float(np.ones((2, 2)).sum())"));
};
