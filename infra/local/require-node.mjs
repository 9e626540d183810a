// Preloaded by the npm scripts with `--import`, in a language every Node speaks: an old one could not even read the
// TypeScript file that would complain.
if (!process.features.typescript) {
  console.error(
    `This needs Node 22.18 or later, and this is ${process.version}. On Linux x64 "npm ci" brings its own; ` +
      'elsewhere install a newer one from https://nodejs.org.',
  );
  process.exit(1);
}
