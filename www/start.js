// All that runs before the page's program: it fetches the program, or says why there is none. The build puts the names in.
try {
  const program = await import('./page.js');
  await program.default({ module_or_path: './page_bg.wasm' });
} catch (error) {
  const failed = document.getElementById('failed');
  failed.querySelector('span').textContent = error.message;
  failed.hidden = false;
  throw error;
}
