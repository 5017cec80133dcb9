// Builds the browser code: node build.mjs  ->  dist/ with hashed files, their gzip twins and manifest.json.
// Plain Node >= 20; nothing but the packages in package-lock.json. Flags: --watch rebuilds on change.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { watch } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { PurgeCSS } from "purgecss";

const here = dirname(fileURLToPath(import.meta.url));
const project = dirname(here);
const dist = join(here, "dist");
const STALE_AFTER = 12 * 60 * 60 * 1000; // ms

// One line a bundle: the name that templates ask for, and where it starts.
const bundles = {
  "desk.js": "desk/desk.js",
  "desk.css": "desk/desk.css",
  "customer.css": "customer/customer.css",
  "flow.js": "flow/flow.js",
  "flow.css": "flow/flow.css",
  "charts.js": "charts/charts.js",
  "designer.css": "designer/designer.css",
};

// Bundles that fetch their larger parts only when they are needed: an entry and the chunks it names.
const splitBundles = { "designer.js": "designer/designer.js" };

// Everything that may name a CSS class or an icon.
const markupRoots = [
  "desk", "designer_api", "connectors", "printing", "frontend/desk", "frontend/flow", "frontend/designer", "frontend/samples",
];
const markupTypes = /\.(html|py|js)$/;

async function markup() {
  const found = [];
  for (const root of markupRoots) {
    const folder = join(project, root);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      if (entry.isFile() && markupTypes.test(entry.name) && !path.includes("/samples/out/")) {
        found.push({ extension: "html", raw: await readFile(path, "utf8") });
      }
    }
  }
  return found;
}

// Tabler is 635 KB; pages get the rules whose classes some template or script names.
function tablerPlugin(content) {
  return {
    name: "tabler",
    setup(builder) {
      builder.onResolve({ filter: /^tabler$/ }, () => ({ path: "tabler", namespace: "tabler" }));
      builder.onLoad({ filter: /.*/, namespace: "tabler" }, async () => {
        const file = join(here, "node_modules/@tabler/core/dist/css/tabler.css");
        const [kept] = await new PurgeCSS().purge({
          content,
          css: [{ raw: await readFile(file, "utf8") }],
          defaultExtractor: (text) => text.match(/[\w-]+/g) ?? [],
          fontFace: true,
          keyframes: true,
          safelist: { standard: ["html", "body", ":root"], greedy: [/data-bs-theme/] },
        });
        return { contents: kept.css, loader: "css" };
      });
    },
  };
}

// The customer's pages have no script that could set a theme: there the dark tokens follow the system.
const darkBySystem = {
  name: "dark-by-system",
  setup(builder) {
    builder.onLoad({ filter: /css\/dark\.css$/ }, async ({ path }) => {
      const css = await readFile(path, "utf8");
      return {
        contents: `@media (prefers-color-scheme: dark) {${css.replaceAll(":root[data-bs-theme=dark]", ":root")}}`,
        loader: "css",
      };
    });
  },
};

// style-mod (of the expression editor) writes <style> elements, which the content security policy forbids in
// documents; the constructed sheets that it uses in shadow roots are allowed everywhere.
const constructedSheets = {
  name: "constructed-sheets",
  setup(builder) {
    builder.onLoad({ filter: /style-mod\/src\/style-mod\.js$/ }, async ({ path }) => {
      const code = await readFile(path, "utf8");
      const test = "!root.head && root.adoptedStyleSheets";
      if (!code.includes(test)) throw new Error(`${path}: style-mod has changed, see constructedSheets`);
      return { contents: code.replace(test, "root.adoptedStyleSheets"), loader: "js" };
    });
  },
};

// The editors write style="…" into markup, which the policy forbids as well: it becomes data-css="…", and
// designer/styles.js sets it through the style object.
const dataStyles = {
  name: "data-styles",
  setup(builder) {
    const filter = /node_modules\/(bpmn-js|diagram-js|bpmn-js-token-simulation|diagram-js-minimap|dmn-js[a-z-]*)\/.*\.js$/;
    builder.onLoad({ filter }, async ({ path }) => {
      const code = await readFile(path, "utf8");
      if (!code.includes('style="')) return undefined;
      return { contents: code.replace(/(?<![\w-])style="/g, 'data-css="'), loader: "js" };
    });
  },
};

// The form editor and its properties panel each bring a Preact; hooks work only where there is one.
const onePreact = {
  name: "one-preact",
  setup(builder) {
    builder.onResolve({ filter: /^(\.\.\/)?preact(\/[a-z-]+)?$/ }, ({ path, kind, pluginData }) =>
      pluginData === "one-preact" ? undefined : builder.resolve(path.replace("../", ""), { resolveDir: here, kind, pluginData: "one-preact" }));
  },
};

// The form editor gives the focus to the chosen field at every change, also while somebody types in its properties.
const steadyFocus = {
  name: "steady-focus",
  setup(builder) {
    builder.onLoad({ filter: /form-js-editor\/dist\/index\.es\.js$/ }, async ({ path }) => {
      const code = await readFile(path, "utf8");
      const taken = /if \(selection\.isSelected\(field\)\) \{\s*ref\.current\.focus\(\);/;
      if (!taken.test(code)) throw new Error("form-js takes the focus elsewhere now: see steadyFocus");
      return { contents: code.replace(taken, 'if (selection.isSelected(field) && !document.activeElement.closest(".fjs-properties-container")) {\n      ref.current.focus();'), loader: "js" };
    });
  },
};

async function splitBundle(name) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: { [name.split(".")[0]]: splitBundles[name] },
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    outdir: "dist",
    entryNames: "[name]-[hash]",
    chunkNames: "part-[hash]",
    format: "esm",
    target: ["chrome123", "firefox128", "safari17.5"],
    loader: { ".css": "empty" },
    legalComments: "none",
    logLevel: "warning",
    plugins: [constructedSheets, dataStyles, onePreact, steadyFocus],
  });
  return result.outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)]);
}

