import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** What every screen has: React and the router. */
const SHELL =
  /node_modules\/(react|react-dom|scheduler|@tanstack\/(react-router|router-core|history|store|react-store))\//;

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // The page uses light-dark(), which older targets would have rewritten.
    target: ['chrome125', 'firefox128', 'safari18'],
    // A font inside a style sheet would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    manifest: 'manifest.json',
    // A list of what each screen imports would make the shell 1.4 KiB larger: the server names it to the browser.
    modulePreload: {
      polyfill: false,
      resolveDependencies: (_, files, { hostType }) => (hostType === 'html' ? files : []),
    },
    rolldownOptions: {
      output: {
        // The shell names every chunk that a screen loads: short names weigh less.
        chunkFileNames: 'assets/[hash].js',
        // In one file it compresses better than in several.
        codeSplitting: { groups: [{ name: 'shell', test: SHELL }] },
      },
    },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8787', '/healthz': 'http://127.0.0.1:8787' } },
});
