// Builds dist from src. The name of every file contains a hash of its content, and manifest.json maps each source to its file.
// The same sources give the same bytes.
import { build } from 'esbuild'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'

const pages = ['form', 'me', 'status', 'export', 'worker']

for (const file of await readdir('dist')) {
  if (file !== '.gitkeep') await rm(`dist/${file}`)
}
const result = await build({
  entryPoints: ['src/style.css', 'src/icon.svg', ...pages.map(name => `src/${name}.js`)],
  outdir: 'dist',
  entryNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022', 'chrome109', 'firefox113', 'safari16.4'],
  loader: { '.svg': 'copy' },
  legalComments: 'none',
  metafile: true,
})
const names = {}
for (const [file, output] of Object.entries(result.metafile.outputs)) {
  const source = output.entryPoint ?? Object.keys(output.inputs)[0]
  names[basename(source)] = basename(file)
}
await writeFile('dist/manifest.json', JSON.stringify(Object.fromEntries(Object.entries(names).sort()), null, 1) + '\n')