async function bundle(name, content) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [bundles[name]],
    bundle: true,
    minify: true,
    write: false,
    outdir: "dist",
    format: "esm",
    target: name === "customer.css" ? ["chrome80", "safari13"] : ["chrome123", "firefox128", "safari17.5"],
    loader: { ".woff": "dataurl", ".woff2": "dataurl", ".ttf": "dataurl", ".eot": "empty", ".svg": "dataurl" },
    legalComments: "none",
    logLevel: "warning",
    plugins: name === "customer.css" ? [darkBySystem] : [tablerPlugin(content)],
  });
  return Buffer.from(result.outputFiles[0].contents);
}

// One sprite of the icons that are named in templates and scripts; an unknown name stops the build.
async function sprite(content) {
  const set = JSON.parse(await readFile(join(here, "node_modules/@iconify-json/tabler/icons.json"), "utf8"));
  const names = new Set();
  for (const { raw } of content) {
    // icon("bell"), icon_name="inbox", "icon": "bell": named outright.
    for (const [, name] of raw.matchAll(/\bicon(?:_name)?["']?(?:=|\(|:)\s*["']([a-z0-9-]+)["']/g)) names.add(name);
    // navigation.Entry("flows", …, "sitemap"): by position.
    for (const [, call] of raw.matchAll(/\bnavigation\.Entry\(([\s\S]{0,400})/g)) {
      for (const [, name] of call.matchAll(/"([a-z0-9-]+)"/g)) if (set.icons[name]) names.add(name);
    }
    // icon("photo" if … else "paperclip"): every known name further along in the call.
    for (const [call] of raw.matchAll(/\bicon\([^\n]*?\}\}/g)) {
      for (const [, name] of call.matchAll(/["']([a-z0-9-]+)["']/g)) if (set.icons[name]) names.add(name);
    }
  }
  const unknown = [...names].filter((name) => !set.icons[name]);
  if (unknown.length) throw new Error(`no Tabler icon is called: ${unknown.join(", ")} (see tabler.io/icons)`);
  const symbols = [...names].sort().map(
    (name) => `<symbol id="${name}" viewBox="0 0 24 24">${set.icons[name].body}</symbol>`,
  );
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`);
}

async function buildAll() {
  const started = performance.now();
  const content = await markup();
  const names = Object.keys(bundles);
  const favicon = readFile(join(here, "icons/favicon.svg"));
  const built = await Promise.all([...names.map((name) => bundle(name, content)), sprite(content), favicon]);
  await mkdir(dist, { recursive: true });
  const manifest = {};
  const parts = [];
  for (const name of Object.keys(splitBundles)) {
    const files = await splitBundle(name);
    // The entry last: it names the others.
    for (const [file, bytes] of files.reverse()) {
      await writeFile(join(dist, file), bytes);
      await writeFile(join(dist, `${file}.gz`), gzipSync(bytes, { level: 9 }));
      parts.push(file);
    }
    manifest[name] = parts.find((file) => file.startsWith(`${name.split(".")[0]}-`));
    const size = files.reduce((sum, [, bytes]) => sum + bytes.length, 0);
    console.log(`${name.padEnd(14)} ${(size / 1024).toFixed(1).padStart(7)} KB  in ${files.length} parts`);
  }
  for (const [index, name] of [...names, "icons.svg", "favicon.svg"].entries()) {
    const bytes = built[index];
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
    const [stem, type] = name.split(".");
    manifest[name] = `${stem}-${hash}.${type}`;
    const packed = gzipSync(bytes, { level: 9 });
    await writeFile(join(dist, manifest[name]), bytes);
    await writeFile(join(dist, `${manifest[name]}.gz`), packed);
    console.log(`${name.padEnd(14)} ${(bytes.length / 1024).toFixed(1).padStart(7)} KB  ${(packed.length / 1024).toFixed(1).padStart(6)} KB gz`);
  }
  await writeFile(join(dist, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  // Last, so that a page served during a build never points at a missing file.
  const current = new Set(["manifest.json", ...[...Object.values(manifest), ...parts].flatMap((file) => [file, `${file}.gz`])]);
  // Pages that are open may still ask for parts of the build before.
  const stale = Date.now() - STALE_AFTER;
  for (const file of await readdir(dist)) {
    if (!current.has(file) && (await stat(join(dist, file))).mtimeMs < stale) await rm(join(dist, file));
  }
  console.log(`built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

await buildAll();
if (process.argv.includes("--watch")) {
  let timer;
  for (const root of [...markupRoots, "frontend/css", "frontend/customer"]) {
    watch(resolve(project, root), { recursive: true }, (_event, file) => {
      if (!file || basename(file).startsWith(".")) return;
      clearTimeout(timer);
      timer = setTimeout(() => buildAll().catch((error) => console.error(error.message)), 150);
    });
  }
}
